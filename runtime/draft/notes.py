"""The notes of a scene (camera, light, mood) in a line or two, broken only between one note and the next.

Where there is too little room they say less and never break off in the middle: a note that is longer than a line loses
its last clauses, then the last notes lose theirs or go. What is left is set as large as it fits.
"""

from collections.abc import Sequence

from adc.runtime.media.typography import REGULAR, Block, Face, font, shorten

SEPARATOR = " · "


def set_notes(notes: Sequence[tuple[str, str]], width: float, sizes: Sequence[int], most_lines: int) -> Block:
    """The notes, pairs such as ("camera", "slow push-in"), in at most `most_lines` lines of at most `width` pixels.

    `sizes` fall. What does not fit at the smallest is left out; no line begins or ends with the separator.
    """
    smallest = font(sizes[-1], REGULAR)
    texts = [_within(f"{name.capitalize()}: {text}", smallest, width) for name, text in notes]
    while len(_lines(texts, smallest, width)) > most_lines:
        less = _without_last_clause(texts[-1])
        texts = [*texts[:-1], less] if less else texts[:-1]
    faces = (font(size, REGULAR) for size in sizes)
    face = next((face for face in faces if _fits(_lines(texts, face, width), face, width, most_lines)), smallest)
    return Block(tuple(_lines(texts, face, width)), face, round(face.size * 1.4))


def _fits(lines: list[str], face: Face, width: float, most_lines: int) -> bool:
    return len(lines) <= most_lines and all(face.getlength(line) <= width for line in lines)


def _lines(texts: list[str], face: Face, width: float) -> list[str]:
    lines: list[str] = []
    for text in texts:
        longer = f"{lines[-1]}{SEPARATOR}{text}" if lines else text
        if lines and face.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(text)
    return lines


def _within(text: str, face: Face, width: float) -> str:
    """As many clauses of the note as fit into a line; a first clause that is longer alone is shortened."""
    while face.getlength(text) > width and (less := _without_last_clause(text)):
        text = less
    return shorten(text, face, width)


def _without_last_clause(text: str) -> str:
    return text.rpartition(",")[0].rstrip()
