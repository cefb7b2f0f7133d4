"""One token of a spec deleted, written twice, or swapped with the next: the slips of a hand, all of them in turn."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from adc.compiler.diagnostics import Diagnostic
from adc.compiler.lexer import scan


class Mutation(NamedTuple):
    """A spec with one token touched; `lines` are those of the declarations that it may have changed, from 1."""

    name: str
    source: str
    lines: range


def mutations(source: str) -> Iterator[Mutation]:
    """Every mutation of `source`, in order."""
    tokens = scan(source)
    for place, token in enumerate(tokens):
        start, end = token.start_pos, token.end_pos
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        about = f"{token.line}:{token.column} {token.value!r}"
        one = _declaration(source, token.line, token.line)
        two = _declaration(source, token.line, following.line if following else token.line)
        # Without its line end, or with one between, a statement touches its neighbour.
        lines = two if token.type == "_BREAK" else one
        yield Mutation(f"{about} deleted", source[:start] + source[end:], lines)
        yield Mutation(f"{about} twice", f"{source[:end]} {source[start:]}", range(lines.start, lines.stop + 1))
        if following:
            between = source[end : following.start_pos]
            swapped = source[:start] + following.value + between + token.value + source[following.end_pos :]
            yield Mutation(f"{about} swapped", swapped, range(two.start, two.stop + 1))


def _declaration(source: str, first: int, last: int) -> range:
    """The lines of the declarations of the first column that hold the lines from `first` to `last`."""
    heads = [number for number, line in enumerate(source.split("\n"), 1) if line[:1].isalpha()]
    begin = max((head for head in heads if head <= first), default=1)
    end = min((head for head in heads if head > last), default=source.count("\n") + 2)
    return range(begin, end)


def points_at(diagnostic: Diagnostic, lines: range) -> bool:
    """Whether a diagnostic, or a remark of it, stands in one of these lines."""
    return any(span.line in lines for span in (diagnostic.span, *(note.span for note in diagnostic.notes)))


def project(specs: Path) -> dict[str, bytes]:
    """All files of the folder of specs, by path."""
    return {path.relative_to(specs).as_posix(): path.read_bytes() for path in specs.rglob("*") if path.is_file()}
