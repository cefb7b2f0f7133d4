"""Holding a value against a seller's JSON schema, with what is wrong in plain words.

Sellers do not close their objects: an argument that a schema does not name would be dropped in silence by some
endpoints and refused by others. Here it is a mistake, so that a misspelt option never becomes a clip without it.

What fits for sure is let through quickly (see `fits`); the full validator is for the words about what does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from adc.compiler.fits import MOST_SCHEMAS, Same, surely_fits
from adc.compiler.plan import Json
from adc.compiler.vocabulary import likeliest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_KINDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of options",
    "null": "nothing",
}


def violations(schema: Mapping[str, Json], value: Json, owner: str) -> Iterator[tuple[str, str]]:
    """Every way in which `value` breaks `schema`: the place, as in `elements/0/frontal_image_url`, and a sentence.

    `owner` is what a sentence calls the whole. References to other documents are not followed.
    """
    closed = _closed(Same(schema))
    if surely_fits(closed, value):
        return
    import jsonschema  # slow to import, and only a mistake comes here

    validator = jsonschema.Draft202012Validator(closed)
    for error in validator.iter_errors(value):
        yield from _explain(_deepest(error), owner)


def property_names(schema: Mapping[str, Json]) -> list[str]:
    """The names that an object of this schema may have, sorted."""
    properties = schema.get("properties")
    return sorted(properties) if isinstance(properties, dict) else []


def unknown(name: str, owner: str, known: Sequence[str]) -> str:
    """The sentence for a name that `owner` does not have."""
    listed = "it has " + ", ".join(f"`{each}`" for each in known) if known else "nothing of it can be set"
    mend = likeliest(name, known) or listed
    return f"{owner} has no `{name}`; {mend}"


def parts(schema: Mapping[str, Json], path: Sequence[str]) -> list[Mapping[str, Json]]:
    """Every part of a schema that may describe what stands at a path, as in `elements`, `frontal_image_url`.

    Alternatives are followed all, references by name, and lists into their entries, whose numbers may be left out.
    """
    found = _alternatives(dict(schema), schema, frozenset())
    for step in path:
        if not step.isdecimal():
            inner = [properties[step] for part in found if step in (properties := _properties(part))]
            found = [each for one in inner for each in _alternatives(one, schema, frozenset())]
    return found


def _alternatives(part: Json, root: Mapping[str, Json], followed: frozenset[str]) -> list[Mapping[str, Json]]:
    if not isinstance(part, Mapping):
        return []
    nested: list[Json] = []
    choices, entry, name, definitions = (part.get("anyOf"), part.get("items"), part.get("$ref"), root.get("$defs"))
    if isinstance(choices, list):
        nested += choices
    if isinstance(entry, dict):
        nested.append(entry)
    if isinstance(name, str) and name not in followed and isinstance(definitions, dict):
        followed |= {name}
        nested.append(definitions.get(name.removeprefix("#/$defs/")))
    return [part, *(each for one in nested for each in _alternatives(one, root, followed))]


def _properties(part: Mapping[str, Json]) -> Mapping[str, Json]:
    properties = part.get("properties")
    return properties if isinstance(properties, Mapping) else {}


@lru_cache(MOST_SCHEMAS)
def _closed(schema: Same) -> Any:
    return _without_others(dict(schema.schema))


def _without_others(schema: Json) -> Any:
    """The schema with every object that lists its properties closed to others."""
    if isinstance(schema, list):
        return [_without_others(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _without_others(item) for name, item in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


def _deepest(error: "ValidationError") -> "ValidationError":
    """Of alternatives that all failed, the complaint about the one that was meant: `null` is never meant."""
    while error.context:
        meant = [inner for inner in error.context if inner.validator != "type" or inner.relative_path]
        if not meant:
            meant = [inner for inner in error.context if inner.validator_value != "null"]
        error = max(meant or error.context, key=lambda inner: len(inner.absolute_path))
    return error


def _explain(error: "ValidationError", owner: str) -> Iterator[tuple[str, str]]:
    path = "/".join(str(part) for part in error.absolute_path)
    value: Any = error.instance
    limit: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "additionalProperties":
            known = property_names(schema)
            for name in sorted(set(value) - set(known)):
                yield _inside(path, name), unknown(name, f"`{path}`" if path else owner, known)
        case "required":
            for name in limit:
                if name not in value:
                    yield _inside(path, name), f"`{name}` is missing; {f'`{path}`' if path else owner} needs it"
        case "enum":
            yield path, f"{_shown(value)} is not one of {', '.join(_shown(each) for each in limit)}"
        case "const":
            yield path, f"{_shown(value)} is not allowed; it must be {_shown(limit)}"
        case "maxLength":
            yield path, f"{len(value):,} characters long; at most {limit:,} are allowed"
        case "minLength":
            yield path, f"{len(value):,} characters long; at least {limit:,} are needed"
        case "maximum":
            yield path, f"{_shown(value)} is too much; it must be at most {limit}"
        case "minimum":
            yield path, f"{_shown(value)} is too little; it must be at least {limit}"
        case "type":
            kinds = [limit] if isinstance(limit, str) else limit
            yield path, f"{_shown(value)} is not {' or '.join(_KINDS[kind] for kind in kinds)}"
        case _:
            yield path, error.message


def _inside(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
