"""The language on one page, as productions: the grammar's rules and terminals, and which statement stands where.

The page is made from `ad.lark`, `terminals.lark` and the tables of `vocabulary`, and a test holds it to them:

    python -m adc.compiler.ebnf > grammar/ebnf.md
"""

import pkgutil
import re
from collections.abc import Iterator

from adc.compiler.lexer import scan
from adc.compiler.vocabulary import TOP, Table

_PAGE = """\
# The grammar as productions

Made from `ad.lark`, `terminals.lark` and the tables of `compiler/vocabulary.py` by `python -m adc.compiler.ebnf`.
[README.md](README.md) says what it all means.

`?` is at most one, `*` any number, `+` one or more; literals stand between quotes, regular expressions between slashes.

## Files, statements and blocks

Every file is a `start`. Blanks and comments may stand between any two terminals.

```ebnf
{rules}
```

## Words and values

Where two could begin alike, the longer form is tried first.

```ebnf
{terminals}
```

## Which statement stands where

The statements of a place, each with an example, in any order and parted by line ends. One that is not said to be
repeated stands there once at most. `values` is `list+`.

```ebnf
{places}
```
"""

_RULE = re.compile(r"^\??([a-z_]+|[A-Z_]+)(?:\.-?[0-9]+)?:\s*(.*)$")


def ebnf() -> str:
    """The content of `grammar/ebnf.md`."""
    return _PAGE.format(
        rules="\n\n".join(_productions("ad.lark")),
        terminals="\n".join(_productions("terminals.lark")),
        places="\n\n".join(_places(TOP, "file", set())),
    )


def _productions(name: str) -> Iterator[str]:
    """The rules of a grammar file, each with the lines that go on with it, without Lark's priorities and comments."""
    data = pkgutil.get_data("adc.grammar", name)
    assert data is not None
    production = ""
    for line in data.decode("utf-8").splitlines():
        code = re.sub(r"(^|\s+)// .*$", "", line).rstrip()
        rule = _RULE.match(code)
        if production and (rule or not code.lstrip().startswith("|")):
            yield production
            production = ""
        if rule:
            production = f"{rule[1]} ::= {rule[2]}"
        elif production:
            production += f"\n{' ' * production.index('::=')}  {code.strip()}"
    if production:
        yield production


def _places(table: Table, place: str, told: set[str]) -> Iterator[str]:
    """The production of a place, then those of the blocks in it, each once."""
    if place in told:
        return
    told.add(place)
    forms = [_form(table, word) for word in table.usage]
    width = max(map(len, forms))
    lines = [
        f"{form:{width}}  /* {'repeated: ' if word in table.many else ''}{usage} */"
        for form, (word, usage) in zip(forms, table.usage.items(), strict=True)
    ]
    yield f"{place} ::=\n    " + "\n  | ".join(lines)
    for inner in table.blocks.values():
        yield from _places(inner, _symbol(inner), told)


def _form(table: Table, word: str) -> str:
    """The statement with its values and its block, as far as its example tells."""
    kinds = [token.type for token in scan(table.usage[word])]
    form = f'"{word}"' + ("" if kinds[1:2] == ["LBRACE"] else " values")
    if word in table.blocks:
        return f'{form} ("{{" {_symbol(table.blocks[word])} "}}")?'
    return f"{form} block" if "LBRACE" in kinds else form


def _symbol(table: Table) -> str:
    return f"in_{table.place.strip('`')}"


if __name__ == "__main__":
    print(ebnf(), end="")
