"""The words that filters often refuse: found whole, the longer before the shorter, and none that is its own cure."""

import pytest

from adc.compiler.wording import wordings, wordings_in


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("two drops on her bare skin", ["bare skin"]),
        ("two drops on her bare-skin", ["bare skin"]),
        ("Bare\n  skin", ["bare skin"]),
        ("the girls and a knife", ["girl", "knife"]),
        ("a bath bomb fizzes", ["bath bomb"]),
        ("a bomb and a bath bomb", ["bomb", "bath bomb"]),
        ("children, kids, boys", ["children", "kid", "boy"]),
        ("a skyscraper, a gunmetal pen, a boyish grin", []),
        ("a nike-like swoosh", []),
        ("Nike shoes", ["Nike"]),
        ("Before and After", ["before and after"]),
        ("before/after", ["before/after"]),
        ("she leans to the mirror", []),
        ("", []),
    ],
)
def test_the_words_of_a_prompt(prompt: str, words: list[str]) -> None:
    assert [wording.word for wording in wordings_in(prompt)] == words


def test_no_milder_word_is_on_the_list() -> None:
    assert {one.word: wordings_in(one.milder) for one in wordings() if wordings_in(one.milder)} == {}


def test_every_word_is_found_by_itself() -> None:
    assert [one.word for one in wordings() if [one] != list(wordings_in(one.word))] == []
