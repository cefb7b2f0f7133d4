"""A difference for people at a terminal: a headline, each part that differs with its changes, and the sums.

Removed words stand in `[-…-]` and added ones in `{+…+}`, so that nothing is lost where there is no colour.
"""

from collections.abc import Iterator, Sequence

from adc.compiler.diff import Difference, Differences, Part
from adc.runtime.reporters.diff_sentences import Style, Told, called, in_short, lines, outcome, sums, to_spend

_MARKS = {"added": "+", "removed": "-", "changed": "~", "renamed": "=", "moved": ">"}
_COLOURS = {"removed": "31", "added": "32", "changed": "33", "renamed": "36", "moved": "36"}


def diff_lines(difference: Difference, *, colour: bool = False) -> Iterator[str]:
    """The lines; for no difference one. `colour` uses the terminal's colours."""
    short = in_short(difference)
    yield f"{difference.ad}: {_first_low(to_spend(difference))}{f'; {short}' if short else ''}"
    if not difference.differs:
        return
    yield ""
    told = [part for part in difference.parts if part.state != "kept"]
    heads = {id(part): called(part) for part in told}
    width = max(map(len, heads.values()))
    for part in told:
        mark = _painted(_MARKS[part.state], _COLOURS[part.state], colour)
        yield f"  {mark} {heads[id(part)]:<{width}}  {outcome(part)}"
        yield from _about(part, colour)
    kept = [called(part) for part in difference.parts if part.state == "kept" and part.kind != "film"]
    yield ""
    if kept:
        yield f"  as it was: {', '.join(kept) if len(kept) <= _NAMED else f'{len(kept)} others'}"
    for label, words in sums(difference):
        yield f"  {label}: {words}"


_NAMED = 8
"""Parts that have not changed and are named; of more it is said how many."""


def _about(part: Part, colour: bool) -> Iterator[str]:
    told = list(lines(part))
    width = max((len(one.label) for one in told), default=0)
    for one in told:
        yield f"      {one.label:<{width}}  {drawn(one, colour)}"


def drawn(told: Told, colour: bool) -> str:
    """The words of a line, what is removed and added marked in them."""
    arrow = any(style == "arrow" for style, _ in told.runs)
    return "".join(_run(style, text, colour, marked=not arrow) for style, text in told.runs)


def _run(style: Style, text: str, colour: bool, *, marked: bool) -> str:
    if style == "arrow":
        return " -> "
    if style == "kept":
        return text
    if marked:
        text = f"[-{text}-]" if style == "removed" else f"{{+{text}+}}"
    return _painted(text, _COLOURS[style], colour)


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def _first_low(text: str) -> str:
    return text[:1].lower() + text[1:]


def together_lines(differences: Differences, names: Sequence[str], *, colour: bool = False) -> Iterator[str]:
    """The lines of several ads, each under what it is called, and what all of them cost. What stays is only named."""
    for name, ad in zip(names, differences.ads, strict=True):
        if ad.differs:
            yield f"{name}:"
            yield from diff_lines(ad, colour=colour)
            yield ""
    same = [name for name, ad in zip(names, differences.ads, strict=True) if not ad.differs]
    if same:
        yield f"as before: {'; '.join(same) if len(same) <= _NAMED else f'{len(same)} ads'}"
    yield f"all {len(names)} ads: {_first_low(to_spend(differences))}"
    for label, words in sums(differences) if differences.differs else ():
        yield f"  {label}: {words}"
