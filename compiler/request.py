"""From what a scene is to what an endpoint is sent, and whether the endpoint would take it.

A catalogue file holds its request as a skeleton: JSON that looks like the request, with placeholders.

    "$prompt"                                    a fact; absent, its key or its place in the list is dropped
    "{seconds}s"                                 the bought length inside a string
    [{"$each": "subjects", "image": "$frontal"}] one entry for each person or thing
    {"$by": "aspect", "9:16": …, "16:9": …}      a choice by a fact

Everything else is sent as written. `fill` puts the facts in, `apply_options` the `set` lines of the scene, and
`problems` holds the outcome against the endpoint's own schema, so that a request which would be refused after its
turn in the queue is refused here, free of charge. The sellers' schemas do not close their objects; here an argument
that a schema does not name is a mistake.

`subjects` is a list of `{"frontal": picture, "angles": [picture, …]}`, one for each person or thing that has
pictures, in the order of the cast. Three facts follow from the others where nobody gives them: `pictures` (the flat
list of the subjects' pictures, then `style`), `reference` (the first subject's) and `speech` (no).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from adc.compiler.catalogue import Endpoint
from adc.compiler.conform import property_names, unknown, violations
from adc.compiler.definitions import Option
from adc.compiler.plan import Json, substitute

FACTS: Final = frozenset(
    {"prompt", "text", "voice", "aspect", "seconds", "resolution", "speech", "avoid", "seed", "style"}
    | {"start_frame", "end_frame", "reference", "pictures", "subjects"}
)
"""The facts that a skeleton may ask for."""

_ABSENT: Final = object()
_ANY_URL: Final = "https://example.com/file"
_OWN_TO_OPTIONS: Final = ("$resolution", "$speech", "$seed", "$avoid", "$voice")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an endpoint would refuse a request: where, as in `elements/0/frontal_image_url`, and a sentence."""

    path: str
    message: str


def fill(endpoint: Endpoint, facts: Mapping[str, Json]) -> dict[str, Json]:
    """The request that `endpoint` is sent for these facts, of `FACTS`.

    A fact that is None is absent. Facts that the endpoint has no place for are left out.
    """
    assert facts.keys() <= FACTS, facts.keys() - FACTS
    subjects = _subjects(facts)
    style = facts.get("style")
    pictures = portions(endpoint, [1 + len(angles) for _, angles in subjects], style=style is not None)
    derived: dict[str, Json] = {"speech": False}
    flat = [
        picture
        for (frontal, angles), count in zip(subjects, pictures, strict=True)
        for picture in [frontal, *angles][:count]
    ]
    if style is not None:
        flat.append(style)
    derived["pictures"] = flat or None
    derived["reference"] = subjects[0][0] if subjects else None
    least, most = endpoint.takes.angles
    told: list[Json] = [
        {"frontal": frontal, "angles": angles[:most] or [frontal] * least} for frontal, angles in subjects
    ]  # an endpoint that wants an angle of everybody gets the frontal picture again where there is no other
    filled = _filled(endpoint.request, {**derived, **facts, "subjects": told})
    return filled if isinstance(filled, dict) else {}


def _subjects(facts: Mapping[str, Json]) -> list[tuple[Json, list[Json]]]:
    subjects = facts.get("subjects") or []
    assert isinstance(subjects, list)
    found: list[tuple[Json, list[Json]]] = []
    for subject in subjects:
        assert isinstance(subject, dict)
        angles = subject.get("angles", [])
        assert isinstance(angles, list)
        found.append((subject["frontal"], angles))
    return found


def portions(endpoint: Endpoint, available: Sequence[int], *, style: bool) -> tuple[int, ...]:
    """How many pictures of each subject go into a flat list: one of everybody, then more in turn while there is room.

    More subjects than the endpoint takes keep their one picture each; `problems` then says that they are too many.
    """
    counts = [min(1, number) for number in available]
    room = endpoint.takes.references - sum(counts) - style
    while room > 0 and any(count < number for count, number in zip(counts, available, strict=True)):
        for index, number in enumerate(available):
            if room > 0 and counts[index] < number:
                counts[index] += 1
                room -= 1
    return tuple(counts)


