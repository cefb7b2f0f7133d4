"""The shape of a file for an editor: its outline, and what can be folded."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from lsprotocol import types

from adc.compiler.place import Outline, Part, walk
from adc.compiler.vocabulary import TOP
from adc.runtime.lsp.positions import Lines

KINDS: Mapping[str, types.SymbolKind] = {
    "ad": types.SymbolKind.Package,
    "import": types.SymbolKind.Module,
    "character": types.SymbolKind.Class,
    "product": types.SymbolKind.Object,
    "style": types.SymbolKind.Interface,
    "voice": types.SymbolKind.Function,
    "model": types.SymbolKind.Constructor,
    "param": types.SymbolKind.Constant,
    "variant": types.SymbolKind.Enum,
    "scene": types.SymbolKind.Event,
    "card": types.SymbolKind.Event,
    "transition": types.SymbolKind.Operator,
    "shot": types.SymbolKind.Field,
}

INNER = frozenset(KINDS) - frozenset(TOP.usage)
"""Statements of a block that the outline shows below it."""


def symbols(outline: Outline, lines: Lines) -> list[types.DocumentSymbol]:
    """The declarations of a file, a scene's shots below it, with what stands behind their names."""
    return [_symbol(part, lines) for part in outline.parts if part.keyword in TOP.usage and len(part.words) > 1]


def _symbol(part: Part, lines: Lines) -> types.DocumentSymbol:
    named = 1 if part.keyword in TOP.usage and not part.words[1].startswith('"') else 0
    return types.DocumentSymbol(
        name=part.words[named] if part.keyword != "import" else part.words[-1].strip('"'),
        kind=KINDS.get(part.keyword, types.SymbolKind.Variable),
        range=lines.range(part.start, part.end),
        selection_range=lines.range(part.start, part.header),
        detail=" ".join((part.keyword, *part.words[named + 1 :])) if named else " ".join(part.words[1:]),
        children=[
            _symbol(inner, lines) for inner in part.block or () if inner.keyword in KINDS and inner.block is not None
        ],
    )


def folds(outline: Outline, lines: Lines) -> list[types.FoldingRange]:
    """Blocks, long texts and runs of comments that take more than a line."""
    plain = [(part.opened, part.end) for part in walk(outline.parts) if part.block is not None]
    folded: list[types.FoldingRange] = []
    for spans, kind in (
        ([*plain, *outline.long_texts], None),
        (_comment_runs(outline, lines), types.FoldingRangeKind.Comment),
    ):
        for start, end in spans:
            first, last = lines.position(start).line, lines.position(end).line
            if last > first:
                folded.append(types.FoldingRange(first, last, kind=kind))
    return sorted(folded, key=lambda fold: (fold.start_line, fold.end_line))


def _comment_runs(outline: Outline, lines: Lines) -> Iterator[tuple[int, int]]:
    """Comments that have lines of their own, those on neighbouring lines together."""
    own = [
        (lines.position(start).line, start, end)
        for start, end in outline.comments
        if not outline.source[outline.source.rfind("\n", 0, start) + 1 : start].strip()
    ]
    for _, run in groupby(enumerate(own), key=lambda numbered: numbered[1][0] - numbered[0]):
        members = [comment for _, comment in run]
        yield members[0][1], members[-1][2]
