"""Words that another step will say: marks in texts, and the tagged objects that a plan holds for them."""

from hypothesis import given
from hypothesis import strategies as st

from adc.compiler.plan import Json, as_ref, references
from adc.compiler.quotes import quoted, readable, steps_in, to_come

LOOKS = {"$step": "maya.looks", "output": "text"}


def test_a_text_without_marks_stays_what_it_is() -> None:
    arguments: Json = {"prompt": "@Element1 smiles", "seconds": 8, "seed": None, "audio": False, "images": ["a"]}
    assert quoted(arguments) == arguments
    assert list(steps_in(arguments)) == []


def test_a_mark_becomes_a_reference_between_the_words_around_it() -> None:
    text = f"@Element1, {to_come('maya.looks')}."
    assert quoted(text) == {"$text": ["@Element1, ", LOOKS, "."]}


def test_empty_words_around_a_mark_are_left_out() -> None:
    assert quoted(to_come("maya.looks")) == {"$text": [LOOKS]}
    both = to_come("maya.looks") + to_come("brand.tom.looks")
    assert quoted(both) == {"$text": [LOOKS, {"$step": "brand.tom.looks", "output": "text"}]}


def test_marks_are_found_wherever_they_stand() -> None:
    mark = to_come("maya.looks")
    arguments: Json = {"elements": [{"words": mark}, 3], "prompt": f"{to_come('serum.looks')} and {mark}"}
    assert list(steps_in(arguments)) == ["maya.looks", "serum.looks", "maya.looks"]
    found = quoted(arguments)
    assert found == {
        "elements": [{"words": {"$text": [LOOKS]}}, 3],
        "prompt": {"$text": [{"$step": "serum.looks", "output": "text"}, " and ", LOOKS]},
    }
    assert isinstance(found, dict)
    assert [getattr(ref, "step", "") for ref in references(found)] == ["maya.looks", "serum.looks", "maya.looks"]


def test_people_read_something_in_place_of_a_mark() -> None:
    assert readable(f"Maya, {to_come('maya.looks')}.") == "Maya, as in the picture."


@given(st.lists(st.one_of(st.text(max_size=8), st.sampled_from(["a.looks", "brand.b.looks"]).map(to_come)), max_size=6))
def test_the_pieces_in_their_order_are_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    found = quoted(text)
    pieces = found["$text"] if isinstance(found, dict) else [text]
    assert isinstance(pieces, list)
    refs = [as_ref(piece) for piece in pieces]
    written = [
        piece if isinstance(piece, str) else to_come(getattr(ref, "step", ""))
        for piece, ref in zip(pieces, refs, strict=True)
    ]
    assert "".join(str(piece) for piece in written) == text
