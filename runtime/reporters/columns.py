"""A table for people: its columns beside each other, as wide as what is in them."""

from collections.abc import Collection, Iterator, Sequence


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> Iterator[str]:
    """The lines: heads, then rows. The columns of the heads in `right` are set to the right, as figures are."""
    return beside(list(zip(heads, *rows, strict=True)), right)


def beside(table: Sequence[Sequence[str]], right: Collection[str] = (), *, indent: str = "") -> Iterator[str]:
    """The lines of a table that is given by column, each with its head as the first; `indent` stands before a line."""
    widths = [max(map(len, column)) for column in table]
    places = [f"%{'' if column[0] in right else '-'}{width}s" for column, width in zip(table, widths, strict=True)]
    form = indent + "  ".join(places)
    # one text a line, as a long table has ten thousand
    return ((form % row).rstrip() for row in zip(*table, strict=True))
