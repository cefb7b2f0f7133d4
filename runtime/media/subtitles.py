"""Written words set to the times at which they are heard.

What is shown is what the spec says, never what a model has understood. So the written words are held against the heard
ones, both as plain letters; where they agree the time is known, and a run of words between two that agree shares the
time there is by the length of its words. A line of which too little was heard is left to the time it was planned for.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import accumulate, pairwise
from math import ceil, floor

from adc.runtime.heard import Word
from adc.runtime.media.film import ClipPiece, Target
from adc.runtime.media.sound import Voice, pace
from adc.runtime.media.words import Text

ENOUGH = 0.5
"""The part of the written words that have to be heard."""

HELD = 0.25
"""Seconds for which a line stays after its last word, where no other line begins."""


def in_clip(words: Sequence[Word], piece: ClipPiece, at: int, target: Target) -> list[Word]:
    """The words of a clip that is shown from frame `at`, in seconds of the film; those that it cuts are left out."""
    begin, end = at / target.rate, (at + piece.segment.frames) / target.rate
    zero = float(piece.picture.first + piece.drop)
    stretch = float(piece.stretch)
    placed = (Word(w.text, begin + (w.start - zero) * stretch, begin + (w.end - zero) * stretch) for w in words)
    return [word for word in placed if begin <= (word.start + word.end) / 2 < end]


def in_voice(words: Sequence[Word], voice: Voice, target: Target) -> list[Word]:
    """The words of a voice-over in seconds of the film. Raises MediaError when it cannot be decoded."""
    silence, speed = pace(voice, target)
    begin = voice.at / target.rate
    return [Word(w.text, begin + (w.start - silence) / speed, begin + (w.end - silence) / speed) for w in words]


def set_to(lines: Sequence[Text], words: Sequence[Word], rate: int) -> list[Text] | None:
    """The lines, said one after the other, with the frames of each of their words; None where too few were heard."""
    written = [word for line in lines for word in line.text.split()]
    times = _times(written, words)
    if times is None:
        return None
    found: list[Text] = []
    first = 0
    for line in lines:
        count = len(line.text.split())
        own = times[first : first + count]
        first += count
        spans = tuple((floor(start * rate), max(ceil(end * rate), floor(start * rate) + 1)) for start, end in own)
        at, until = spans[0][0], spans[-1][1] + round(HELD * rate)
        found.append(replace(line, at=max(at, 0), frames=max(until - max(at, 0), 1), words=spans))
    return [
        replace(line, frames=min(line.frames, following.at - line.at)) if following.at > line.at else line
        for line, following in pairwise(found)
    ] + found[-1:]


def _times(written: Sequence[str], heard: Sequence[Word]) -> list[tuple[float, float]] | None:
    """The seconds between which each written word is said; None where too few of them were heard."""
    plain, spoken = [_plain(word) for word in written], [_plain(word.text) for word in heard]
    known: dict[int, tuple[float, float]] = {}
    for block in SequenceMatcher(None, plain, spoken, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            word = heard[block.b + step]
            known[block.a + step] = (word.start, word.end)
    if not heard or len(known) < ENOUGH * len(written):
        return None
    times: list[tuple[float, float]] = []
    index = 0
    while index < len(written):
        if index in known:
            times.append(known[index])
            index += 1
            continue
        after = next((later for later in range(index, len(written)) if later in known), len(written))
        start = times[-1][1] if times else min(heard[0].start, known[after][0])
        end = known[after][0] if after < len(written) else max(heard[-1].end, start)
        letters = [len(plain[each]) + 1 for each in range(index, after)]
        shares = [sum(letters[:count]) / sum(letters) for count in range(len(letters) + 1)]
        borders = [start + (max(end, start) - start) * share for share in shares]
        times += pairwise(borders)
        index = after
    return list(zip(accumulate((start for start, _ in times), max), (end for _, end in times), strict=True))


def _plain(word: str) -> str:
    """The letters and digits of a word, large and small alike."""
    return re.sub(r"[^\w]+", "", word.casefold())
