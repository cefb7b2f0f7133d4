"""A table for people: its columns beside each other, as wide as what is in them."""

from collections.abc import Collection, Iterator, Sequence


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> Iterator[str]:
    """The lines: heads, then rows. The columns of the heads in `right` are set to the right, as figures are."""
    return beside(list(zip(heads, *rows, strict=True)), right)


def beside(table: Sequence[Sequence[str]], right: Collection[str] = ()) -> Iterator[str]:
    """The lines of a table that is given by column, each with its head as the first."""
    filled: list[list[str]] = []
    for column in table:
        width = max(map(len, column))
        filled.append([cell.rjust(width) if column[0] in right else cell.ljust(width) for cell in column])
    return map(str.rstrip, map("  ".join, zip(*filled, strict=True)))
