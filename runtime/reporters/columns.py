"""A table for people: its columns beside each other, as wide as what is in them."""

from collections.abc import Collection, Iterator, Sequence


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> Iterator[str]:
    """The lines: heads, then rows. The columns of the heads in `right` are set to the right, as figures are."""
    filled: list[list[str]] = []
    for head, *cells in zip(heads, *rows, strict=True):
        width = max(map(len, (head, *cells)))
        filled.append([cell.rjust(width) if head in right else cell.ljust(width) for cell in (head, *cells)])
    return map(str.rstrip, map("  ".join, zip(*filled, strict=True)))
