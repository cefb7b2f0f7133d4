"""The quick look at a request: where it says that a value fits, the full validator never disagrees."""

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given, reject
from hypothesis import strategies as some

from adc.compiler.catalogue import builtin
from adc.compiler.conform import violations
from adc.compiler.fits import surely_fits

NAMES = some.sampled_from(["a", "b", "c"])
SCALARS = (
    some.none()
    | some.booleans()
    | some.integers(-3, 12)
    | some.sampled_from([0.0, 1.0, 1.5, -2.5, 1e300, float("inf")])
    | some.sampled_from(["", "a", "b", "ab", "true", "1", "äöü", "x" * 12])
)
VALUES = some.recursive(
    SCALARS, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
KINDS = some.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])


def keywords(inner: some.SearchStrategy[Any]) -> some.SearchStrategy[dict[str, Any]]:
    """An object schema, each of its keywords there or not."""
    return some.fixed_dictionaries(
        {},
        optional={
            "type": KINDS | some.lists(KINDS, min_size=1, max_size=3, unique=True),
            "enum": some.lists(VALUES, min_size=1, max_size=4),
            "const": VALUES,
            "anyOf": some.lists(inner, min_size=1, max_size=3),
            "oneOf": some.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "$ref": some.sampled_from(["#/$defs/one", "#/$defs/two", "#"]),
            "properties": some.dictionaries(NAMES, inner, max_size=3),
            "patternProperties": some.dictionaries(some.just("^a"), inner, max_size=1),
            "additionalProperties": inner,
            "required": some.lists(NAMES, max_size=2, unique=True),
            "items": inner,
            "minItems": some.integers(0, 3),
            "maxItems": some.integers(0, 3),
            "uniqueItems": some.booleans(),
            "minLength": some.integers(0, 3),
            "maxLength": some.integers(0, 3),
            "pattern": some.sampled_from(["^a", "b$"]),
            "minimum": some.integers(-2, 4),
            "maximum": some.integers(-2, 4),
            "exclusiveMinimum": some.integers(-2, 4),
            "exclusiveMaximum": some.integers(-2, 4),
            "multipleOf": some.sampled_from([2, 0.5]),
            "x-file": some.booleans(),
            "default": VALUES,
        },
    )


SCHEMAS = some.recursive(some.booleans() | keywords(some.booleans()), keywords, max_leaves=4)


def acyclic(schema: Any) -> bool:
    """Whether no reference is there: those of definitions may go round."""
    return "$ref" not in repr(schema)


@given(schema=keywords(SCHEMAS), one=SCHEMAS.filter(acyclic), two=SCHEMAS.filter(acyclic), value=VALUES)
def test_what_surely_fits_is_valid(schema: dict[str, Any], one: Any, two: Any, value: Any) -> None:
    whole = {**schema, "$defs": {"one": one, "two": two}}
    if "'#'" in repr(whole):
        whole = {key: item for key, item in whole.items() if key != "$ref"}
    if surely_fits(whole, value):
        try:
            valid = jsonschema.Draft202012Validator(whole).is_valid(value)
        except RecursionError:  # a choice that refers to the whole again has no end, and so no meaning
            reject()
        assert valid


ENDPOINTS = {endpoint.id: endpoint for endpoint in builtin().endpoints}


@some.composite
def requests(draw: some.DrawFn) -> tuple[str, Any]:
    """A request near to what an endpoint takes: its own arguments, with values near to their limits."""
    endpoint_id = draw(some.sampled_from(sorted(ENDPOINTS)))
    schema = ENDPOINTS[endpoint_id].input_schema
    return endpoint_id, draw(near(schema, schema))


def near(part: Any, whole: Mapping[str, Any]) -> some.SearchStrategy[Any]:
    """Values that fit a schema or nearly do."""
    if "$ref" in part:
        return near(whole["$defs"][part["$ref"].removeprefix("#/$defs/")], whole)
    if "anyOf" in part:
        return some.one_of([near(one, whole) for one in part["anyOf"]])
    close: some.SearchStrategy[Any] = SCALARS
    match part.get("type"):
        case "object":
            required = part.get("required", [])
            known = {name: near(one, whole) for name, one in part.get("properties", {}).items()}
            needed = {name: known.pop(name) for name in required if name in known}
            close = some.integers(0, 9).flatmap(
                lambda dice: some.fixed_dictionaries(
                    needed if dice else {}, optional=known if dice > 1 else {**known, "surprise": SCALARS}
                )
            )
        case "array":
            close = some.lists(near(part.get("items", {}), whole), max_size=4)
        case "string":
            close = some.sampled_from(part.get("enum") or ["xyz", "x", "x" * part.get("maxLength", 9)])
        case "integer" | "number":
            least, most = part.get("minimum", 0), part.get("maximum", 100)
            close = some.sampled_from([least, most, least, most, least - 1, most + 1, 100, 0.5])
        case "boolean":
            close = some.booleans()
    return some.integers(0, 29).flatmap(lambda dice: close if dice else SCALARS)


@given(asked=requests())
def test_a_request_that_surely_fits_is_one_that_the_seller_takes(asked: tuple[str, Any]) -> None:
    endpoint_id, request = asked
    schema = ENDPOINTS[endpoint_id].input_schema
    if surely_fits(schema, request):
        assert jsonschema.Draft202012Validator(dict(schema)).is_valid(request)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"enum": [1]}, True),
        ({"enum": [True]}, 1),
        ({"const": 0}, False),
        ({"type": "integer"}, True),
        ({"type": "number"}, False),
        ({"enum": [[1]]}, [True]),
        ({"properties": {"a": False}}, {"a": 1}),
        ({"$ref": "https://example.com/schema"}, 1),
        ({"$ref": "#/$defs/nothing"}, 1),
        ({"contains": {"const": 1}}, [2]),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}),
    ],
)
def test_what_is_not_sure_is_asked(schema: dict[str, Any], value: Any) -> None:
    assert not surely_fits(schema, value)


def test_a_definition_may_contain_itself() -> None:
    tree = {"type": "array", "items": {"$ref": "#/$defs/tree"}}
    schema = {"$ref": "#/$defs/tree", "$defs": {"tree": tree}}
    assert surely_fits(schema, [[], [[]]])
    assert not surely_fits(schema, [[], [[1]]])


def test_good_requests_are_let_through_without_the_validator(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_arguments: object, **_named: object) -> None:
        raise AssertionError("the validator was asked")

    monkeypatch.setattr(jsonschema, "Draft202012Validator", asked)
    schema = ENDPOINTS["fal-ai/veo3.1"].input_schema
    assert list(violations(schema, {"prompt": "a scene", "duration": "8s", "seed": 7}, "veo")) == []
    with pytest.raises(AssertionError, match="the validator was asked"):
        list(violations(schema, {"prompt": "a scene", "duration": "9s"}, "veo"))
