"""How long words take, and where voice-overs have their place: behind what is said on camera, never over it."""

from fractions import Fraction
from itertools import pairwise

import pytest
from support.scripts import maya, says, scene, script, serum, voiceover

from adc.compiler.aloud import BRISK, ENGLISH, LANGUAGES, PACE, language, letters
from adc.compiler.checks.speech import LEAST_REST, check
from adc.compiler.definitions import Line
from adc.compiler.lower.speech import places

FRAMES = 240


def placed(*lines: Line) -> dict[int, tuple[int, int]]:
    piece = scene(maya(), serum(), lines=lines)
    return places(script(piece), piece, FRAMES)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("Two drops.", 10),
        ("  Two\n  drops. ", 10),
        ("Two drops of {{ serum }}.", len("Two drops of Glow Serum.")),
        ("{{ maya | upper }} {# a note #}{% if maya %}!{% endif %}", len("Maya Brooks !")),
        ("", 0),
    ],
)
def test_letters_are_those_that_are_heard(words: str, count: int) -> None:
    piece = scene(maya(), serum())
    assert letters([voiceover(None, words)], script(piece)) == count


def test_a_voice_over_alone_has_the_whole_scene() -> None:
    assert placed(voiceover(None, "Two drops.")) == {0: (0, FRAMES)}


def test_voice_overs_share_by_length_one_behind_the_other() -> None:
    assert placed(voiceover(None, "a" * 10), voiceover(None, "b" * 30)) == {0: (0, 60), 1: (60, 180)}


def test_voice_overs_begin_when_what_is_said_on_camera_is_over() -> None:
    spoken = "I almost gave up on my skin. Truly, I did."
    found = placed(voiceover(None, "Two drops."), says(maya(), spoken), voiceover(None, "Every morning."))
    start = min(at for at, _ in found.values())
    assert Fraction(start, 30) >= Fraction(len(spoken), PACE)
    assert list(found) == [0, 2]
    ends = [(at, at + length) for at, length in found.values()]
    assert all(end == following for (_, end), (following, _) in pairwise(ends))
    assert ends[-1][1] == FRAMES
    assert all(length > 0 for _, length in found.values())


def test_a_scene_that_is_talked_full_leaves_no_place_and_is_refused() -> None:
    full = "a" * (8 * PACE)
    assert placed(says(maya(), full), voiceover(None, "Two drops.")) == {1: (FRAMES, 0)}
    piece = scene(maya(), lines=(says(maya(), full), voiceover(None, "Two drops.")))
    (diagnostic,) = check(script(piece))
    assert (diagnostic.code, diagnostic.severity) == ("AD0416", "error")


def test_the_bounds_are_as_they_are_told() -> None:
    def severities(*lines: Line) -> list[str]:
        return [str(one.severity) for one in check(script(scene(maya(), lines=lines)))]

    assert severities(says(maya(), "a" * 18 * 8)) == []
    assert severities(says(maya(), "a" * (18 * 8 + 1))) == ["warning"]
    assert severities(says(maya(), "a" * 25 * 8)) == ["warning"]
    assert severities(says(maya(), "a" * (25 * 8 + 1))) == ["error"]
    assert severities(says(maya(), "a" * 100), says(maya(), "b" * 101)) == ["error"]
    enough = "a" * int((8 - LEAST_REST) * PACE)
    assert severities(says(maya(), enough), voiceover(None, "b" * 18)) == []
    assert severities(says(maya(), enough + "a"), voiceover(None, "b")) == ["error"]


SPOKEN = {
    "English": "I almost gave up on my skin. Two drops every morning and it was gone.",
    "Spanish": "Casi me rindo con mi piel. Dos gotas cada mañana, y ya está.",
    "German": "Ich hätte meine Haut fast aufgegeben. Zwei Tropfen jeden Morgen, und es war gut.",
    "French": "J'ai failli abandonner ma peau. Deux gouttes chaque matin, et c'est tout.",
    "Italian": "Stavo per arrendermi con la mia pelle. Due gocce ogni mattina.",
    "Portuguese": "Quase desisti da minha pele. Duas gotas todas as manhãs.",
}


@pytest.mark.parametrize(("name", "said"), SPOKEN.items())
def test_languages_in_latin_letters_are_told_apart_and_measured_by_their_pace(name: str, said: str) -> None:
    spoken = next(each for each in LANGUAGES if each.name == name)
    assert language(said) is spoken
    count = letters([voiceover(None, said)], script(scene()))
    assert Fraction(count, PACE) >= len(said) / spoken.pace > Fraction(count - 1, PACE)


@pytest.mark.parametrize(
    "said", ["", "Two drops.", "Glow Serum", "La vie en rose", "So good. Die another day.", "12345", "…"]
)
def test_where_nothing_tells_it_is_english(said: str) -> None:
    assert language(said) is ENGLISH


def test_words_of_a_language_are_its_own() -> None:
    shared = [word for each in LANGUAGES[1:] for word in each.common & ENGLISH.common]
    assert shared == []


@pytest.mark.parametrize(
    ("said", "count"),
    [("两滴", 8), ("ふたつ", 6), ("二滴です", 12), ("두 방울", 10), ("两滴 Glow", 13), ("两滴。", 10)],
)
def test_syllables_count_as_the_letters_that_take_as_long(said: str, count: int) -> None:
    assert letters([voiceover(None, said)], script(scene())) == count


def test_an_announcers_chinese_and_japanese_are_brisk_and_no_more() -> None:
    """Four and a half characters a second of Chinese, seven of Japanese that is mostly kana."""
    for said, characters in (("每天早上两滴改变一切", Fraction(9, 2)), ("毎朝ふたつぶだけでいいです", Fraction(7))):
        seconds = len(said) / characters
        assert letters([voiceover(None, said)], script(scene())) <= (BRISK + 1) * seconds
