"""Value classes behave as the standard library's frozen, slotted dataclasses do."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adc.compiler.frozen import FrozenValueError, field, frozen, replace


@frozen
class Point:
    """A place."""

    x: int
    y: int = 0


@frozen
class Noted(Point):
    """A place with a remark that does not count."""

    remark: str = field(default="", compare=False, repr=False)
    tags: dict[str, int] = field(default_factory=dict)


@frozen
class Same:
    """Compared by identity."""

    x: int
    __eq__ = object.__eq__
    __hash__ = object.__hash__


@given(st.integers(), st.integers(), st.integers(), st.integers())
def test_values_are_equal_and_hash_alike_where_their_fields_are(x: int, y: int, other_x: int, other_y: int) -> None:
    first, second = Point(x, y), Point(x=other_x, y=other_y)
    assert (first == second) is ((x, y) == (other_x, other_y))
    assert hash(Point(x, y)) == hash(first)
    assert {first: 1}[Point(x, y)] == 1


def test_another_class_is_never_equal() -> None:
    assert Point(1, 2) != Noted(1, 2)
    pair: object = (1, 2)
    assert Point(1, 2) != pair


def test_defaults_are_made_anew() -> None:
    assert Point(3) == Point(3, 0)
    first, second = Noted(1), Noted(1)
    first.tags["a"] = 1
    assert second.tags == {}
    assert Noted(1, 2, "a remark") == Noted(1, 2, "another")
    assert repr(Noted(1, 2, "a remark")) == "Noted(x=1, y=2, tags={})"


def test_values_cannot_be_changed_but_replaced() -> None:
    point = Point(1, 2)
    with pytest.raises(FrozenValueError):
        point.x = 5  # type: ignore[misc]  # what is tested
    with pytest.raises(AttributeError):
        object.__setattr__(point, "z", 5)  # there are slots for the fields alone
    assert replace(point, y=7) == Point(1, 7)
    assert replace(Noted(1, 2, "a remark", {"a": 1}), x=9).remark == "a remark"


@pytest.mark.parametrize(
    "wrong",
    [lambda: Point(), lambda: Point(1, 2, 3), lambda: Point(1, z=2), lambda: replace(Point(1), z=2)],  # type: ignore[call-arg]
)
def test_wrong_fields_are_refused(wrong: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        wrong()


def test_patterns_match() -> None:
    match Noted(4, 5):
        case Point(x, y):
            assert (x, y) == (4, 5)
        case _:
            raise AssertionError


def test_a_class_may_decide_itself_what_is_equal() -> None:
    assert Same(1) != Same(1)
    assert len({Same(1), Same(1)}) == 2


def test_the_first_use_of_a_subclass_leaves_the_base_alone() -> None:
    @frozen
    class Base:
        """One field."""

        a: int

    @frozen
    class Sub(Base):
        """Two fields."""

        b: int

    assert repr(Sub(1, 2)).endswith("Sub(a=1, b=2)")
    assert repr(Base(1)).endswith("Base(a=1)")
