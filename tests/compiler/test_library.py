"""Libraries: files of declarations, judged without a film."""

import pytest
from support.spec_cases import pictures

from adc.compiler.files import MemoryFiles
from adc.compiler.library import is_library, judge_library
from adc.compiler.parse import parse


def judge(source: str, name: str = "cast.ad", **others: str) -> list[tuple[str, str, int]]:
    files = {name: source, **{path.replace("_", "."): text for path, text in others.items()}}
    contents = {**pictures(), **{path: text.encode() for path, text in files.items()}}
    said = judge_library(parse(name, source)[0], MemoryFiles(contents))
    assert name in said.texts
    assert name in said.inputs
    assert set(said.texts) <= set(files)
    return [(one.code, one.span.path, one.span.line) for one in said.diagnostics]


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("character maya", True),
        ('import "brand.ad"', True),
        ("charakter maya\nstyle phone", True),
        ("ad glow\ncharacter maya", False),
        ('card offer 3s { headline "x" }', False),
        ("charakter maya", False),
        ("# nothing", False),
    ],
)
def test_what_a_library_is(source: str, answer: bool) -> None:
    assert is_library(parse("cast.ad", source)[0]) is answer


def test_a_good_library_needs_neither_an_ad_nor_a_use() -> None:
    assert judge('character maya { reference "refs/maya.png" }\nstyle phone { look "soft" }') == []


def test_what_is_wrong_in_it_is_told() -> None:
    assert judge('character maya {\n  referense "refs/maya.png"\n}') == [("AD0203", "cast.ad", 2)]
    assert judge('character maya {\n  looks "{{ nobody }}"\n}') == [("AD0602", "cast.ad", 2)]


def test_checks_of_the_whole_film_reach_it() -> None:
    assert judge('character maya {\n  reference "refs/small.png"\n}') == [("AD0307", "cast.ad", 2)]
    assert judge("character maya {\n  pack front\n}") == [("AD0415", "cast.ad", 2)]


def test_what_it_imports_belongs_to_it() -> None:
    assert judge('import "brand.ad"', brand_ad="style phone { lok }") == [("AD0203", "brand.ad", 1)]


def test_a_library_that_imports_itself() -> None:
    assert judge('character maya\nimport "cast.ad"') == [("AD0116", "cast.ad", 2)]


def test_names_of_files_are_written_as_texts() -> None:
    assert judge("character maya", name='a "b" \\c.ad') == []


def test_declarations_are_counted() -> None:
    source = 'import "b.ad"\ncharacter maya\nstyle phone'
    files = MemoryFiles({"cast.ad": source.encode(), "b.ad": b"product serum"})
    assert judge_library(parse("cast.ad", source)[0], files).declared == 2
