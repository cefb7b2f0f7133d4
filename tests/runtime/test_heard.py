"""Words with their times: each seller's way of writing them becomes one, and what is kept can be read again."""

import pytest

from adc.compiler.catalogue import builtin
from adc.compiler.plan import Json
from adc.runtime.errors import MediaError
from adc.runtime.heard import Word, dump, from_answer, parse

SCRIBE = builtin().endpoint("fal-ai/elevenlabs/speech-to-text/scribe-v2")
WHISPER = builtin().endpoint("fal-ai/whisper")


def test_scribe_tells_words_and_blanks() -> None:
    answer: Json = [
        {"text": "Two", "start": 0.12, "end": 0.3, "type": "word", "speaker_id": None},
        {"text": " ", "start": 0.3, "end": 0.34, "type": "spacing"},
        {"text": "drops.", "start": 0.34, "end": 1, "type": "word"},
    ]
    assert from_answer(SCRIBE, answer) == [Word("Two", 0.12, 0.3), Word("drops.", 0.34, 1.0)]


def test_whisper_tells_both_times_in_a_list() -> None:
    answer: Json = [{"timestamp": [0.0, 0.4], "text": " Two"}, {"timestamp": [0.4, None], "text": " drops."}]
    assert from_answer(WHISPER, answer) == [Word("Two", 0.0, 0.4)], "a word without an end has no time"


@pytest.mark.parametrize("entry", ["Two", None, 3, {}, {"text": "Two"}, {"text": 2, "start": 0.0, "end": 1.0}])
def test_entries_that_are_no_words_are_left_out(entry: Json) -> None:
    assert from_answer(SCRIBE, [entry]) == []


@pytest.mark.parametrize("answer", [None, "Two drops.", {"words": []}, True])
def test_an_answer_without_a_list_has_no_words(answer: Json) -> None:
    assert from_answer(SCRIBE, answer) is None


def test_what_is_kept_is_read_again() -> None:
    words = [Word("“Glow”", 0.125, 0.5), Word("Ölüm", 0.5, 1.0)]
    assert parse(dump(words), "words.json") == words


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1]", b'[{"text": "a"}]', b"\xff", b'[{"text": "a", "start": "x", "end": 1}]']
)
def test_anything_else_is_refused_by_its_name(data: bytes) -> None:
    with pytest.raises(MediaError, match=r"words\.json holds no words"):
        parse(data, "words.json")
