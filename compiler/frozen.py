"""Value classes: frozen, slotted, compared by what they hold, as `@dataclass(frozen=True, slots=True)` would be.

A compiler is made of small values, a hundred classes of them, and a command that only says "this spec is fine" is over
in a blink. The standard library's decorator writes and compiles six methods for every class, most of a millisecond
each, before the first line of a spec is read; here a class gets a compiled method when it is first called for.
"""

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")

_MISSING: Any = object()


class _Field:
    __slots__ = ("compare", "default", "default_factory", "repr")

    def __init__(self, default: Any, default_factory: Any, compare: bool, repr_: bool) -> None:
        self.default = default
        self.default_factory = default_factory
        self.compare = compare
        self.repr = repr_


@overload
def field(*, default: T, compare: bool = True, repr: bool = True) -> T: ...
@overload
def field(*, default_factory: Callable[[], T], compare: bool = True, repr: bool = True) -> T: ...
@overload
def field(*, compare: bool = True, repr: bool = True) -> Any: ...
def field(
    *,
    default: Any = _MISSING,
    default_factory: Any = _MISSING,
    compare: bool = True,
    repr: bool = True,  # noqa: A002  # named as in the standard library
) -> Any:
    """A field with more to say: a default, one made for each value, or no part in comparing or showing."""
    return _Field(default, default_factory, compare, repr)


class FrozenValueError(AttributeError):
    """Somebody tried to change a value."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make `cls` a value class of its annotated fields, in their order."""
    fields: dict[str, _Field] = {}
    for base in reversed(cls.__mro__[1:]):
        fields |= getattr(base, "__fields__", {})
    space = dict(cls.__dict__)
    for name in cls.__dict__.get("__annotations__", ()):  # noqa: RUF063  # inspect is slow to import
        given = space.pop(name, _MISSING)
        fields[name] = given if isinstance(given, _Field) else _Field(given, _MISSING, True, True)
    inherited = {name for base in cls.__mro__[1:] for name in getattr(base, "__slots__", ())}
    space.pop("__dict__", None)
    space.pop("__weakref__", None)
    space |= {
        "__slots__": tuple(name for name in fields if name not in inherited),
        "__fields__": fields,
        "__compared__": tuple(name for name, each in fields.items() if each.compare),
        "__match_args__": tuple(fields),
        "__init__": _first_init,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }
    for name, method in (("__eq__", _first_eq), ("__hash__", _first_hash), ("__repr__", _repr)):
        space.setdefault(name, method)
    remade: Any = type(cls)
    value_class: type[T] = remade(cls.__name__, cls.__bases__, space)  # a class cannot be given slots once it is there
    return value_class


def replace(value: T, /, **changes: Any) -> T:
    """`value` with some fields changed."""
    fields: dict[str, _Field] = type(value).__fields__  # type: ignore[attr-defined]
    return type(value)(
        **{name: changes[name] if name in changes else getattr(value, name) for name in fields} | changes
    )


def _owner(cls: Any) -> Any:
    """The value class that gave `cls` its fields."""
    return next(base for base in cls.__mro__ if "__fields__" in base.__dict__)


def _first_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Stands in until a class is used for the first time; then its own is written. So do the two below."""
    owner = _owner(type(self))
    owner.__init__ = _written(owner.__fields__)
    owner.__init__(self, *args, **kwargs)


def _first_eq(self: Any, other: Any) -> Any:
    owner = _owner(type(self))
    same = " and ".join(f"self.{name} == other.{name}" for name in owner.__compared__) or "True"
    owner.__eq__ = _made("__eq__", "self, other", f"return {same} if type(self) is type(other) else NotImplemented")
    return owner.__eq__(self, other)


def _first_hash(self: Any) -> int:
    owner = _owner(type(self))
    held = "".join(f"self.{name}, " for name in owner.__compared__)
    owner.__hash__ = _made("__hash__", "self", f"return hash(({held}))")
    value: int = owner.__hash__(self)
    return value


def _written(fields: dict[str, _Field]) -> Any:
    """An `__init__` that takes and keeps these fields."""
    parameters, lines = ["self"], ["_set = _object_set"]
    known: dict[str, Any] = {"_object_set": object.__setattr__, "_missing": _MISSING}
    for name, each in fields.items():
        if each.default_factory is not _MISSING:
            known[f"_make_{name}"] = each.default_factory
            parameters.append(f"{name}=_missing")
            lines.append(f"_set(self, '{name}', _make_{name}() if {name} is _missing else {name})")
            continue
        if each.default is not _MISSING:
            known[f"_default_{name}"] = each.default
        parameters.append(name if each.default is _MISSING else f"{name}=_default_{name}")
        lines.append(f"_set(self, '{name}', {name})")
    return _made("__init__", ", ".join(parameters), "\n ".join(lines), known)


def _made(name: str, parameters: str, body: str, known: dict[str, Any] | None = None) -> Any:
    """A method, compiled."""
    space = dict(known or {})
    exec(f"def {name}({parameters}):\n {body}", space)  # noqa: S102  # made of the names of our own fields
    return space[name]


def _refuse(self: Any, name: str, value: Any = None) -> None:  # noqa: ARG001
    raise FrozenValueError(f"{type(self).__name__}.{name} cannot be changed")


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, each in self.__fields__.items() if each.repr)
    return f"{type(self).__name__}({', '.join(shown)})"


def as_dict(value: Any) -> Any:
    """A value as plain data: value classes become dictionaries, all the way down."""
    if hasattr(type(value), "__fields__"):
        return {name: as_dict(getattr(value, name)) for name in type(value).__fields__}
    if isinstance(value, dict):
        return {name: as_dict(item) for name, item in value.items()}
    return type(value)(map(as_dict, value)) if type(value) in (list, tuple) else value
