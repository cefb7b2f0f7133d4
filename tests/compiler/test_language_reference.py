"""The language reference keeps its word: its examples compile, and it names every word of the language."""

import re
from pathlib import Path

import pytest
from support.spec_cases import pictures

from adc.compiler.files import MemoryFiles
from adc.compiler.resolve import load
from adc.compiler.vocabulary import TABLES, TRANSITIONS, VIEWS

REFERENCE = (Path(__file__).parents[2] / "grammar" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```ad\n(.*?)^```", REFERENCE, re.MULTILINE | re.DOTALL)
LIBRARY = {"cast/maya.ad": b'character maya { reference "../refs/maya.png" }'}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_compiles(example: str) -> None:
    loaded = load("main.ad", MemoryFiles({**pictures(), **LIBRARY, "main.ad": example.encode()}))
    assert loaded.diagnostics == ()
    assert loaded.script is not None


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.place)
def test_every_word_is_in_the_reference(table: object) -> None:
    known = {word for each in TABLES if each is table for word in each.usage}
    missing = {word for word in {*known, *VIEWS, *TRANSITIONS} if not re.search(rf"`[^`]*\b{word}\b[^`]*`", REFERENCE)}
    assert missing == set()
