"""Words inside a text that do not exist yet: what another step will say about a picture.

Prompts are composed when the spec is compiled, and a description by `looks auto` is bought later. Until then a mark
stands in the prompt for it; `quoted` turns a text with marks into the tagged object that a plan holds:

    {"$text": ["@Element1, ", {"$step": "maya.looks", "output": "text"}, "."]}
"""

import re
from collections.abc import Iterator

from adc.compiler.plan import Json, StepRef

_MARK = re.compile("\ue000([a-z0-9_.]+)\ue001")


def to_come(step: str) -> str:
    """The mark for the words that the step of that id will give."""
    return f"\ue000{step}\ue001"


def steps_in(value: Json) -> Iterator[str]:
    """The ids of the steps whose words the texts in `value` wait for."""
    match value:
        case str():
            yield from _MARK.findall(value)
        case dict():
            for item in value.values():
                yield from steps_in(item)
        case list():
            for item in value:
                yield from steps_in(item)


def quoted(value: Json) -> Json:
    """`value` with every text that waits for words made a tagged object."""
    match value:
        case str() if "\ue000" in value:
            parts = _MARK.split(value)
            pieces: list[Json] = [
                StepRef(part, "text").to_json() if index % 2 else part for index, part in enumerate(parts)
            ]
            return {"$text": [piece for piece in pieces if piece]}
        case dict():
            return {name: quoted(item) for name, item in value.items()}
        case list():
            return [quoted(item) for item in value]
    return value


def readable(text: str) -> str:
    """The text for people, who see the picture themselves."""
    return _MARK.sub("as in the picture", text)
