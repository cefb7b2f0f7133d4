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
from collections.abc import Iterable, Iterator, Mapping

from adc.compiler import declarations, dots
from adc.compiler.checks import CHECKS
from adc.compiler.choices import DEFAULTS, Choices
from adc.compiler.definitions import Ad, Character, Name, OwnModel, Product, Script
from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.fields import NOUNS, Report, accept, describe, take
from adc.compiler.files import Files
from adc.compiler.frozen import frozen, replace
from adc.compiler.intended import quoted
from adc.compiler.mentions import ALWAYS, is_name, judge
from adc.compiler.needs import circles
from adc.compiler.nodes import Document, Listed, Statement, String, Value, Word
from adc.compiler.own_models import own_model
from adc.compiler.parse import parse
from adc.compiler.reparse import parsed
from adc.compiler.scope import Scope
from adc.compiler.shelf import Shelf
from adc.compiler.source import Span
from adc.compiler.timeline import Timeline
from adc.compiler.vocabulary import CAPTIONS, PLACES, TABLES, TOP, TRANSITIONS, VIEWS, likeliest
from adc.compiler.whole import whole_part

SPACES = {
    **dict.fromkeys(("character", "product", "param", "variant"), "cast"),
    "style": "style",
    "voice": "voice",
    "model": "model",
    "scene": "film",
    "card": "film",
}
"""Declarations of one space may not share a name."""

IN_ORDER = ("param", "variant", "model", "style", "voice", "product", "character")
"""Declarations in an order in which each comes after those it may refer to."""

VALUES = frozenset({"param", "variant"})
"""Declarations whose name may stand for their value, wherever a value is expected."""

NAMED = frozenset({*SPACES, "ad"})
"""Declarations that begin with their name."""

STRUCTURAL = frozenset({"AD0107", "AD0109", "AD0110", "AD0112", "AD0115"})
"""Syntax errors behind which a scene may have got lost."""

TAKEN = frozenset(
    {"as", "at", "auto", "by", "clip", "false", "for", "frame", "from", "keyframe", "model", "of", "true", "using"}
    | {*CAPTIONS, *PLACES, *TRANSITIONS, *VIEWS}
    | {word for table in TABLES for word in table.usage}
)
"""Words that mean something between the values of statements: no param may be called so."""

SHORT = 40
"""Characters of a text that a note repeats whole."""

SPEC_ONLY = frozenset({"ad", "scene", "card", "transition"})


@frozen
class Loaded:
    """A spec as far as it could be understood: `script` is None where `diagnostics` hold an error.

    `texts` are the sources by path, for drawing diagnostics. `inputs` are the digests of every file that was read.
    `documents` is the syntax of each source. `part` is, where there are errors, what they leave whole.
    """

    script: Script | None
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]
    inputs: Mapping[str, str]
    documents: Mapping[str, Document]
    part: Script | None = None


@frozen
class _Declared:
    """`prefix` is the part of `name` that imports put before it."""

    name: Word
    statement: Statement
    prefix: str = ""


