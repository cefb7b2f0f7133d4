"""The language for editors that colour by TextMate grammars, VS Code among them.

Made from the terminals of the grammar and the tables of `vocabulary`, so that a word is a keyword only where it may
stand. A test holds the grammar to them:

    python -m adc.compiler.highlighting > grammar/editors/vscode/syntaxes/ad.tmLanguage.json

Such a grammar is a set of rules, each with the rules that count inside of it. A block has one rule for each statement
that may stand in it; the rule begins at the keyword and ends with the line, or before the brace that closes the block.
What spans lines, a block or a long text, is a rule inside, and the end of the line waits for it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from adc.compiler.lexer import scan, tables
from adc.compiler.resolve import NAMED, TAKEN
from adc.compiler.sandbox import FILTERS
from adc.compiler.vocabulary import CAPTIONS, PLACES, TABLES, TOP, TRANSITIONS, VIEWS, Table

Rule: TypeAlias = dict[str, object]
"""A rule of a TextMate grammar, as JSON."""

QUANTITIES: Mapping[str, str] = {
    "DURATION": "constant.numeric.duration.ad",
    "MONEY": "constant.numeric.money.ad",
    "ASPECT": "constant.numeric.aspect.ad",
    "RESOLUTION": "constant.numeric.resolution.ad",
    "RATE": "constant.numeric.rate.ad",
    "LEVEL": "constant.numeric.level.ad",
    "NUMBER": "constant.numeric.ad",
}
"""Terminals with a unit, and how they are coloured."""

CHOICES: Mapping[str, Iterable[str]] = {
    "transition": TRANSITIONS,
    "pack": VIEWS,
    "captions": CAPTIONS,
    "super": PLACES,
}
"""Statements whose values are one of a few words."""

_BEHIND = r"(?![\w.-])"
_END = r"(?=\})|(?<=\})|$"


def textmate() -> str:
    """The content of `ad.tmLanguage.json`."""
    bodies = {_body(table): {"patterns": [*_statements(table)]} for table in TABLES}
    grammar: Rule = {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "ad",
        "scopeName": "source.ad",
        "fileTypes": ["ad"],
        "patterns": [_include(_body(TOP))],
        "repository": {**bodies, "body-open": {"patterns": [_comment(), _other()]}, **_parts()},
    }
    return json.dumps(grammar, indent=2, ensure_ascii=False) + "\n"


def _statements(table: Table) -> Iterator[Rule]:
    """One rule for each group of statements that are coloured alike; then one for words that have no meaning here."""
    yield _include("comment")
    plain = []
    for word, usage in table.usage.items():
        opens = any(token.type == "LBRACE" for token in scan(usage))
        if word in table.blocks or opens or word in CHOICES or (table is TOP and word in NAMED):
            yield _statement(table, [word], _body(table.blocks[word]) if word in table.blocks else "body-open")
        else:
            plain.append(word)
    if plain:
        yield _statement(table, plain, "body-open")
    yield _include("other")


def _statement(table: Table, words: list[str], body: str) -> Rule:
    """A statement that begins with one of `words`. What a declaration declares is coloured as such."""
    first = words[0]
    choices = sorted(CHOICES.get(first, ()))
    declares = table is TOP and first in NAMED
    name = rf"(?:[ \t]+({_terminal('NAME')}))?" if declares else ""
    kind = "keyword.declaration" if table is TOP else f"keyword.other.{table.place.strip('`')}"
    return {
        "begin": f"({_any(words)}){_BEHIND}{name}",
        "beginCaptures": {"1": {"name": f"{kind}.ad"}, **({"2": {"name": "entity.name.type.ad"}} if declares else {})},
        "end": _END,
        "patterns": [
            _block(body),
            *([{"match": f"({_any(choices)}){_BEHIND}", "name": "support.constant.ad"}] if choices else []),
            _include("values"),
        ],
    }


def _block(body: str) -> Rule:
    brace = {"0": {"name": "punctuation.section.block.ad"}}
    return {"begin": r"\{", "end": r"\}", "captures": brace, "patterns": [_include(body)]}


def _parts() -> Mapping[str, Rule]:
    """The rules that others refer to."""
    joining = TAKEN - {word for choices in CHOICES.values() for word in choices} - {"model"}
    joining = joining - {word for table in TABLES for word in table.usage} | {"using"}
    return {
        "comment": _comment(),
        "other": _other(),
        "values": {
            "patterns": [
                _include("comment"),
                _include("long-text"),
                _include("text"),
                *({"match": rf"(?<![\w.]){_terminal(kind)}", "name": scope} for kind, scope in QUANTITIES.items()),
                {"match": ",", "name": "punctuation.separator.list.ad"},
                {"match": f"({_any(joining)}){_BEHIND}", "name": "keyword.operator.word.ad"},
                {"match": _terminal("NAME"), "name": "variable.other.ad"},
            ]
        },
        "long-text": _text('"""', "string.quoted.triple.ad", '"""'),
        "text": _text('"', "string.quoted.double.ad", r'"|$'),
        "template": {
            "patterns": [
                {"match": r'\\["\\]', "name": "constant.character.escape.ad"},
                {"match": r"\\.", "name": "invalid.illegal.escape.ad"},
                {"begin": r"\{#", "end": r'#\}|(?=")', "name": "comment.block.template.ad"},
                _tag(r"\{\{", r"\}\}", ()),
                _tag(r"\{%", r"%\}", ("if", "elif", "else", "endif")),
            ]
        },
    }


def _comment() -> Rule:
    return {"match": _terminal("COMMENT"), "name": "comment.line.number-sign.ad"}


def _other() -> Rule:
    """A statement with a word of one's own, as in a `variant`, or with one that has no meaning here."""
    return {
        "begin": f"({_terminal('NAME')})",
        "beginCaptures": {"1": {"name": "variable.other.key.ad"}},
        "end": _END,
        "patterns": [_block("body-open"), _include("values")],
    }


