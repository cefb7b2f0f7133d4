"""Whether a value surely fits a JSON schema: a quick yes, or a "perhaps not" that the full validator has to judge.

Nearly every request fits, and the full validator is slow to import and slow to run. So each schema is made once into
a small function, one condition a keyword. The answer yes is always right; no only means that somebody has to look.
Where a keyword is not known here, where a value is of a kind that Python and JSON compare differently, and where a
reference leads out of the schema, the answer is no.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

Fits: TypeAlias = Callable[[Any], bool]

_KINDS: Final[Mapping[str, Fits]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
_SAYS_NOTHING: Final = frozenset({"$schema", "$defs", "default", "title", "description", "examples", "format"})
"""Keywords that judge no value."""

MOST_SCHEMAS: Final = 512
"""Schemas that are kept compiled: more than a catalogue has."""


def surely_fits(schema: Mapping[str, Any], value: object) -> bool:
    """Whether `value` is valid for sure. A schema is told apart by its identity, and must not be changed."""
    return _compiled(Same(schema))(value)


class Same:
    """A schema as a key: the same object is the same key, and kept alive as long as it is one."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.schema is self.schema


@lru_cache(MOST_SCHEMAS)
def _compiled(key: Same) -> Fits:
    return _Compiler(key.schema).whole()


def _never(_value: object) -> bool:
    return False


def _always(_value: object) -> bool:
    return True


class _Compiler:
    """Makes the parts of one schema into functions; what `$defs` names is made once, when it is first needed."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._named: dict[str, Fits] = {}

    def whole(self) -> Fits:
        """The function for the whole schema."""
        return self._schema(self._root)

    def _schema(self, schema: object) -> Fits:
        if isinstance(schema, bool):
            return _always if schema else _never
        if not isinstance(schema, dict):
            return _never
        conditions = [self._condition(schema, keyword, limit) for keyword, limit in schema.items()]
        tests = [condition for condition in conditions if condition is not None]
        if len(tests) == 1:
            return tests[0]
        return lambda value: all(test(value) for test in tests)

    def _condition(self, schema: Mapping[str, Any], keyword: str, limit: Any) -> Fits | None:
        """What a keyword asks of a value, None where it asks nothing."""
        if keyword in _SAYS_NOTHING or keyword.startswith("x-"):
            return None
        match keyword:
            case "type":
                kinds = [_KINDS.get(kind, _never) for kind in ([limit] if isinstance(limit, str) else limit)]
                return kinds[0] if len(kinds) == 1 else _any(kinds)
            case "enum":
                return _one_of(limit)
            case "const":
                return _one_of([limit])
            case "anyOf":
                return _any([self._schema(one) for one in limit])
            case "$ref":
                return self._reference(limit)
            case "properties":
                return self._properties(limit)
            case "additionalProperties":
                return self._others(schema, limit)
            case "items":
                each = self._schema(limit)
                return lambda value: not isinstance(value, list) or all(each(item) for item in value)
            case "required":
                return lambda value: not isinstance(value, dict) or all(name in value for name in limit)
        return _measure(keyword, limit)

    def _reference(self, to: str) -> Fits:
        name = to.removeprefix("#/$defs/")
        definitions = self._root.get("$defs", {})
        if name == to or "/" in name or "~" in name or "%" in name or name not in definitions:
            return _never
        if name not in self._named:
            self._named[name] = lambda value: self._named[name](value)  # for a definition that contains itself
            self._named[name] = self._schema(definitions[name])
        return self._named[name]

    def _properties(self, properties: Mapping[str, Any]) -> Fits:
        tests = {name: self._schema(schema) for name, schema in properties.items()}
        return lambda value: (
            not isinstance(value, dict) or all(tests[name](item) for name, item in value.items() if name in tests)
        )

    def _others(self, schema: Mapping[str, Any], limit: object) -> Fits:
        if "patternProperties" in schema:
            return _never
        known = frozenset(schema.get("properties", {}))
        fits = self._schema(limit)
        return lambda value: (
            not isinstance(value, dict) or all(fits(item) for name, item in value.items() if name not in known)
        )


def _any(tests: list[Fits]) -> Fits:
    return lambda value: any(test(value) for test in tests)


def _one_of(allowed: list[Any]) -> Fits:
    """Only words, whole numbers, true, false and nothing: the rest may be equal in one language and not in another."""
    plain = {(type(one), one) for one in allowed if one is None or isinstance(one, str | int)}
    return lambda value: (value is None or isinstance(value, str | int)) and (type(value), value) in plain


def _measure(keyword: str, limit: Any) -> Fits:
    """A condition on the size of a value, which holds for every value that has no such size."""
    number, whole = _KINDS["number"], _KINDS["integer"]
    match keyword:
        case "minimum":
            return lambda value: not number(value) or value >= limit
        case "maximum":
            return lambda value: not number(value) or value <= limit
        case "exclusiveMinimum":
            return lambda value: not number(value) or value > limit
        case "exclusiveMaximum":
            return lambda value: not number(value) or value < limit
        case "multipleOf":
            return lambda value: not number(value) or (whole(value) and whole(limit) and value % limit == 0)
        case "minLength":
            return lambda value: not isinstance(value, str) or len(value) >= limit
        case "maxLength":
            return lambda value: not isinstance(value, str) or len(value) <= limit
        case "minItems":
            return lambda value: not isinstance(value, list) or len(value) >= limit
        case "maxItems":
            return lambda value: not isinstance(value, list) or len(value) <= limit
    return _never