def load(spec: str, files: Files, choices: Choices = DEFAULTS) -> Loaded:
    """Read, resolve and check the spec at `spec`, with `choices` made. Never raises: what is wrong is a diagnostic."""
    found: list[Diagnostic] = []
    shelf = Shelf(files, found.append)
    scope = Scope(shelf, found.append)
    resolver = _Resolver(spec, scope, choices)
    script = resolver.script()
    found = [resolver.traced(diagnostic) for diagnostic in found]
    names = (*scope.characters, *scope.products, *scope.params, *scope.variants, *scope.lost)
    broken = {resolver.declaration_at(diagnostic.span) for diagnostic in found}
    people: dict[str, Character | Product] = {**scope.characters, **scope.products}
    half_read = (name for name, who in people.items() if resolver.declaration_at(who.span) in broken)
    followed = dots.known(scope, (*scope.lost, *half_read))
    known: dict[str, set[str]] = {}
    for text, prefix in dict.fromkeys(scope.texts):
        if prefix not in known:
            own = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
            known[prefix] = {name.split(".")[0] for name in (*names, *own)}
        found += judge(text, shelf.texts[text.span.path], known[prefix], complete=scope.complete)
        if scope.complete:
            found += dots.judge(text, prefix, followed, shelf.texts[text.span.path])
    found += circles(scope, shelf.texts)
    if script is not None:
        broken = {resolver.declaration_at(diagnostic.span) for diagnostic in found}
        judged = [diagnostic for check in CHECKS for diagnostic in check(script)]
        found += [diagnostic for diagnostic in judged if resolver.declaration_at(diagnostic.span) not in broken]
    errors = [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR]
    part = None
    if errors and script is not None and scope.complete:
        broken = {resolver.declaration_at(diagnostic.span) for diagnostic in errors}
        part = whole_part(script, lambda span: resolver.declaration_at(span) in broken)
    order = {path: number for number, path in enumerate(shelf.texts)}
    told = sorted(dict.fromkeys(errors or found), key=lambda item: (order.get(item.span.path, -1), item.span.start))
    return Loaded(None if errors else script, tuple(told), shelf.texts, shelf.inputs, resolver.documents, part)


