"""The shipped tables are the grammar, and the lexer and parser that run them agree with Lark on every text."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from adc.compiler import tables
from adc.compiler.lexer import scan
from adc.compiler.mend import STRUCTURE
from adc.compiler.nodes import Statement
from adc.compiler.parse import BROKEN, parse

LARK = Lark.open_from_package("adc.grammar", "ad.lark", ("",), parser="lalr", lexer="basic")
PIECES = (
    *("scene", "hook", "8s", "{", "}", "\n", '"a text"', '"""', '"', "\\", ",", "#", "$15", "9:16", "1080p", "30fps"),
    *("-14LUFS", "4k", "'", "“", "”", "‘", "’", "«", "`", "10 s", "9/16", "€5", "1,000", " ", "\t", "\u00a0", "\u2009"),
    *(
        "brand.maya",
        "my-scene",
        "-",
        "--",
        "->",
        "//",
        "/*",
        "*/",
        "<!--",
        "..",
        ".5",
        "@@",
        "é",
        "٣",
        "\x00",
        "\u2028",
    ),
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


def test_the_tables_are_those_of_the_grammar(repository: Path) -> None:
    made = tables.make()
    assert tables.read() == made
    assert (repository / "grammar" / "tables.json").read_text(encoding="utf-8") == tables.written(made)
    assert json.loads(tables.written(made))["terminals"]


@settings(max_examples=600, deadline=None)
@given(TEXTS)
def test_the_lexer_finds_the_tokens_that_lark_finds(source: str) -> None:
    wanted = [(token.type, str(token), token.start_pos, token.line, token.column) for token in LARK.lex(source)]
    found = [(token.type, token.value, token.start_pos, token.line, token.column) for token in scan(source)]
    assert found == wanted
    for token in scan(source):
        assert source[token.start_pos : token.end_pos] == token


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_comments_come_when_they_are_asked_for(source: str) -> None:
    tokens = scan(source, comments=True)
    assert [token for token in tokens if token.type != "COMMENT"] == scan(source)
    assert all(token.startswith("#") and "\n" not in token for token in tokens if token.type == "COMMENT")
    covered = {place for token in tokens for place in range(token.start_pos, token.end_pos)}
    assert all(character.isspace() for place, character in enumerate(source) if place not in covered)


def written(statements: tuple[Statement, ...]) -> list[object]:
    """The words of statements and their blocks, by lists."""
    return [
        (
            [[one.keyword.written], *([value.written for value in listed] for listed in one.lists)],
            None if one.block is None else written(one.block),
        )
        for one in statements
    ]


def words(body: Tree[Token]) -> list[object]:
    """The same from Lark's tree of a body."""
    found: list[object] = []
    for statement in body.children:
        if isinstance(statement, Tree):
            parts = [part for part in statement.children if isinstance(part, Tree)]
            lists = [
                [str(token) for token in part.children if isinstance(token, Token) and token.type not in STRUCTURE]
                for part in parts
                if part.data == "list"
            ]
            bodies = [node for part in parts if part.data == "block" for node in part.find_data("body")]
            found.append((lists, words(bodies[-1]) if bodies else None))
    return found


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from((*PIECES[:16], *PIECES[:6], "\n", " ", " ", "\n")), max_size=30).map(" ".join))
def test_the_parser_reads_what_lark_reads(source: str) -> None:
    kinds = [token.type for token in LARK.lex(source)]
    document, diagnostics = parse("main.ad", source)
    try:
        tree = LARK.parse(source)
    except UnexpectedInput:
        assert diagnostics
        return
    body = tree.children[0]
    assert isinstance(body, Tree)
    if not diagnostics:
        assert not BROKEN & set(kinds)
        assert written(document.statements) == words(body)


def test_the_parser_reads_the_specs_as_lark_does(repository: Path) -> None:
    for path in sorted((repository / "specs").rglob("*.ad")):
        source = path.read_text(encoding="utf-8")
        document, diagnostics = parse(path.name, source)
        body = LARK.parse(source).children[0]
        assert isinstance(body, Tree)
        assert diagnostics == ()
        assert written(document.statements) == words(body)
