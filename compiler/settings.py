"""What may be `set` on an endpoint: its options as values, read from the seller's own schema.

An option inside a group goes by its dotted name, as in `voice_setting.speed`. What a scene writes itself, what is
fixed, and what no single value can say (lists) is not among them.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from adc.compiler.catalogue import Endpoint
from adc.compiler.conform import parts, property_names
from adc.compiler.frozen import frozen
from adc.compiler.plan import Json
from adc.compiler.request import option_problem

Kind: TypeAlias = Literal["text", "whole number", "number", "true or false"]

_KINDS: Final[Mapping[str, Kind]] = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}


@frozen
class Setting:
    """An option. `choices` are its only values, where it has a few; `least` and `most` bound a number.

    `longest` bounds the characters of a text. `default` is what is sent, or what the seller takes, where nothing is
    set; None where nobody says. `doc` are the seller's words about it.
    """

    name: str
    kind: Kind
    choices: tuple[str, ...]
    least: int | float | None
    most: int | float | None
    longest: int | None
    default: bool | int | float | str | None
    doc: str


def settings(endpoint: Endpoint) -> tuple[Setting, ...]:
    """The options of an endpoint, sorted by name."""
    return tuple(sorted(_settings(endpoint, ()), key=lambda setting: setting.name))


def _settings(endpoint: Endpoint, group: tuple[str, ...]) -> Iterator[Setting]:
    names = {name for part in parts(endpoint.input_schema, group) for name in property_names(part)}
    for name in names:
        path = (*group, name)
        if option_problem(endpoint, ".".join(path)):
            continue
        ways = parts(endpoint.input_schema, path)
        if any(way.get("type") == "array" for way in ways):
            continue
        found = _setting(endpoint, path, ways)
        if found is not None:
            yield found
        elif any("properties" in way for way in ways):
            yield from _settings(endpoint, path)


def _setting(endpoint: Endpoint, path: tuple[str, ...], ways: list[Mapping[str, Json]]) -> Setting | None:
    kinds: list[Kind] = [_KINDS[kind] for way in ways if isinstance(kind := way.get("type"), str) and kind in _KINDS]
    if not kinds:
        return None
    told = [value for value in (_sent(endpoint, path), *(way.get("default") for way in ways)) if value is not None]
    default = told[0] if told else None
    return Setting(
        name=".".join(path),
        kind=kinds[0],
        choices=_choices(ways),
        least=_number(ways, "minimum"),
        most=_number(ways, "maximum"),
        longest=next((most for way in ways if isinstance(most := way.get("maxLength"), int)), None),
        default=default if isinstance(default, bool | int | float | str) else None,
        doc=next((doc for way in ways if isinstance(doc := way.get("description"), str)), ""),
    )


def _choices(ways: list[Mapping[str, Json]]) -> tuple[str, ...]:
    listed = [choice for way in ways if isinstance(choices := way.get("enum"), list) for choice in choices]
    listed += [way["const"] for way in ways if "const" in way]
    return tuple(str(choice) for choice in listed)


def _number(ways: list[Mapping[str, Json]], keyword: str) -> int | float | None:
    return next((limit for way in ways if isinstance(limit := way.get(keyword), int | float)), None)


def _sent(endpoint: Endpoint, path: tuple[str, ...]) -> Json:
    """What is sent where nothing is set, if it is the same for every scene."""
    slot: Json = endpoint.request
    for name in path:
        slot = slot.get(name) if isinstance(slot, dict) else None
    return None if isinstance(slot, str) and slot.startswith("$") else slot
