"""From what a scene is to what an endpoint is sent, and whether the endpoint would take it.

A catalogue file holds its request as a skeleton: JSON that looks like the request, with placeholders.

    "$prompt"                                    a fact; absent, its key or its place in the list is dropped
    "{seconds}s"                                 the bought length inside a string; "$seconds" is it as a number
    [{"$each": "subjects", "image": "$frontal"}] one entry for each person or thing
    [{"$each": "loras", "path": "$weights"}]     one entry for each trained LoRA
    {"$by": "aspect", "9:16": …, "16:9": …}      a choice by a fact

Everything else is sent as written. `fill` puts the facts in, `apply_options` the `set` lines of the scene, and
`problems` holds the outcome against the endpoint's own schema, so that a request which would be refused after its
turn in the queue is refused here, free of charge. The sellers' schemas do not close their objects; here an argument
that a schema does not name is a mistake.

`subjects` is a list of `{"frontal": picture, "angles": [picture, …]}`, one for each person or thing that has
pictures, in the order of the cast. Three facts follow from the others where nobody gives them: `pictures` (the flat
list of the subjects' pictures, then `style`), `reference` (the first subject's) and `speech` (no).

The other facts that are not plain words: `seconds` and `milliseconds` are whole numbers, the length of a clip, of
music or of a sound; `video` and `audio` are the clip and the voice that something is done with; `factor` is how much
larger a clip is made; `archive` is a zip of pictures, `trigger` a word and `steps` a whole number, for training;
`loras` is a list of `{"weights": file}`.

`{"$text": […]}` in the place of a string is a text that nobody knows before other steps have made their parts of it
(see `plan`): it is judged as if each unknown part had `UNKNOWN_CHARS` characters.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from adc.compiler.catalogue import Endpoint
from adc.compiler.conform import parts, property_names, unknown, violations
from adc.compiler.definitions import Option
from adc.compiler.frozen import frozen
from adc.compiler.plan import Json, spliced, substitute

FACTS: Final = frozenset(
    {"prompt", "text", "voice", "aspect", "seconds", "resolution", "speech", "avoid", "seed", "style"}
    | {"start_frame", "end_frame", "reference", "pictures", "subjects"}
    | {"milliseconds", "video", "audio", "archive", "trigger", "steps", "loras", "factor"}
)
"""The facts that a skeleton may ask for."""

UNKNOWN_CHARS: Final = 300
"""Characters that a description of a picture is taken to have before it is made: more than most have."""

_ABSENT: Final = object()
_ANY_URL: Final = "https://example.com/file"
_OWN_TO_OPTIONS: Final = ("$resolution", "$speech", "$seed", "$avoid", "$voice")


@frozen
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
            each = facts.get(str(item["$each"])) or []
            assert isinstance(each, list)
            for told in each:
                assert isinstance(told, dict)
                yield entry, {**facts, **told}
        else:
            yield item, facts


def resolution(endpoint: Endpoint, short_side: int) -> str | None:
    """The smallest resolution of the endpoint with that many pixels on the short side, else its largest.

    None where the endpoint has no such choice.
    """
    known = tuple(zip(endpoint.takes.resolutions, endpoint.takes.short_sides, strict=True))
    enough = [name for name, pixels in known if pixels >= short_side]
    return enough[0] if enough else known[-1][0] if known else None


def short_side_of(endpoint: Endpoint, arguments: Mapping[str, Json]) -> int | None:
    """The pixels on the short side of what a request of the endpoint gives, None where nobody tells."""
    assert isinstance(endpoint.request, dict)
    known = dict(zip(endpoint.takes.resolutions, endpoint.takes.short_sides, strict=True))
    asked = next((arguments.get(name) for name, slot in endpoint.request.items() if slot == "$resolution"), None)
    return known.get(asked) if isinstance(asked, str) else endpoint.takes.short_side


def apply_options(arguments: Mapping[str, Json], options: Iterable[Option]) -> dict[str, Json]:
    """The request with the scene's `set` lines put over it; a later line wins.

    A dotted name, as in `set voice_setting.speed 1.1`, reaches into a group and leaves the rest of it as it is.
    """
    found = dict(arguments)
    for option in options:
        _put(found, option.name.value.split("."), plain(option.value))
    return found


def _put(group: dict[str, Json], path: Sequence[str], value: Json) -> None:
    name, *inner = path
    if inner:
        existing = group.get(name)
        below = dict(existing) if isinstance(existing, dict) else {}
        _put(below, inner, value)
        value = below
    group[name] = value


def plain(value: bool | int | Decimal | str) -> Json:
    """The value of a `set` line as it is sent."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def option_problems(endpoint: Endpoint, options: Iterable[Option]) -> tuple[Problem, ...]:
    """What is wrong with `set` lines before their values are looked at; `path` is the option's name, dots included.

    An option must be one of the endpoint's, and not one that the scene itself writes.
    """
    found = ((option.name.value, option_problem(endpoint, option.name.value)) for option in options)
    return tuple(Problem(name, message) for name, message in found if message)


