"""From the path of a spec to its script: files are read, names are bound, everything wrong is reported.

The walk has three rounds, because a spec may use a name above the line that declares it. First every file is
parsed and its declarations are collected under their names, imports included. Then characters, products and
styles become definitions; then the ad and its timeline, which refer to them. Last, the texts are judged: only now is
it known which names a `{{ }}` may mention.

An error leaves a hole and the walk goes on, so that one run reports all that is wrong, but not what merely
follows from it: the checks, which judge the film as a whole, are asked only where the timeline has no hole, and what
they say about a declaration that already has an error is left out. Warnings wait until there are no errors.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adc.compiler import declarations
from adc.compiler.checks import CHECKS
from adc.compiler.choices import DEFAULTS, Choices
from adc.compiler.definitions import Ad, Script
from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.fields import Report, accept, take
from adc.compiler.files import Files
from adc.compiler.mentions import ALWAYS, is_name, judge
from adc.compiler.nodes import Document, Statement, String, Word
from adc.compiler.parse import parse
from adc.compiler.scope import Scope
from adc.compiler.shelf import Shelf
from adc.compiler.source import Span
from adc.compiler.timeline import Timeline
from adc.compiler.vocabulary import TOP

SPACES = {"character": "cast", "product": "cast", "style": "style", "scene": "film", "card": "film"}
"""Declarations of one space may not share a name."""

STRUCTURAL = frozenset({"AD0107", "AD0109", "AD0110", "AD0112", "AD0115"})
"""Syntax errors behind which a scene may have got lost."""

SPEC_ONLY = frozenset({"ad", "scene", "card", "transition"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A spec as far as it could be understood: `script` is None where `diagnostics` hold an error.

    `texts` are the sources by path, for drawing diagnostics. `inputs` are the digests of every file that was read.
    `documents` is the syntax of each source.
    """

    script: Script | None
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]
    inputs: Mapping[str, str]
    documents: Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class _Declared:
    name: Word
    statement: Statement


def load(spec: str, files: Files, choices: Choices = DEFAULTS) -> Loaded:  # noqa: ARG001
    """Read, resolve and check the spec at `spec`. Raises nothing: whatever is wrong is a diagnostic."""
    found: list[Diagnostic] = []
    shelf = Shelf(files, found.append)
    scope = Scope(shelf, found.append)
    resolver = _Resolver(spec, scope)
    script = resolver.script()
    for text in scope.texts:
        known = {name.split(".")[0] for name in (*scope.characters, *scope.products, *scope.later)}
        found += judge(text, shelf.texts[text.span.path], known, complete=scope.complete)
    if script is not None:
        broken = {resolver.declaration_at(diagnostic.span) for diagnostic in found}
        judged = [diagnostic for check in CHECKS for diagnostic in check(script)]
        found += [diagnostic for diagnostic in judged if resolver.declaration_at(diagnostic.span) not in broken]
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    order = {path: number for number, path in enumerate(shelf.texts)}
    told = sorted(dict.fromkeys(errors or found), key=lambda item: (order.get(item.span.path, -1), item.span.start))
    return Loaded(None if errors else script, tuple(told), shelf.texts, shelf.inputs, resolver.documents)


