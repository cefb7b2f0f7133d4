"""The grammar worked out ahead of time: the patterns of its terminals and the table of its LALR parser.

Lark needs more time to analyse the grammar than `adc` needs for a whole spec, so the analysis is made once, when the
grammar changes, and kept beside it as `tables.json`. Lark remains its only author, and a test holds the two equal:

    python -m adc.compiler.tables > grammar/tables.json

A parser of LALR tables is a stack of states, and begins with state 0. `actions[state][terminal]` is the next state, or
`-1 - rule` where that rule is complete: then as many states as it is long leave the stack, and `gotos[state][origin]`
is the next. Behind the last terminal stands `$END`. Rules that only give a terminal another name are left out.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from adc.compiler import data

UNMISTAKABLE = ("NAME", "_BREAK", "COMMA", "LBRACE", "RBRACE")
"""Terminals that begin as no other does, `JUNK` apart: tried first, because they are the most frequent."""


class Rule(NamedTuple):
    """`origin: …` with `length` symbols on its right side."""

    origin: str
    length: int


class Tables(NamedTuple):
    """What lexer and parser need to know. `terminals` are name and pattern, in the order in which they are tried."""

    terminals: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    rules: tuple[Rule, ...]
    actions: tuple[Mapping[str, int], ...]
    gotos: tuple[Mapping[str, int], ...]


def read() -> Tables:
    """The tables that ship with the grammar."""
    found = json.loads(data.read("grammar", "tables.json"))
    return Tables(
        tuple((name, pattern) for name, pattern in found["terminals"]),
        tuple(found["ignored"]),
        tuple(Rule(origin, length) for origin, length in found["rules"]),
        tuple(found["actions"]),
        tuple(found["gotos"]),
    )


def make() -> Tables:
    """The tables as Lark works them out from the grammar, which takes a while."""
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    grammar = Lark.open_from_package("adc.grammar", "ad.lark", ("",), parser="lalr", lexer="basic")
    inside: Any = grammar.parser  # which Lark gives no types
    patterns = {terminal.name: terminal.pattern.to_regexp() for terminal in inside.lexer.terminals}
    order = (*UNMISTAKABLE, *(name for name in patterns if name not in UNMISTAKABLE))
    numbers = {rule: number for number, rule in enumerate(grammar.rules)}
    rules = tuple(Rule(rule.origin.name, len(rule.expansion)) for rule in grammar.rules)
    renaming = {
        number
        for rule, number in numbers.items()
        if rule.options.expand1 and len(rule.expansion) == 1 and rule.expansion[0].is_term
    }
    table = inside.parser.parser.parse_table
    rows: dict[int, dict[str, int]] = {
        state: {
            symbol: target if action is Shift else -1 - numbers[target]
            for symbol, (action, target) in sorted(row.items())
        }
        for state, row in table.states.items()
    }

    def direct(state: int, step: int) -> int:
        """`step` without a stop at a state that does nothing but give a terminal another name."""
        follow = set(rows[step].values()) if step >= 0 else set()
        if len(follow) == 1 and -1 - (rule := follow.pop()) in renaming:
            return rows[state][rules[-1 - rule].origin]
        return step

    steps = {state: {symbol: direct(state, step) for symbol, step in row.items()} for state, row in rows.items()}
    reached = {table.start_states["start"]: 0}
    queue = list(reached)
    for state in queue:  # grows on the way; Lark's own numbers differ from run to run
        new = [step for step in steps[state].values() if step >= 0 and step not in reached]
        for step in new:
            if step not in reached:
                reached[step] = len(reached)
                queue.append(step)
    named = [{symbol: reached[step] if step >= 0 else step for symbol, step in steps[state].items()} for state in queue]
    terminals = {*patterns, "$END"}
    return Tables(
        tuple((name, patterns[name]) for name in order),
        tuple(sorted(grammar.ignore_tokens)),
        rules,
        tuple({symbol: step for symbol, step in row.items() if symbol in terminals} for row in named),
        tuple({symbol: step for symbol, step in row.items() if symbol not in terminals} for row in named),
    )


def written(tables: Tables) -> str:
    """The content of `tables.json`: an entry a line."""
    fields = []
    for name, entries in tables._asdict().items():
        rows = ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
        fields.append(f'  "{name}": [\n{rows}\n  ]')
    return "{\n" + ",\n".join(fields) + "\n}\n"


if __name__ == "__main__":
    print(written(make()), end="")