class _Resolver:
    def __init__(self, spec: str, scope: Scope, choices: Choices) -> None:
        self.spec = spec
        self.scope = scope
        self.choices = choices
        self.report: Report = scope.report
        self.units: dict[str, tuple[_Declared, ...]] = {}
        self.documents: dict[str, Document] = {}
        self.statements: tuple[Statement, ...] = ()
        self.starts: dict[str, list[int]] = {}
        self.values: dict[Span, Value] = {}
        """What stands behind a param or variant, by the span of its name."""
        self.local: dict[str, dict[str, tuple[Span, Value]]] = {}
        """Of each file, the names that may stand for a value."""
        self.valued: set[Span] = set()
        """Params and variants that stand for a value somewhere, by the span of their name."""
        self.uses: dict[Span, Label] = {}
        """What is said of each place where a param or variant stands for a value: where that value is from."""
        self.lost = scope.lost
        """Names of declarations that could not be understood."""
        self.sound = True
        """Whether no scene of the spec can have got lost."""

    def traced(self, diagnostic: Diagnostic) -> Diagnostic:
        """What is said about a value, with the param it is from, or with the one whose name may be meant."""
        span = diagnostic.span
        wrong_type = diagnostic.code == "AD0301"
        if span in self.uses:
            hint = "write the value itself here, or give the name another value" if wrong_type else diagnostic.hint
            return replace(diagnostic, hint=hint, notes=(*diagnostic.notes, self.uses[span]))
        if wrong_type:
            # A bare name where a value of another type belongs.
            word = self.scope.shelf.texts.get(span.path, "")[span.start : span.end]
            near = likeliest(word, self.local.get(span.path, {})) if word.isidentifier() else ""
            return replace(diagnostic, hint=near) if near else diagnostic
        return diagnostic

    def declaration_at(self, span: Span) -> tuple[str, int]:
        """Which declaration of its file holds `span`."""
        return span.path, bisect_right(self.starts.get(span.path, []), span.start)

    def script(self) -> Script | None:
        """The script, or None where it has a hole."""
        declared = self._unit(self.spec, Span(self.spec, 0, 0, 1, 1), ())
        if declared is None:
            return None
        distinct = tuple(self._distinct(declared))
        self.scope.declared |= {item.name.written: item.statement.keyword.written for item in distinct}
        self._choose(distinct)
        for kind in IN_ORDER:
            for item in distinct:
                if item.statement.keyword.written == kind:
                    self._define(item)
        self.scope.prefix = ""
        ad = self._ad()
        timeline = Timeline(self.scope)
        for statement in self.statements:
            timeline.add(self._filled(statement))
        whole = timeline.finish(ad)
        scope = self.scope
        if ad is None or not whole or not self.sound:
            return None
        named = (scope.characters, scope.products, scope.styles, scope.voices, scope.params, scope.variants)
        film = (tuple(timeline.pieces), tuple(timeline.joins))
        return Script(ad, *named, scope.models, *film, frozenset(self.valued))

    def _choose(self, declared: tuple[_Declared, ...]) -> None:
        """Find the value of every param and variant: its default, or what was chosen for this compilation."""
        for item in declared:
            match item.statement.keyword.written, item.statement.values:
                case "param", (Word(), value):
                    written = self.choices.settings.get(item.name.written)
                    self.values[item.name.span] = value if written is None else self._set(item.name, value, written)
                case "variant", _:
                    choices = {each.keyword.written: each.values for each in item.statement.block or ()}
                    key = self.choices.variants.get(item.name.written, next(iter(choices), ""))
                    if key in choices and len(choices[key]) == 1:
                        self.values[item.name.span] = choices[key][0]
                    elif key not in choices and choices:
                        self._unknown_choice("variant", item.name.written, key, choices, f"{item.name.written}=")
        kinds = {item.name.written: item.statement.keyword.written for item in declared}
        for kind, chosen in (("param", self.choices.settings), ("variant", self.choices.variants)):
            names = [name for name, each in kinds.items() if each == kind]
            for name, written in chosen.items():
                if kinds.get(name) != kind and self.scope.complete:
                    self._unknown_choice(kind, name, written, names, "")

    def _unknown_choice(self, kind: str, name: str, value: str, known: Iterable[str], before: str) -> None:
        """`--set` and `--variant` name what the spec does not have: shown where it was typed."""
        source = f"{name}={value}"
        flag = f"--{'set' if kind == 'param' else 'variant'} {name}"
        self.scope.shelf.texts[flag] = source
        wrong = value if before else name
        message = f"`{name}` has no choice `{value}`" if before else f"there is no {kind} `{name}`"
        listed = ", ".join(f"`{each}`" for each in known)
        hint = likeliest(wrong, known) or (f"there are {listed}" if listed else f"the spec declares no {kind}")
        span = Span(flag, len(before), len(before) + len(wrong), 1, len(before) + 1)
        self.report(Diagnostic("AD0210", message, span, "not in the spec", hint))

    def _set(self, name: Word, default: Value, written: str) -> Value:
        """The value that was typed for a param, of the type of its default; text needs no quotes."""
        flag, before = f"--set {name.written}", f"{name.written}="
        source = before + (quoted(written) if isinstance(default, String) else written)
        self.scope.shelf.texts[flag] = source
        if isinstance(default, String):
            span = Span(flag, len(before), len(source), 1, len(before) + 1)
            start = len(before) + 1
            return String(written, source[len(before) :], span, tuple(range(start, start + len(written))))
        document, wrong = parse(flag, "x".ljust(len(before)) + written)
        values = document.statements[0].values if document.statements else ()
        if not wrong and len(values) == 1 and type(values[0]) is type(default):
            return values[0]
        message = f"`{name.written}` takes {NOUNS[type(default)]}, found `{written}`"
        span = Span(flag, len(before), len(source), 1, len(before) + 1)
        notes = (Label(default.span, "its default"),)
        self.report(Diagnostic("AD0301", message, span, f"{NOUNS[type(default)]} is expected", notes=notes))
        return default

    def _filled(self, statement: Statement) -> Statement:
        """The statement with the names of params and variants replaced by what they stand for."""
        path = statement.span.path
        if path not in self.local:
            self.local[path] = {
                item.name.written: (item.name.span, self.values[item.name.span])
                for item in self.units.get(path, ())
                if item.statement.keyword.written in VALUES and item.name.span in self.values
            }
        local = self.local[path]
        return _replaced(statement, local, self.valued, self.uses) if local else statement

    def _unit(self, path: str, at: Span, chain: tuple[str, ...]) -> tuple[_Declared, ...] | None:
        """What a file declares, with what it imports; None where it could not be read."""
        if path in self.units:
            return self.units[path]
        source = self.scope.shelf.source(path, at)
        if source is None:
            self.scope.complete = False
            return None
        document, wrong = parsed(path, source)
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
                self.lost |= {name.written} if isinstance(name, Word) else set()
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
        kind = statement.keyword.written
        if kind in VALUES:
            take(statement, (Word,), TOP, self.report)
        else:
            self._declaration(kind, Word("", statement.keyword.span), statement)

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
                yield _Declared(Word(prefix + name.written, name.span), item.statement, prefix + item.prefix)

    def _judge_name(self, name: Word, kind: str) -> None:
        reason, hint = "", ""
        if not name.written.isidentifier():
            reason, hint = "letters, digits and underscores", name.written.replace("-", "_").replace(".", "_")
        elif SPACES.get(kind) == "cast" and (name.written in ALWAYS or not is_name(name.written)):
            reason, hint = "means something else in a text", f"{name.written}_{kind}"
        elif kind in VALUES and name.written in TAKEN:
            reason, hint = "a word of the language", f"{name.written}_{kind}"
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
        scope, name, kind = self.scope, item.name.written, item.statement.keyword.written
        scope.prefix = item.prefix
        if kind == "param":
            default = item.statement
            value = self.values.get(item.name.span)
            chosen = default if value is None else replace(default, lists=((default.values[0], value),))
            param = declarations.param(item.name, chosen, scope)
            scope.params |= {name: param} if param else {}
            self.lost |= set() if param else {name}
        elif kind == "variant":
            variant = declarations.variant(item.name, item.statement, self.choices.variants.get(name), scope)
            scope.variants |= {name: variant} if variant else {}
            self.lost |= set() if variant else {name}
        else:
            self._declaration(kind, item.name, self._filled(item.statement))

    def _declaration(self, kind: str, name: Word, statement: Statement) -> None:
        scope = self.scope
        match kind:
            case "character":
                scope.characters[name.written] = declarations.character(name, statement, scope)
            case "product":
                scope.products[name.written] = declarations.product(name, statement, scope)
            case "style":
                scope.styles[name.written] = declarations.style(name, statement, scope)
            case "voice":
                scope.voices[name.written] = declarations.voice(name, statement, scope)
            case "model":
                endpoint = own_model(name, statement, self.report)
                scope.models[name.written] = OwnModel(Name(name.written, name.span), endpoint)

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
        return declarations.ad(name, self._filled(written[0]), self.scope)


