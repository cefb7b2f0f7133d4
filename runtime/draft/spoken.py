"""What a drafted sound says, written into the file itself: the draft of a model that hears can then tell the times.

A comment in the file is the one place that survives an upload. A file from elsewhere has none, and nothing is heard.
"""

import struct
from contextlib import suppress
from pathlib import Path

import av
from av.error import FFmpegError

from adc.runtime import heard
from adc.runtime.errors import MediaError
from adc.runtime.heard import Word


def note_words(path: Path, words: list[Word]) -> None:
    """Write the words into a WAV, as the comment behind its sound."""
    text = heard.dump(words) + b"\0"
    text += b"\0" * (len(text) % 2)
    comment = b"INFOICMT" + struct.pack("<I", len(text)) + text
    with path.open("r+b") as file:
        file.seek(0, 2)
        file.write(b"LIST" + struct.pack("<I", len(comment)) + comment)
        size = file.tell()
        file.seek(4)
        file.write(struct.pack("<I", size - 8))


def both_said(first: list[Word], second: list[Word], seconds: float) -> list[str]:
    """What ffmpeg is told to note in a clip of two, of which the first lasts `seconds`."""
    later = [Word(word.text, round(seconds + word.start, 3), round(seconds + word.end, 3)) for word in second]
    words = [*first, *later]
    return ["-metadata", f"comment={heard.dump(words).decode()}"] if words else []


def words_of(path: Path) -> list[Word]:
    """The words that are noted in a sound or a clip; none where there is no such note."""
    with suppress(FFmpegError, MediaError), av.open(f"file:{path}") as container:
        comment = container.metadata.get("comment", "")
        return heard.parse(comment.encode(), path.name) if comment else []
    return []
