"""Which names the files of a spec declare and use, and where: what an editor follows, lists and renames.

A declaration is known by its file and place. A use is a word where the language expects a name (`cast maya`), a word
that stands for the value of a param or variant (`scene hook opening`), or a name inside a text's tags
(`{{ maya.wears }}`). A dotted name reaches through imports: of `brand.maya`, the first word
is the import's name, the second the character's own, and each can be followed and renamed by itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from adc.compiler.files import beside
from adc.compiler.frozen import frozen
from adc.compiler.mentions import ALWAYS, is_name
from adc.compiler.nodes import Document, Statement, String, Word
from adc.compiler.resolve import NAMED, TAKEN
from adc.compiler.vocabulary import TOP

IN_TEXTS = ("character", "product", "param", "variant")
"""Kinds of declarations that a text may name."""

SPACES: tuple[tuple[str, ...], ...] = (IN_TEXTS, ("scene", "card"))
"""Kinds whose names may not meet; any other kind has its names for itself."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "cast": ("character", "product"),
    "says": ("character",),
    "voiceover": ("character",),
    "style": ("style",),
    "voice": ("voice",),
    "image": ("character", "product"),
    "using": ("model",),
    "of": ("scene",),
}
"""The kinds of what is named behind a word: a keyword, or one inside a statement, as in `frame of hook`."""

LISTS = frozenset({"cast"})
"""Keywords that take several names."""

VALUES = ("param", "variant")
"""Kinds whose names may stand for a value, wherever one is expected; no other name counts there then."""

LORA = ".lora"
"""What `using` puts behind the name of a character whose own model it means."""

_NAMELESS = frozenset({"import", "transition"})
_TAG = re.compile(r"\{\{(.*?)(?:\}\}|\Z)|\{%(.*?)(?:%\}|\Z)", re.DOTALL)
_CHAIN = re.compile(
    r"""(?P<skip>"[^"]*"|'[^']*'|\|\s*\w+|\bis\s+(?:not\s+)?\w+|\d\w*)|(?P<chain>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"""
)
_OPERATORS = frozenset(
    ("if", "else", "elif", "endif", "and", "or", "not", "in", "is", "true", "false", "none", "True", "False", "None")
)


@frozen
class Declared:
    """A name and the statement that declares it. `kind` is the statement's keyword."""

    kind: str
    name: str
    path: str
    start: int
    end: int
    statement: Statement


@frozen
class Use:
    """A name where it is used: what it stands for is one of `kinds`."""

    written: str
    path: str
    start: int
    kinds: tuple[str, ...]
    in_text: bool = False

    @property
    def end(self) -> int:
        """Where the name ends."""
        return self.start + len(self.written)


@frozen
class Link:
    """A place `[start, end)` of a file that stands for a declaration, the declaration's own name included."""

    path: str
    start: int
    end: int
    declared: Declared


def declarations(document: Document) -> Iterator[Declared]:
    """What the file itself declares, the names of its imports included."""
    for statement in document.statements:
        kind, values = statement.keyword.written, statement.values
        name = values[0] if values else None
        if kind == "import" and len(values) == 3:
            name = values[2]
        elif kind not in TOP.usage or kind in _NAMELESS:
            continue
        if isinstance(name, Word):
            yield Declared(kind, name.written, document.path, name.span.start, name.span.end, statement)


def uses(document: Document) -> Iterator[Use]:
    """Every name that the file uses."""
    for statement in document.statements:
        word = statement.keyword.written
        if word not in (*VALUES, "import"):
            yield from _named(statement, document.path, declares=word in NAMED)
        yield from _texts(statement, document.path)
        yield from _inner(statement.block or (), document.path, choices=word == "variant")


def _inner(statements: Iterable[Statement], path: str, *, choices: bool) -> Iterator[Use]:
    """The names in a block; the keys of `choices` are nobody's names, and their values stand for nothing else."""
    for statement in statements:
        if not choices:
            yield from _named(statement, path)
        yield from _texts(statement, path)
        yield from _inner(statement.block or (), path, choices=choices)


def _named(statement: Statement, path: str, *, declares: bool = False) -> Iterator[Use]:
    keyword = before = statement.keyword.written
    for number, value in enumerate(statement.values):
        first = number == 0
        if isinstance(value, Word) and not (first and declares):
            kinds = NAMES.get(keyword if first or keyword in LISTS else before, ())
            standing = () if value.written in TAKEN or (first and keyword in NAMED) else VALUES
            if "model" in kinds and value.written.endswith(LORA):
                yield Use(value.written.removesuffix(LORA), path, value.span.start, ("character",))
            elif kinds or standing:
                yield Use(value.written, path, value.span.start, (*standing, *kinds))
        before = value.written