def _text(quote: str, scope: str, end: str) -> Rule:
    return {
        "begin": quote,
        "end": end,
        "name": scope,
        "beginCaptures": {"0": {"name": "punctuation.definition.string.begin.ad"}},
        "endCaptures": {"0": {"name": "punctuation.definition.string.end.ad"}},
        "patterns": [_include("template")],
    }


def _tag(begin: str, end: str, words: Iterable[str]) -> Rule:
    """What stands between the braces of a template; a quote ends it where its end is missing."""
    keywords = (*words, "and", "or", "not", "in", "is", "if", "else")
    return {
        "begin": begin,
        "end": rf'{end}|(?=")',
        "captures": {"0": {"name": "punctuation.section.embedded.ad"}},
        "name": "meta.embedded.template.ad",
        "patterns": [
            {"match": r"'[^'\"]*'|\\\"[^\"\\]*\\\"", "name": "string.quoted.single.template.ad"},
            {"match": rf"(\|)\s*({_any(FILTERS)})\b", "captures": {"2": {"name": "support.function.filter.ad"}}},
            {"match": rf"\b({_any(dict.fromkeys(keywords))})\b", "name": "keyword.control.template.ad"},
            {"match": r"\b[0-9]+(?:\.[0-9]+)?\b", "name": "constant.numeric.template.ad"},
            {"match": r"[^\W\d]\w*", "name": "variable.other.template.ad"},
        ],
    }


def _include(name: str) -> Rule:
    return {"include": f"#{name}"}


def _body(table: Table) -> str:
    return "body-" + table.place.strip("`").replace(" ", "-")


def _terminal(name: str) -> str:
    return dict(tables().terminals)[name]


def _any(words: Iterable[str]) -> str:
    """Any of these words, longer ones first where one begins another."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


if __name__ == "__main__":
    print(textmate(), end="")
