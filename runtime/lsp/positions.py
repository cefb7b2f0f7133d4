"""Between an editor's positions and the compiler's offsets.

An editor counts lines and UTF-16 units in the text as it has it: an emoji is two units, a line may end with CR LF. The
compiler counts characters of the text with plain line ends and without a byte order mark. Lines are the same for both.
"""

import re
from bisect import bisect_right

from lsprotocol.types import Position, Range

BOM = "\ufeff"
_LAST_OF_ONE_UNIT = "\uffff"
_LONE = re.compile("[\ud800-\udfff]")


class Lines:
    """The text of a file in both ways of counting. `text` is what the compiler reads, `written` what the editor has."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.has_mark = written.startswith(BOM)
        plain = written.removeprefix(BOM).replace("\r\n", "\n").replace("\r", "\n")
        # Half a surrogate pair, as an editor may send while it cuts an emoji in two, is no character of UTF-8.
        self.text = _LONE.sub("\ufffd", plain)
        self.starts = [0, *(found.end() for found in re.finditer("\n", self.text))]

    @property
    def line_end(self) -> str:
        """How the lines of the editor's text end."""
        return "\r\n" if "\r\n" in self.written else "\n"

    def position(self, offset: int) -> Position:
        """The editor's position of an offset; one past the end is the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[line] : offset]
        return Position(line, units(before) + (self.has_mark and line == 0))

    def range(self, start: int, end: int) -> Range:
        """The editor's range of `[start, end)`."""
        return Range(self.position(start), self.position(end))

    def offset(self, position: Position) -> int:
        """The offset of an editor's position; one behind the end of its line is the end of that line."""
        if position.line >= len(self.starts):
            return len(self.text)
        start = self.starts[position.line]
        last = position.line + 1 == len(self.starts)
        end = len(self.text) if last else self.starts[position.line + 1] - 1
        left = position.character - (self.has_mark and position.line == 0)
        if self.text.isascii():
            return min(start + max(left, 0), end)
        while left > 0 and start < end:
            left -= units(self.text[start])
            start += 1
        return start

    def changed(self, change: Range | None, text: str) -> "Lines":
        """The file after an edit of the editor; the whole file is `text` where there is no range."""
        if change is None:
            return Lines(text)
        start, end = self._written_offset(change.start), self._written_offset(change.end)
        return Lines(self.written[:start] + text + self.written[end:])

    def _written_offset(self, position: Position) -> int:
        """The offset of a position in the editor's own text."""
        lines = list(re.finditer("\r\n|\r|\n", self.written))
        if position.line > len(lines):
            return len(self.written)
        start = lines[position.line - 1].end() if position.line else 0
        end = lines[position.line].start() if position.line < len(lines) else len(self.written)
        left = position.character
        while left > 0 and start < end:
            left -= units(self.written[start])
            start += 1
        return start


def units(text: str) -> int:
    """UTF-16 units of a text."""
    return len(text) if text.isascii() else sum(2 if letter > _LAST_OF_ONE_UNIT else 1 for letter in text)
