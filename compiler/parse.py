"""Text to nodes, reporting every error on the way and always giving back what could be understood.

Three small stages. The lexer accepts any text: what has no meaning becomes a token too. `mend` reports whatever
breaks the shape of a file and repairs it, so that what reaches the LALR parser is always a sentence of the grammar.
The tree that comes out is turned into nodes.
"""

from functools import cache

from lark import Lark, Token, Tree

from adc.compiler.diagnostics import Diagnostic
from adc.compiler.literals import Report, value
from adc.compiler.mend import STRUCTURE, Mender, span_of
from adc.compiler.nodes import Document, Listed, Statement, Value, Word
from adc.compiler.source import Span


@cache
def _grammar() -> Lark:
    return Lark.open_from_package("adc.grammar", "ad.lark", ("",), parser="lalr", lexer="basic")


def parse(path: str, source: str) -> tuple[Document, tuple[Diagnostic, ...]]:
    """The nodes of `source`, which has plain line ends. Never raises, whatever the text."""
    found: list[Diagnostic] = []
    tokens = Mender(path, list(_grammar().lex(source)), found.append).mend()
    parser = _grammar().parse_interactive()
    for token in tokens:
        parser.feed_token(token)
    body = parser.feed_token(Token("$END", "")).children[0]
    statements = _Builder(path, source, found.append).body(body)
    return Document(path, statements), tuple(sorted(found, key=lambda diagnostic: diagnostic.span))


class _Builder:
    """The tree as nodes."""

    def __init__(self, path: str, source: str, report: Report) -> None:
        self.path = path
        self.source = source
        self.report = report

    def body(self, tree: object) -> tuple[Statement, ...]:
        assert isinstance(tree, Tree)
        built = (self._statement(child) for child in tree.children if isinstance(child, Tree))
        return tuple(statement for statement in built if statement is not None)

    def _statement(self, tree: Tree[Token]) -> Statement | None:
        lists: list[Listed] = []
        block: tuple[Statement, ...] | None = None
        for child in tree.children:
            assert isinstance(child, Tree)
            if child.data == "block":
                inner = next(node for node in child.children if isinstance(node, Tree))
                block = self.body(inner)
            else:
                tokens = [node for node in child.children if isinstance(node, Token)]
                lists.append(tuple(self._read(token) for token in tokens if token.type not in STRUCTURE))
        keyword, *rest = lists[0]
        last = lists[-1][-1].span
        if not isinstance(keyword, Word):
            message = f"a statement begins with a keyword, not with `{keyword.written}`"
            self.report(Diagnostic("AD0112", message, keyword.span, "a word is expected here"))
            return None
        if rest:
            message = f"no comma follows the keyword `{keyword.written}`"
            self.report(Diagnostic("AD0113", message, rest[0].span, hint="commas part the items of a list"))
            lists[1:1] = [tuple(rest)]
        first = keyword.span
        return Statement(
            keyword, tuple(lists[1:]), block, Span(first.path, first.start, last.end, first.line, first.column)
        )

    def _read(self, token: Token) -> Value:
        return value(token, span_of(self.path, token), self.source, self.report)
