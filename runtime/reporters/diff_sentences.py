"""What a difference says in words, whoever shows it: headline, sums, each change, and why a step is bought again."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from adc.compiler.changes import About, Change
from adc.compiler.diff import Bill, Difference, Differences, Part, StepFate, Why
from adc.compiler.plan import Json
from adc.compiler.rewording import Run
from adc.compiler.units import dollars_text

_NAMED = 3
"""Steps or people that a sentence names; of more it says how many."""

_AROUND = 8
"""Words that are shown before and after a change; of more kept words stands an ellipsis."""

_LABELS: dict[About, str] = {"template": "wording", "uses": "made from"}
"""What a change is called where that is not its own word."""

_OWN: dict[Why, str] = {
    "words": "its own words",
    "picture": "its own picture",
    "uses": "what it is made from",
    "time": "its length",
    "model": "its model",
    "option": "its options",
    "take": "another take",
    "asked": "the spec asks for something else than was accepted",
    "lost": "what was accepted is not in the store",
    "refused": "its takes were rejected",
    "unsure": "nobody knows whether an earlier build bought it",
}
"""Why a step is bought again."""

Style: TypeAlias = Literal["kept", "removed", "added", "arrow"]


@dataclass(frozen=True, slots=True)
class Told:
    """A line about a part: what it is about, and its words, each run with how it is to be shown."""

    label: str
    runs: tuple[tuple[Style, str], ...]


def to_spend(difference: Difference | Differences) -> str:
    """What it costs to go from one plan to the other, as the begin of a headline."""
    if not difference.differs:
        return "No difference"
    bought = difference.bought
    return f"{bill_text(bought)} to spend" if bought.usd or bought.unknown else "Nothing to buy"


def in_short(difference: Difference) -> str:
    """What happens to the parts of the film, as a sentence without a full stop; empty where nothing does."""
    parts = [part for part in difference.parts if part.kind != "film"]
    changed = [part for part in parts if part.state == "changed"]
    again = [part for part in changed if part.having("bought")]
    clauses = [
        _clause(again, "bought again"),
        _clause([part for part in parts if part.state == "added"], "new"),
        _clause([part for part in changed if _shared(part)], "had already"),
        _clause([part for part in changed if not part.having("bought") and not _shared(part)], "only cut again"),
        _clause([part for part in parts if part.state == "removed"], "gone"),
        _clause([part for part in parts if part.state == "renamed"], "only renamed"),
        _clause([part for part in parts if part.state == "moved"], "only moved"),
    ]
    told = ", ".join(clause for clause in clauses if clause)
    cut = any(part.having("cut") for part in difference.parts)
    return told or ("only the film is cut again" if cut else "nothing is made again" if difference.differs else "")


def _shared(part: Part) -> bool:
    """Whether all that is another in a part is had already: accepted before, or made for another ad or scene."""
    return bool(part.having("shared") or part.having("decided")) and not part.having("bought")


def _clause(parts: Sequence[Part], what: str) -> str:
    if not parts:
        return ""
    named = []
    for kind in ("scene", "morph", "card"):
        count = sum(part.kind == kind for part in parts)
        named += [f"{count} {kind}{'s' if count > 1 else ''}"] if count else []
    named += ["the music" for part in parts if part.kind == "music"]
    people = [part.name for part in parts if part.kind == "person"]
    if people:
        named.append(f"the likeness of {_and(people) if len(people) <= _NAMED else f'{len(people)} others'}")
    one = len(parts) == 1
    return f"{_and(named)} {'is' if one else 'are'} {what}"


def sums(difference: Difference | Differences) -> Iterator[tuple[str, str]]:
    """The money: what it is about, and how much."""
    if difference.bought.steps:
        steps = f"{difference.bought.steps} step{'s' if difference.bought.steps > 1 else ''}"
        yield "to buy", f"{bill_text(difference.bought)} for {steps}"
    before, after = bill_text(difference.before), bill_text(difference.after)
    yield "whole plan", f"{before} before, {after} after, {more_or_less(difference.usd)}"


def more_or_less(usd: Decimal) -> str:
    """A difference of prices."""
    if not usd:
        return "the same"
    return f"{dollars_text(abs(usd))} {'more' if usd > 0 else 'less'}"


def bill_text(bill: Bill) -> str:
    """What steps cost together, as in `about $2.52` or `$0.40 and an unknown amount for hook.clip`."""
    known = f"{'about ' if bill.estimated else ''}{dollars_text(bill.usd)}"
    if not bill.unknown:
        return known
    named = _and(bill.unknown) if len(bill.unknown) <= _NAMED else f"{len(bill.unknown)} steps"
    return f"{known} and an unknown amount for {named}" if bill.usd else f"an unknown amount for {named}"


def called(part: Part) -> str:
    """The part's name, with what it is, and what it was called before."""
    name = part.name if part.kind in ("film", "music") else f"{part.kind} {part.name}"
    return f"{name}, was {part.was}" if part.was else name


