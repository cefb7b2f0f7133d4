"""What names stand for while a spec is resolved, and the texts that wait to be judged until all names are known."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TypeVar

from adc.compiler.definitions import (
    Character,
    Name,
    Option,
    OwnModel,
    Param,
    Picture,
    Product,
    Style,
    Text,
    Variant,
    Voice,
    Wish,
)
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.fields import Body, Report, describe, parted_by_commas, text
from adc.compiler.nodes import Number, Odd, Statement, String, Value, Word
from adc.compiler.shelf import Shelf
from adc.compiler.vocabulary import likeliest

D = TypeVar("D")


class Scope:
    """Declarations by name. `complete` is False when a file that could declare more could not be read.

    `prefix` is what an `import … as` puts before the names of the file that is being read: there, `warm` is
    `brand.warm` of the whole.
    """

    def __init__(self, shelf: Shelf, report: Report) -> None:
        self.shelf = shelf
        self.report = report
        self.complete = True
        self.prefix = ""
        self.characters: dict[str, Character] = {}
        self.products: dict[str, Product] = {}
        self.styles: dict[str, Style] = {}
        self.voices: dict[str, Voice] = {}
        self.models: dict[str, OwnModel] = {}
        self.params: dict[str, Param] = {}
        self.variants: dict[str, Variant] = {}
        self.declared: dict[str, str] = {}
        """The kind of every declaration by its name, known before any of them is read."""
        self.lost: set[str] = set()
        """Names of declarations that could not be understood."""
        self.texts: list[tuple[Text, str]] = []
        """Every template with the prefix of the names of its file."""

    def text(self, body: Body, word: str) -> Text | None:
        """The text of a statement."""
        statement = body.one(word)
        match statement.values if statement and word == "looks" else ():
            case (Word(written=written, span=span),) if written.startswith("auto") or likeliest(written, ("auto",)):
                message = f"`looks` takes a text or `auto`, found the name `{written}`"
                self.report(Diagnostic("AD0301", message, span, "neither of them", "did you mean `auto`?"))
                return None
        string = body.only(word, String)
        return self.template(string) if string else None

    def template(self, string: String) -> Text:
        """A text that is a template, remembered until all names are known."""
        template = text(string)
        self.texts.append((template, self.prefix))
        return template

    def picture(self, body: Body, word: str) -> Picture | None:
        """The picture that a statement names."""
        string = body.only(word, String)
        return self.shelf.picture(string) if string else None

    def wish(self, body: Body, word: str) -> Wish | None:
        """What the statement `word` asks for: `cutout`, or `cutout using birefnet`."""
        statement = body.one(word)
        if statement is None:
            return None
        match statement.values:
            case ():
                return Wish(None, statement.span)
            case (Word(written="using"), Word() as model):
                return Wish(self.model(model), statement.span)
            case (Word(written=model),) if model not in ("using", "true", "yes", "on"):
                hint = f"write it as `{word} using {model}`"
            case _:
                hint = f"write `{word}` alone, or `{body.table.usage[word]}`"
        if not any(isinstance(value, Odd) for value in statement.values):
            message = f"`{word}` stands alone, or takes `using` and a model"
            self.report(Diagnostic("AD0302", message, statement.span, "something else stands behind it", hint))
        return None

    def style(self, body: Body) -> Style | None:
        """The style that the statement `style` names."""
        word = body.only("style", Word)
        return self._named(word, "style", self.styles) if word else None

    def voice(self, word: Word) -> Voice | None:
        """The voice of that name."""
        return self._named(word, "voice", self.voices)

    def speaker(self, word: Word) -> Character | None:
        """The character of that name."""
        return self._named(word, "character", self.characters)

    def subject(self, word: Word) -> Character | Product | None:
        """The character or product of that name."""
        members: dict[str, Character | Product] = {**self.characters, **self.products}
        return self._named(word, "character or product", members)

    def model(self, word: Word) -> Name:
        """The name of a model: one of the spec's own, or one that only casting knows."""
        own = self.prefix + word.written
        return Name(own if own in self.models else word.written, word.span)

    def using(self, body: Body) -> Name | None:
        """The model that the statement `using` names."""
        word = body.only("using", Word)
        return self.model(word) if word else None

    def _named(self, word: Word, wanted: str, options: Mapping[str, D]) -> D | None:
        found = options.get(self.prefix + word.written) or options.get(word.written)
        if found is None:
            self._unknown(word, wanted, options)
        return found

    def _unknown(self, word: Word, wanted: str, options: Mapping[str, object]) -> None:
        name = word.written
        kind = self.declared.get(self.prefix + name) or self.declared.get(name, "")
        known = [option for option in options if option]
        if kind and kind not in wanted.split():
            message = f"`{name}` is a {kind}; a {wanted} is needed here"
            self.report(Diagnostic("AD0205", message, word.span, f"a {kind}", likeliest(name, known)))
        elif not kind and self.complete and name not in self.lost:
            within = next((option for option in known if option.endswith(f".{name}")), "")
            hint = f"did you mean `{within}`?" if within else likeliest(name, known)
            if not hint:
                listed = ", ".join(f"`{option}`" for option in known)
                hint = f"declared here: {listed}" if listed else f"declare it: `{wanted.split()[0]} {name} {{ … }}`"
            label = f"no {wanted} has this name"
            self.report(Diagnostic("AD0201", f"`{name}` is not declared", word.span, label, hint))

    def options(self, body: Body) -> tuple[Option, ...]:
        """The raw options that the `set` lines of a block give to a model."""
        options: dict[str, Option] = {}
        usage = body.table.usage["set"]
        for statement in body.every("set"):
            match statement.values:
                case (Word() as name, value) if name.written in options:
                    message = f"the option `{name.written}` is set twice"
                    self.report(Diagnostic("AD0207", message, name.span, hint="keep one of them"))
                case (Word() as name, Number() | String() | Word() as value):
                    options[name.written] = Option(Name(name.written, name.span), _plain(value), statement.span)
                case (Word(), value) if not isinstance(value, Odd):
                    message = f"`set` takes a number, `true`, `false` or a text, found {describe(value)}"
                    hint = f"options have the form that the model's endpoint gives them, as in `{usage}`"
                    self.report(Diagnostic("AD0301", message, value.span, "a raw value is expected", hint))
                case values if not any(isinstance(value, Odd) for value in values):
                    found = f"found {len(values)} values" if len(values) > 2 else "something is missing"
                    message = "`set` takes the name of an option and its value"
                    hint = f"write it as `{usage}`"
                    self.report(Diagnostic("AD0302", message, statement.span, found, hint))
        return tuple(options.values())

    def names(self, statement: Statement, usage: str) -> Iterator[Word]:
        """The names of a list, each once."""
        if not statement.lists:
            message = f"`{statement.keyword.written}` lists nothing"
            hint = f"write it as `{usage}`"
            self.report(Diagnostic("AD0302", message, statement.span, "names are expected", hint))
        parted_by_commas(statement, "names", self.report)
        seen: set[str] = set()
        for value in statement.values:
            if isinstance(value, Odd) or (value.written == "and" and len(statement.lists) > 1):
                continue  # told already: by the parser, or as a missing comma
            if not isinstance(value, Word):
                message = f"`{statement.keyword.written}` lists names, found `{value.written}`"
                plain = isinstance(value, String) and value.value.isidentifier()
                hint = f"names stand without quotes: `{value.written[1:-1]}`" if plain else f"write it as `{usage}`"
                self.report(Diagnostic("AD0301", message, value.span, "a name is expected", hint))
            elif value.written in seen:
                message = f"`{value.written}` is named twice"
                self.report(Diagnostic("AD0207", message, value.span, hint="remove it"))
            else:
                seen.add(value.written)
                yield value


def _plain(value: Value) -> bool | int | str | Decimal:
    match value:
        case Word(written="true" | "false" as written):
            return written == "true"
        case Number(value=number):
            return number
        case String(value=text):
            return text
    return value.written
