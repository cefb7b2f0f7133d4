"""The wording of prompts: a template for each family of models, in every version that was ever published.

`templates/elements/2.j2` is the second version of the family `elements`. A prompt is part of its step's key, so other
words buy the same scene again. Therefore a published version is never edited: a better wording is the next number
beside it. What is new is told by the newest version; what was bought by an older one keeps that one for as long as it
is pinned (`pins`).

What several families say alike is a part with versions of its own, such as `scene/1`, and is included by its number.
So every version says today what it said on its first day.
"""

from collections.abc import Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from adc.compiler import data

if TYPE_CHECKING:
    from adc.compiler.engine import Sandbox

_SUFFIX: Final = ".j2"


class UnknownWording(Exception):
    """A version of a family's wording is pinned that this adc does not have; the message is a sentence for people."""


class Families:
    """`templates` by wording: `elements/1` is the first version of the family `elements`."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        self.templates = templates
        self._newest: dict[str, int] = {}
        for family, _, version in (wording.partition("/") for wording in templates):
            self._newest[family] = max(int(version), self._newest.get(family, 0))

    def wording(self, family: str, pinned: Mapping[str, int]) -> str:
        """The version of the family that is `pinned`, else its newest, as `elements/1`. Raises UnknownWording."""
        newest = self._newest[family]
        wording = f"{family}/{pinned.get(family, newest)}"
        if wording not in self.templates:
            raise UnknownWording(
                f"prompts are to be worded as in {wording}, and this adc knows {family}/1"
                + (f" to {family}/{newest}" if newest > 1 else "")
                + ": a newer adc has it"
            )
        return wording

    def render(self, wording: str, facts: Mapping[str, object]) -> str:
        """What a version of a family makes of the facts of a scene, with lines and blanks as they fall."""
        return self._sandbox.get_template(wording).render(facts)

    @cached_property
    def _sandbox(self) -> "Sandbox":
        from jinja2 import FunctionLoader  # takes longer to import than most specs to compile

        from adc.compiler.engine import Sandbox

        return Sandbox({"sentence": _sentence}, FunctionLoader(self.templates.get))


def _sentence(text: str) -> str:
    """The words with a full stop, unless they end as a sentence already."""
    return text if text.endswith((".", "!", "?", "…")) else text.rstrip(",;:") + "."


@cache
def builtin() -> Families:
    """What ships beside the code."""
    place = ("compiler", "templates")
    files = [(family, file) for family in data.names(*place) for file in data.names(*place, family)]
    return Families(
        {f"{family}/{file.removesuffix(_SUFFIX)}": data.read(*place, family, file).decode() for family, file in files}
    )