def outcome(part: Part) -> str:
    """What becomes of a part, in a few words."""
    bought = part.having("bought")
    moved = ", moved" if part.moved else ""
    if part.state == "removed":
        return "gone"
    if bought:
        usd = sum((step.after for step in bought), Decimal(0))
        unknown = any(step.mark == "unknown" for step in bought)
        prices = [*([dollars_text(usd)] if usd or not unknown else []), *(["an unknown amount"] if unknown else [])]
        return f"{'new' if part.state == 'added' else 'bought again'}{moved}: {' and '.join(prices)}"
    if part.state == "added":
        return "new, free"
    if part.state == "changed" and _shared(part):
        return "had already, free" + moved
    if part.state == "changed":
        made = part.kind != "film" or part.having("cut")
        return ("only cut again, free" if made else "nothing is made again") + moved
    return f"only {part.state}, free" + ("" if part.state == "moved" else moved)


def lines(part: Part) -> Iterator[Told]:
    """What is told of a part that differs: its changes, then its steps that are bought, shared or gone."""
    times = [one for one in part.changes if one.about == "time"]
    if times:
        yield Told("time", tuple(_joined([_time(one) for one in _one_a_name(times)])))
    changes = (_told(one, part) for one in part.changes if one.about != "time")
    yield from dict.fromkeys(changes)  # one picture may stand in two places of a request
    for step in part.steps:
        told = _fate(step, part)
        if told is not None:
            yield told


def _one_a_name(times: Iterable[Change]) -> tuple[Change, ...]:
    """The time on screen first; of what is bought, what is the same is told once."""
    found = {(one.name, str(one.before), str(one.after)): one for one in times}
    return tuple(sorted(found.values(), key=lambda one: one.name != "on screen"))


def _time(one: Change) -> tuple[tuple[Style, str], ...]:
    return (*_arrow(f"{one.before} s", f"{one.after} s"), ("kept", f" {one.name}"))


def label(one: Change) -> str:
    """What a change is about, in a word or two."""
    return one.name if one.about == "film" else _LABELS.get(one.about, one.about)


def _told(one: Change, part: Part) -> Told:
    of = ", ".join(short(step, part) for step in one.steps)
    start: tuple[tuple[Style, str], ...] = (("kept", f"{of}: "),) if of else ()
    match one.about:
        case "words":
            return Told(label(one), (*start, *cropped(one.runs)))
        case "option" | "film":
            return Told(one.name if one.about == "film" else "option", (*start, *_named(one)))
        case "picture":
            return Told(label(one), (*start, *_pictures(one)))
    return Told(label(one), (*start, *_arrow(*(value_text(value, one.about) for value in (one.before, one.after)))))


def _named(one: Change) -> tuple[tuple[Style, str], ...]:
    values = _arrow(*(value_text(value, one.about) for value in (one.before, one.after)))
    return values if one.about == "film" else (("kept", f"{one.name} "), *values)


