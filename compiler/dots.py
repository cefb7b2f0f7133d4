"""What follows a dot in a text: `{{ maya.wears }}` of the character, `{{ brand.maya }}` of an import.

Judged when the spec is read, where a text does no more than name things. A template that does more may ask whether
something is there (`{{ maya.wears | default("a coat") }}`), so it is judged when it is rendered.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from adc.compiler.definitions import Character, Product, Text
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.mentions import ALWAYS, place, spot
from adc.compiler.needs import Declared
from adc.compiler.simple import simple
from adc.compiler.vocabulary import likeliest

Known: TypeAlias = Mapping[str, Collection[str] | None]
"""What may follow the dot behind each name, imports included; None where that cannot be told."""

_SCENE = ("name", "seconds")
_AD = ("name", "title")


def known(declared: Declared, lost: Iterable[str]) -> Known:
    """What may follow each dot. `lost` are names whose declarations could not be understood."""
    found: dict[str, Collection[str] | None] = dict(zip(ALWAYS, (_SCENE, _AD), strict=True))
    found |= dict.fromkeys(declared.params, ())
    found |= dict.fromkeys(declared.variants, ("key",))
    subjects: dict[str, Character | Product] = {**declared.products, **declared.characters}
    for name, who in subjects.items():
        looks = ("looks",) if who.looks or who.looks_auto else ()
        wears = ("wears",) if isinstance(who, Character) and who.wears else ()
        found[name] = ("display", *looks, "name", *wears)
    found |= dict.fromkeys(lost)
    groups: dict[str, set[str]] = {}
    for name in found:
        group, _, own = name.rpartition(".")
        while group:
            groups.setdefault(group, set()).add(own)
            group, _, own = group.rpartition(".")
    return {**groups, **found}


def judge(text: Text, prefix: str, known: Known, source: str) -> Iterator[Diagnostic]:
    """AD0602 for what does not follow its dot. `prefix` is that of the names in the text's file, `source` its content.

    A name of which nothing is known is not told here.
    """
    for _, path in (simple(text.value) or ()) if "{" in text.value else ():
        owner, count = next(
            (
                (full, count)
                for count in range(len(path), 0, -1)
                for full in (prefix + ".".join(path[:count]), ".".join(path[:count]))
                if full in known
            ),
            ("", 0),
        )
        options = known.get(owner)
        if options is None or count == len(path):
            continue
        if path[count] in options:
            count, options = count + 1, ()  # a word, behind which there is no further dot
        if count < len(path):
            called, wrong = ".".join(path[:count]), path[count]
            listed = ", ".join(f"`{each}`" for each in sorted(options))
            alone = f"nothing follows it: `{{{{ {called} }}}}`"
            hint = likeliest(wrong, options) or (f"it has {listed}" if listed else alone)
            _, end = spot(text, path[: count + 1])
            span = place(text, end - len(wrong), end, source)
            yield Diagnostic("AD0602", f"`{called}` has no `{wrong}`", span, hint=hint)