def _replaced(
    statement: Statement, local: Mapping[str, tuple[Span, Value]], valued: set[Span], uses: dict[Span, Label]
) -> Statement:
    """`statement` with names in `local` replaced; the name that a declaration begins with stays.

    What is replaced is noted in `valued`, and at which place in `uses`.
    """
    kept = 1 if statement.keyword.written in NAMED else 0
    seen = 0
    lists: list[Listed] = []
    for listed in statement.lists:
        values: list[Value] = []
        for value in listed:
            known = local.get(value.written) if isinstance(value, Word) and seen >= kept else None
            seen += 1
            if known is not None:
                valued.add(known[0])
                home = {"home": known[1].span} if isinstance(known[1], String) else {}
                uses[value.span] = Label(known[0], f"`{value.written}` is {_shown(known[1])}")
                value = replace(known[1], span=value.span, **home)
            values.append(value)
        lists.append(tuple(values))
    block = statement.block and tuple(_replaced(inner, local, valued, uses) for inner in statement.block)
    return replace(statement, lists=tuple(lists), block=block)


def _shown(value: Value) -> str:
    """A value for a note: a text as it is written, where it is short."""
    brief = isinstance(value, String) and len(value.written) <= SHORT and "\n" not in value.written
    return f"the text `{value.written}`" if brief else describe(value)