def _pictures(one: Change) -> tuple[tuple[Style, str], ...]:
    old, new = (value_text(value, "picture") for value in (one.before, one.after))
    if old == new:
        return (("kept", f"{new} has other bytes"),)
    return _arrow(old, new)


def _arrow(old: str, new: str) -> tuple[tuple[Style, str], ...]:
    return ("removed", old), ("arrow", ""), ("added", new)


def _joined(several: Sequence[tuple[tuple[Style, str], ...]]) -> Iterator[tuple[Style, str]]:
    for number, runs in enumerate(several):
        if number:
            yield "kept", ", "
        yield from runs


def cropped(runs: Sequence[Run]) -> Iterator[tuple[Style, str]]:
    """The runs on one line, of what is kept only the words next to a change."""
    for number, run in enumerate(runs):
        if run.kind != "kept":
            yield run.kind, _flat(run.text)
            continue
        words = run.text.split()
        head = [] if number == 0 else words[:_AROUND]
        tail = [] if number == len(runs) - 1 else words[-_AROUND:]
        if len(head) + len(tail) >= len(words):
            yield "kept", _flat(run.text)
            continue
        start = "" if number == 0 else _blank(run.text[0]) + " ".join(head) + " "
        end = "" if number == len(runs) - 1 else " " + " ".join(tail) + _blank(run.text[-1])
        yield "kept", f"{start}…{end}"


def _blank(letter: str) -> str:
    return " " if letter.isspace() else ""


def _flat(text: str) -> str:
    """The text on one line."""
    return f"{_blank(text[:1])}{' '.join(text.split())}{_blank(text[-1:])}" if text.strip() else " "


def _fate(step: StepFate, part: Part) -> Told | None:
    name = short(step.id, part)
    match step.fate:
        case "bought":
            price = "at an unknown price" if step.mark == "unknown" else f"for {dollars_text(step.after)}"
            why = "" if step.new else f": {reason(step)}"
            return Told("bought", (("kept", f"{name} {price}{why}"),))
        case "decided":
            return Told("not bought", (("kept", f"{name}: the lock has a take that was bought and accepted"),))
        case "shared":
            of = f"what {step.because} is" if step.because else "what another ad has"
            return Told("not bought", (("kept", f"{name} is {of}"),))
        case "gone" if part.state != "removed" and step.kind == "paid":
            return Told("gone", (("kept", name),))
        case "cut" if part.kind != "film" and not step.new:
            return Told("cut again", (("kept", name),))
    return None


def reason(step: StepFate) -> str:
    """Why a step is bought."""
    own = _and([_OWN.get(about, about) for about in step.why])
    chain = f"{step.because} is made again" if step.because else ""
    return f"{own}, and {chain}" if own and chain else own or f"because {chain}"


def value_text(value: Json, about: About) -> str:
    """A value on one line as people read it."""
    match about, value:
        case _, None:
            return {"price": "unknown", "transition": "cut"}.get(about, "none")
        case "picture", {"path": str(path)}:
            return path
        case "model", {"endpoint": endpoint, "title": title}:
            return str(title or endpoint)
        case "price", str(usd):
            return dollars_text(Decimal(usd))
        case (("super" | "caption" | "sound"), dict()):
            return _shown(value)
        case _, str():
            return _flat(value)
        case _, bool():
            return "yes" if value else "no"
        case _, list() if all(isinstance(item, str | int) for item in value):
            return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _shown(value: dict[str, Json]) -> str:
    text = f'"{_flat(str(value["text"]))}" ' if "text" in value else ""
    place = f"at {value['place']} " if "place" in value else ""
    return f"{text}{place}from {value['from']} s for {value['for']} s"


def short(step_id: str, part: Part) -> str:
    """A step's name beside that of its part."""
    return step_id.removeprefix(f"{part.name}.")


def _and(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])
