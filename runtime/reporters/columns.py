"""A table for people: its columns beside each other, as wide as what is in them."""

from collections.abc import Collection, Iterator, Sequence


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> Iterator[str]:
    """The lines: heads, then rows. The columns of the heads in `right` are set to the right, as figures are."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    form = "  ".join(f"{{:{'>' if head in right else '<'}{width}}}" for head, width in zip(heads, widths, strict=True))
    for row in (heads, *rows):
        yield form.format(*row).rstrip()