def _texts(statement: Statement, path: str) -> Iterator[Use]:
    for value in statement.values:
        if isinstance(value, String) and "{" in value.value:
            yield from _mentioned(value, path)


def _mentioned(text: String, path: str) -> Iterator[Use]:
    for tag in _TAG.finditer(text.value):
        group = 1 if tag.group(1) is not None else 2
        for found in _CHAIN.finditer(text.value, *tag.span(group)):
            chain = found.group("chain")
            if chain and chain not in _OPERATORS:
                yield Use(chain, path, text.offsets[found.start()], IN_TEXTS, in_text=True)


class Index:
    """The names of all files of a spec. `root` is the path of the file that is built."""

    def __init__(self, root: str, documents: Mapping[str, Document]) -> None:
        self.root = root
        self.documents = documents
        self._visible: dict[str, Mapping[tuple[str, str], tuple[Declared, ...]]] = {}

    def visible(self, path: str) -> Mapping[tuple[str, str], tuple[Declared, ...]]:
        """What can be named in a file, by kind and name: the imports that the name reaches through, then itself."""
        if path not in self._visible:
            self._visible[path] = {}  # imports that go round in a circle end here
            found: dict[tuple[str, str], tuple[Declared, ...]] = {}
            document = self.documents.get(path)
            for declared in declarations(document) if document else ():
                found.setdefault((declared.kind, declared.name), (declared,))
            for statement in document.statements if document else ():
                if statement.keyword.written == "import":
                    for key, chain in self._imported(path, statement):
                        found.setdefault(key, chain)
            self._visible[path] = found
        return self._visible[path]

    def _imported(self, path: str, statement: Statement) -> Iterator[tuple[tuple[str, str], tuple[Declared, ...]]]:
        values = statement.values
        if not values or not isinstance(values[0], String):
            return
        alias = next((each for each in declarations(Document(path, (statement,)))), None)
        for (kind, name), chain in self.visible(beside(path, values[0].value)).items():
            if kind in ("import", "ad"):
                continue
            yield ((kind, f"{alias.name}.{name}"), (alias, *chain)) if alias else ((kind, name), chain)

    def chain(self, use: Use) -> tuple[Declared, ...]:
        """The declarations behind a name, the imports that it reaches through first; empty where nothing fits."""
        known = (self.visible(use.path), self.visible(self.root))
        words = use.written.split(".")
        shortest = 1 if use.in_text else len(words)
        for count in range(len(words), shortest - 1, -1):
            name = ".".join(words[:count])
            for visible in known:
                for kind in use.kinds:
                    if (kind, name) in visible:
                        return visible[kind, name]
        return self._alias(words[0], known)

    @staticmethod
    def _alias(word: str, known: tuple[Mapping[tuple[str, str], tuple[Declared, ...]], ...]) -> tuple[Declared, ...]:
        return next((visible["import", word] for visible in known if ("import", word) in visible), ())

    def links(self, path: str) -> Iterator[Link]:
        """Every place of a file that stands for a declaration."""
        document = self.documents.get(path)
        if document is None:
            return
        for declared in declarations(document):
            yield Link(path, declared.start, declared.end, declared)
        for use in uses(document):
            start = use.start
            for word, declared in zip(use.written.split("."), self.chain(use), strict=False):
                yield Link(path, start, start + len(word), declared)
                start += len(word) + 1

    def link_at(self, path: str, offset: int) -> Link | None:
        """The link that holds or touches `offset`."""
        return next((link for link in self.links(path) if link.start <= offset <= link.end), None)

    def use_at(self, path: str, offset: int) -> Use | None:
        """The name used at `offset`, declared or not."""
        document = self.documents.get(path)
        found = uses(document) if document else ()
        return next((use for use in found if use.start <= offset <= use.end), None)

    @cached_property
    def taken(self) -> frozenset[tuple[str, str]]:
        """The kinds and names that the spec can see."""
        return frozenset(key for path in self.documents for key in self.visible(path))

    def unusable(self, declared: Declared, name: str) -> str:
        """Why a declaration cannot be called `name`; empty where it can."""
        space = next((space for space in SPACES if declared.kind in space), (declared.kind,))
        if not name.isidentifier():
            return f"`{name}` is no name: letters, digits and underscores make one"
        if declared.kind in (*IN_TEXTS, "import") and (name in ALWAYS or not is_name(name)):
            return f"`{name}` means something else in a text"
        if declared.kind in VALUES and name in TAKEN:
            return f"`{name}` is a word of the language"
        if name != declared.name and any((kind, name) in self.taken for kind in space):
            return f"`{name}` is declared already"
        return ""
