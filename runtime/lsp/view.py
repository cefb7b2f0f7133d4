"""What a request of the editor is about: a position of a file, in the spec that the file belongs to."""

from dataclasses import dataclass
from functools import cached_property

from adc.compiler.index import Declared
from adc.compiler.place import Outline, Place, outline, place_at
from adc.runtime.lsp.positions import Lines
from adc.runtime.lsp.specs import Reading, Spec


@dataclass(frozen=True)
class View:
    """`path` is the file's, absolute; `offset` is of its text in `lines`."""

    spec: Spec
    reading: Reading
    path: str
    lines: Lines
    offset: int

    @cached_property
    def name(self) -> str:
        """What the compiler calls the file."""
        return self.reading.inside(self.path)

    @cached_property
    def outline(self) -> Outline:
        """The statements of the file."""
        return outline(self.lines.text)

    @cached_property
    def place(self) -> Place:
        """What is around the position."""
        return place_at(self.outline, self.offset)

    @cached_property
    def known(self) -> dict[tuple[str, str], Declared]:
        """What can be named in the file, by kind and name."""
        index = self.reading.index
        names = (self.name, index.root) if self.name in index.documents else (index.root,)
        return {key: chain[-1] for name in reversed(names) for key, chain in index.visible(name).items()}
