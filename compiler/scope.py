"""What names stand for while a spec is resolved, and the texts that wait to be judged until all names are known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adc.compiler.definitions import Character, Picture, Product, Style, Text
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.fields import Body, Report, text
from adc.compiler.nodes import Statement, String, Word
from adc.compiler.shelf import Shelf
from adc.compiler.vocabulary import likeliest


@dataclass(slots=True)
class Scope:
    """Declarations by name. `complete` is False when a file that could declare more could not be read."""

    shelf: Shelf
    report: Report
    complete: bool = True
    characters: dict[str, Character] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    styles: dict[str, Style] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)
    """Names of declarations that are not built yet."""
    texts: list[Text] = field(default_factory=list)

    def text(self, body: Body, word: str) -> Text | None:
        """The text of a statement."""
        string = body.only(word, String)
        return self.template(string) if string else None

    def template(self, string: String) -> Text:
        """A text that is a template, remembered until all names are known."""
        template = text(string)
        self.texts.append(template)
        return template

    def picture(self, body: Body, word: str) -> Picture | None:
        """The picture that a statement names."""
        string = body.only(word, String)
        return self.shelf.picture(string) if string else None

    def style(self, body: Body) -> Style | None:
        """The style that the statement `style` names."""
        word = body.only("style", Word)
        if word is not None and word.written not in self.styles:
            self._unknown(word, "style", self.styles)
        return self.styles.get(word.written) if word else None

    def speaker(self, word: Word) -> Character | None:
        """The character of that name."""
        if word.written not in self.characters:
            self._unknown(word, "character", self.characters)
        return self.characters.get(word.written)

    def subject(self, word: Word) -> Character | Product | None:
        """The character or product of that name."""
        found = self.characters.get(word.written) or self.products.get(word.written)
        if found is None:
            self._unknown(word, "character or product", {**self.characters, **self.products})
        return found

    def _unknown(self, word: Word, wanted: str, options: Mapping[str, object]) -> None:
        name = word.written
        for kind, declared in (("character", self.characters), ("product", self.products), ("style", self.styles)):
            if name in declared:
                message = f"`{name}` is a {kind}; a {wanted} is needed here"
                self.report(Diagnostic("AD0205", message, word.span, f"a {kind}", likeliest(name, options)))
                return
        if self.complete:
            hint = likeliest(name, options)
            if not hint:
                listed = ", ".join(f"`{option}`" for option in options)
                hint = f"declared here: {listed}" if listed else f"declare it: `{wanted.split()[0]} {name} {{ … }}`"
            self.report(
                Diagnostic("AD0201", f"`{name}` is not declared", word.span, f"no {wanted} has this name", hint)
            )

    def names(self, statement: Statement, usage: str) -> Iterator[Word]:
        """The names of a list, each once."""
        if not statement.lists:
            message = f"`{statement.keyword.written}` lists nothing"
            hint = f"write it as `{usage}`"
            self.report(Diagnostic("AD0302", message, statement.span, "names are expected", hint))
        if len(statement.lists) > 1:
            message = "the names of a list are parted by commas"
            self.report(
                Diagnostic(
                    "AD0113",
                    message,
                    statement.lists[1][0].span,
                    "a comma is missing before this",
                    f"write it as `{usage}`",
                )
            )
        seen: set[str] = set()
        for value in statement.values:
            if not isinstance(value, Word):
                message = f"`{statement.keyword.written}` lists names, found `{value.written}`"
                self.report(Diagnostic("AD0301", message, value.span, "a name is expected", f"write it as `{usage}`"))
            elif value.written in seen:
                message = f"`{value.written}` is named twice"
                self.report(Diagnostic("AD0207", message, value.span, hint="remove it"))
            else:
                seen.add(value.written)
                yield value