class _Resolver:
    def __init__(self, spec: str, scope: Scope) -> None:
        self.spec = spec
        self.scope = scope
        self.report: Report = scope.report
        self.units: dict[str, tuple[_Declared, ...]] = {}
        self.documents: dict[str, Document] = {}
        self.statements: tuple[Statement, ...] = ()
        self.starts: dict[str, list[int]] = {}
        self.sound = True
        """Whether no scene of the spec can have got lost."""

    def declaration_at(self, span: Span) -> tuple[str, int]:
        """Which declaration of its file holds `span`."""
        return span.path, bisect_right(self.starts.get(span.path, []), span.start)

    def script(self) -> Script | None:
        """The script, or None where it has a hole."""
        declared = self._unit(self.spec, Span(self.spec, 0, 0, 1, 1), ())
        if declared is None:
            return None
        for item in self._distinct(declared):
            self._define(item)
        ad = self._ad()
        timeline = Timeline(self.scope)
        for statement in self.statements:
            timeline.add(statement)
        whole = timeline.finish(ad)
        scope = self.scope
        if ad is None or not whole or not self.sound:
            return None
        film = (tuple(timeline.pieces), tuple(timeline.joins))
        return Script(ad, scope.characters, scope.products, scope.styles, *film)

    def _unit(self, path: str, at: Span, chain: tuple[str, ...]) -> tuple[_Declared, ...] | None:
        """What a file declares, with what it imports; None where it could not be read."""
        if path in self.units:
            return self.units[path]
        source = self.scope.shelf.source(path, at)
        if source is None:
            self.scope.complete = False
            return None
        document, wrong = parse(path, source)
        self.documents[path] = document
        for diagnostic in wrong:
            self.report(diagnostic)
        if not document.statements:
            self.scope.complete = False
            if not wrong:
                hint = "a first spec is an `ad` and a `scene`" if path == self.spec else "declare a `character` in it"
                self.report(Diagnostic("AD0104", f"`{path}` is empty", Span(path, 0, 0, 1, 1), "no statement", hint))
            return None
        self.starts[path] = [statement.span.start for statement in document.statements]
        if path == self.spec:
            self.statements = document.statements
            self.sound = not any(diagnostic.code in STRUCTURAL for diagnostic in wrong)
        self.units[path] = tuple(self._declared(path, document.statements, (*chain, path)))
        return self.units[path]

    def _declared(self, path: str, statements: tuple[Statement, ...], chain: tuple[str, ...]) -> Iterator[_Declared]:
        for statement in statements:
            word = statement.keyword.written
            name = next(iter(statement.values), None)
            if not accept(statement, TOP, self.report):
                self.scope.later |= {name.written} if isinstance(name, Word) else set()
                self.sound = self.sound and path != self.spec
            elif word == "import":
                yield from self._import(statement, chain)
            elif word in SPEC_ONLY and path != self.spec:
                message = f"`{word}` stands in the file that is built, not in one that is imported"
                self.report(Diagnostic("AD0411", message, statement.span, hint=f"move it to `{self.spec}`"))
            elif word in SPACES and isinstance(name, Word):
                self._judge_name(name, word)
                yield _Declared(name, statement)
            elif word in SPACES and SPACES[word] != "film":
                self._header(statement)

    def _header(self, statement: Statement) -> None:
        """A declaration without a name: say so, and judge what it holds all the same."""
        nameless = Word("", statement.keyword.span)
        match statement.keyword.written:
            case "character":
                declarations.character(nameless, statement, self.scope)
            case "product":
                declarations.product(nameless, statement, self.scope)
            case "style":
                declarations.style(nameless, statement, self.scope)

    def _import(self, statement: Statement, chain: tuple[str, ...]) -> Iterator[_Declared]:
        prefix = ""
        match statement.values:
            case (String() as reference, Word(written="as"), Word() as name):
                self._judge_name(name, "import")
                prefix = name.written + "."
            case (String() as reference, Word(written="as")):
                hint = 'write `import "brand.ad" as brand`'
                self.report(Diagnostic("AD0302", "`as` is followed by a name", statement.span, "found nothing", hint))
                self.scope.complete = False
                return
            case _:
                taken = take(statement, (String,), TOP, self.report)
                if not taken or not isinstance(taken[0], String):
                    self.scope.complete = False
                    return
                reference = taken[0]
        path = self.scope.shelf.path(reference)
        if path is None:
            self.scope.complete = False
        elif path in chain:
            round_trip = " imports ".join(f"`{step}`" for step in (*chain[chain.index(path) :], path))
            self.report(Diagnostic("AD0116", "this import goes round in a circle", reference.span, round_trip))
        else:
            for item in self._unit(path, reference.span, chain) or ():
                name = item.name
                yield _Declared(Word(prefix + name.written, name.span), item.statement)

    def _judge_name(self, name: Word, kind: str) -> None:
        reason, hint = "", ""
        if not name.written.isidentifier():
            reason, hint = "letters, digits and underscores", name.written.replace("-", "_").replace(".", "_")
        elif SPACES.get(kind) == "cast" and (name.written in ALWAYS or not is_name(name.written)):
            reason, hint = "means something else in a text", f"{name.written}_{kind}"
        if reason:
            named = "an import" if kind == "import" else f"a{'n' if kind == 'ad' else ''} {kind}"
            message = f"`{name.written}` cannot be the name of {named}"
            self.report(Diagnostic("AD0206", message, name.span, reason, f"call it `{hint}`"))

    def _distinct(self, declared: tuple[_Declared, ...]) -> Iterator[_Declared]:
        """Each declaration once; a name that is taken is reported. One file imported twice is no conflict."""
        taken: dict[tuple[str, str], Word] = {}
        for item in declared:
            key = (SPACES[item.statement.keyword.written], item.name.written)
            first = taken.setdefault(key, item.name)
            if first is item.name:
                yield item
            elif first.span != item.name.span:
                message = f"`{item.name.written}` is declared twice"
                notes = (Label(first.span, "first declared here"),)
                self.report(Diagnostic("AD0202", message, item.name.span, "again here", "rename one of them", notes))

    def _define(self, item: _Declared) -> None:
        scope, name = self.scope, item.name
        match item.statement.keyword.written:
            case "character":
                scope.characters[name.written] = declarations.character(name, item.statement, scope)
            case "product":
                scope.products[name.written] = declarations.product(name, item.statement, scope)
            case "style":
                scope.styles[name.written] = declarations.style(name, item.statement, scope)

    def _ad(self) -> Ad | None:
        written = [statement for statement in self.statements if statement.keyword.written == "ad"]
        for again in written[1:]:
            notes = (Label(written[0].span, "the first is here"),)
            hint = "keep one; a second film is a file of its own"
            self.report(Diagnostic("AD0402", "a spec declares exactly one `ad`", again.span, "a second", hint, notes))
        if not written:
            first = self.statements[0].keyword.span
            hint = "begin with `ad my_ad { }`; every field has a default"
            self.report(Diagnostic("AD0401", f"`{self.spec}` declares no `ad`", first, "a spec begins here", hint))
            return None
        name = next(iter(written[0].values), None)
        if isinstance(name, Word):
            self._judge_name(name, "ad")
        else:
            name = Word("ad", written[0].keyword.span)
        return declarations.ad(name, written[0], self.scope)