def option_problem(endpoint: Endpoint, name: str) -> str:
    """Why a `set` line may not name this option, dots included; empty where it may."""
    path = name.split(".")
    slot: Json = endpoint.request
    for depth, part in enumerate(path):
        owner = ".".join(path[:depth])
        groups = parts(endpoint.input_schema, path[:depth])
        known = sorted({each for group in groups for each in property_names(group)})
        if owner and not known:
            return f"`{owner}` is one value: it has no options inside"
        if part not in known:
            return unknown(part, f"`{owner}`" if owner else endpoint.id, known if owner else _settable(endpoint))
        slot = slot.get(part) if isinstance(slot, dict) else None
        if _is_written_by_scene(slot):
            return f"`{'.'.join(path[: depth + 1])}` follows from the scene and cannot be set"
    if name in endpoint.fixed:
        return f"`{name}` is fixed: with another value the answer would not be one file"
    return ""


def carries(endpoint: Endpoint, fact: str) -> bool:
    """Whether a request of the endpoint has a place for a fact of `FACTS`."""
    return _mentions(endpoint.request, f"${fact}")


def _mentions(slot: Json, placeholder: str) -> bool:
    match slot:
        case dict():
            return any(_mentions(item, placeholder) for item in slot.values())
        case list():
            return any(_mentions(item, placeholder) for item in slot)
    return slot == placeholder


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

    References to files and steps count as addresses, a `$text` as a string.
    """
    known = spliced(dict(arguments), lambda _ref: "x" * UNKNOWN_CHARS)
    plain = substitute(known, lambda _ref: _ANY_URL)
    found = [Problem(path, message) for path, message in violations(endpoint.input_schema, plain, endpoint.id)]
    takes = endpoint.takes
    for most, slots, what in (
        (takes.references, _reference_slots(endpoint), "references"),
        (takes.loras, _lora_slots(endpoint), "LoRAs"),
    ):
        lists = [arguments.get(name) for name in slots]
        count = sum(len(value) for value in lists if isinstance(value, list))
        if count > most and most:
            found.append(Problem(slots[0], f"{count} {what}; {endpoint.id} takes at most {most}"))
    return tuple(dict.fromkeys(found))


def _reference_slots(endpoint: Endpoint) -> list[str]:
    assert isinstance(endpoint.request, dict)
    lists = [name for name, slot in endpoint.request.items() if isinstance(slot, list) or slot == "$pictures"]
    return [name for name in lists if name not in _lora_slots(endpoint)]


def _lora_slots(endpoint: Endpoint) -> list[str]:
    assert isinstance(endpoint.request, dict)
    return [
        name
        for name, slot in endpoint.request.items()
        if isinstance(slot, list) and any(isinstance(item, dict) and item.get("$each") == "loras" for item in slot)
    ]