def _filled(skeleton: Json, facts: Mapping[str, Json]) -> Any:
    match skeleton:
        case str() if skeleton.startswith("$"):
            value = facts.get(skeleton[1:])
            return _ABSENT if value is None else value
        case str() if "{seconds}" in skeleton:
            seconds = facts.get("seconds")
            return _ABSENT if seconds is None else skeleton.replace("{seconds}", str(seconds))
        case {"$by": str(fact), **choices}:
            choice: Any = choices.get(str(facts.get(fact)))
            return _ABSENT if choice is None else _filled(choice, facts)
        case dict():
            entries = {name: _filled(item, facts) for name, item in skeleton.items()}
            kept = {name: item for name, item in entries.items() if item is not _ABSENT and item != []}
            return kept if kept or not skeleton else _ABSENT
        case list():
            filled = (_filled(item, scope) for item, scope in _entries(skeleton, facts))
            return [item for item in filled if item is not _ABSENT]
    return skeleton


def _entries(skeleton: list[Json], facts: Mapping[str, Json]) -> Iterator[tuple[Json, Mapping[str, Json]]]:
    for item in skeleton:
        if isinstance(item, dict) and "$each" in item:
            entry = {name: value for name, value in item.items() if name != "$each"}
            each = facts.get(str(item["$each"]), [])
            assert isinstance(each, list)
            for subject in each:
                assert isinstance(subject, dict)
                yield entry, {**facts, **subject}
        else:
            yield item, facts


def resolution(endpoint: Endpoint, short_side: int) -> str | None:
    """The smallest resolution of the endpoint with that many pixels on the short side, else its largest.

    None where the endpoint has no such choice.
    """
    known = tuple(zip(endpoint.takes.resolutions, endpoint.takes.short_sides, strict=True))
    enough = [name for name, pixels in known if pixels >= short_side]
    return enough[0] if enough else known[-1][0] if known else None


def apply_options(arguments: Mapping[str, Json], options: Iterable[Option]) -> dict[str, Json]:
    """The request with the scene's `set` lines put over it; a later line wins."""
    return {**arguments, **{option.name.value: _plain(option.value) for option in options}}


def _plain(value: bool | int | Decimal | str) -> Json:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def option_problems(endpoint: Endpoint, options: Iterable[Option]) -> tuple[Problem, ...]:
    """What is wrong with `set` lines before their values are looked at; `path` is the option's name.

    An option must be one of the endpoint's, and not one that the scene itself writes.
    """
    assert isinstance(endpoint.request, dict)
    found: list[Problem] = []
    for option in options:
        name = option.name.value
        slot = endpoint.request.get(name)
        if name not in property_names(endpoint.input_schema):
            found.append(Problem(name, unknown(name, endpoint.id, _settable(endpoint))))
        elif name in endpoint.fixed:
            found.append(Problem(name, f"`{name}` is fixed: with another value the answer would not be one file"))
        elif _is_written_by_scene(slot):
            found.append(Problem(name, f"`{name}` follows from the scene and cannot be set"))
    return tuple(found)


def _is_written_by_scene(slot: Json) -> bool:
    match slot:
        case str():
            return (slot.startswith("$") and slot not in _OWN_TO_OPTIONS) or "{seconds}" in slot
        case list():
            return any(_is_written_by_scene(item) for item in slot)
        case dict():
            return "$by" in slot or "$each" in slot
    return False


def _settable(endpoint: Endpoint) -> list[str]:
    assert isinstance(endpoint.request, dict)
    slots = endpoint.request
    return [
        name
        for name in property_names(endpoint.input_schema)
        if name not in endpoint.fixed and not _is_written_by_scene(slots.get(name))
    ]


def problems(endpoint: Endpoint, arguments: Mapping[str, Json]) -> tuple[Problem, ...]:
    """Why the endpoint would refuse this request, in the order of the schema; empty when it would take it.

    References to files and steps count as addresses.
    """
    plain = substitute(dict(arguments), lambda _ref: _ANY_URL)
    found = [Problem(path, message) for path, message in violations(endpoint.input_schema, plain, endpoint.id)]
    count = _reference_count(endpoint, arguments)
    most = endpoint.takes.references
    if count > most and most:
        found.append(Problem(_reference_slots(endpoint)[0], f"{count} references; {endpoint.id} takes at most {most}"))
    return tuple(dict.fromkeys(found))


def _reference_slots(endpoint: Endpoint) -> list[str]:
    assert isinstance(endpoint.request, dict)
    return [name for name, slot in endpoint.request.items() if isinstance(slot, list) or slot == "$pictures"]


def _reference_count(endpoint: Endpoint, arguments: Mapping[str, Json]) -> int:
    lists = [arguments.get(name) for name in _reference_slots(endpoint)]
    return sum(len(value) for value in lists if isinstance(value, list))
