"""Captions that follow the voice: a few words at a time, the one being said in the accent colour."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from adc.runtime.draft.board import Layer, Rect
from adc.runtime.draft.palette import Palette
from adc.runtime.draft.planes import layer_of
from adc.runtime.draft.shade import with_halo
from adc.runtime.draft.speech import Word
from adc.runtime.media.typography import BOLD, font

HOLD = 0.7
"""Seconds for which the last words stay after they are said."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand on the screen together, from the start of the first."""

    words: tuple[Word, ...]

    @property
    def start(self) -> float:
        """Seconds at which the phrase appears."""
        return self.words[0].start


def phrases(words: tuple[Word, ...], room: float, size: int) -> tuple[Phrase, ...]:
    """The words in phrases that fit into `room` pixels: broken at punctuation, at most five words each."""
    return tuple(Phrase(tuple(group)) for group in _groups(words, room, size))


def _groups(words: tuple[Word, ...], room: float, size: int) -> Iterator[list[Word]]:
    face = font(size, BOLD)
    group: list[Word] = []
    for word in words:
        trial = " ".join(w.text for w in [*group, word])
        if group and (word.line != group[0].line or len(group) == 5 or face.getlength(trial) > room):
            yield group
            group = []
        group.append(word)
        if word.text[-1] in ".!?…;:" or (word.text[-1] == "," and len(group) > 2):
            yield group
            group = []
    if group:
        yield group


class Captions:
    """The captions of one clip in their place."""

    def __init__(
        self, words: tuple[Word, ...], place: Rect, palette: Palette, *, size: int, margin: int, centred: bool
    ):
        self.place, self._palette, self._size, self._margin, self._centred = place, palette, size, margin, centred
        self._room = place[2] - place[0] - 2 * margin
        self._phrases = phrases(words, self._room, size)
        self._drawn = lru_cache(maxsize=2)(self._draw)

    def at(self, seconds: float) -> Layer | None:
        """What stands there at `seconds`."""
        current = max((n for n, phrase in enumerate(self._phrases) if phrase.start <= seconds), default=None)
        if current is None:
            return None
        words = self._phrases[current].words
        if current == len(self._phrases) - 1 and seconds > words[-1].end + HOLD:
            return None
        said = max(n for n, word in enumerate(words) if word.start <= seconds)
        return self._drawn(current, said)

    def _draw(self, phrase: int, said: int) -> Layer:
        words = [word.text for word in self._phrases[phrase].words]
        size = self._size
        while font(size, BOLD).getlength(" ".join(words)) > self._room and size > 10:
            size -= 1
        face = font(size, BOLD)
        wide, high = self.place[2] - self.place[0], self.place[3] - self.place[1]
        length = face.getlength(" ".join(words))
        x = (wide - length) / 2 if self._centred else float(self._margin)
        baseline = high / 2 + size * 0.36
        letters = Image.new("RGBA", (wide, high), (*self._palette.ink, 0))
        for number, word in enumerate(words):
            fill = self._palette.accent if number == said else self._palette.ink
            face.draw(letters, (x, baseline), word, fill, 255 if number <= said else 150)
            x += face.getlength(word + " ")
        planes, mask = layer_of(with_halo(letters, self._palette.deep, size * 0.12, 0.6))
        return Layer((self.place[0], self.place[1]), planes, mask)
