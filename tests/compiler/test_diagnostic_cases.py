"""Every wrong spec of `tests/cases` is told apart: the right codes on the right lines, and nothing else.

The whole rendered text of each is kept in `__snapshots__`, to be read as prose when it changes.
"""

from pathlib import Path

import pytest
from support.spec_cases import Case, read_cases, words
from syrupy.assertion import SnapshotAssertion

from adc.compiler import explain
from adc.compiler.checks import CHECKS
from adc.compiler.codes import CODES
from adc.compiler.render import render

CASES = read_cases(Path(__file__).parent.parent / "cases")


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    """Each case in turn."""
    assert isinstance(request.param, Case)
    return request.param


def test_what_is_reported_is_what_stands_beside_the_line(case: Case) -> None:
    found = list(case.compile().diagnostics)
    missing = []
    for expected in case.expected:
        place = (expected.path, expected.line, expected.code)
        match = next(
            (
                one
                for one in found
                if (one.span.path, one.span.line, one.code) == place and expected.words in words(one)
            ),
            None,
        )
        if match is None:
            missing.append(expected)
        else:
            found.remove(match)
    assert not missing, [(one.span.line, one.code, words(one)) for one in found]
    assert not found


def test_whole_messages(case: Case, snapshot: SnapshotAssertion) -> None:
    compiled = case.compile()
    assert render(compiled.diagnostics, compiled.texts, prefix="specs/") == snapshot


def test_spans_lie_in_their_texts(case: Case) -> None:
    compiled = case.compile()
    for diagnostic in compiled.diagnostics:
        for span in (diagnostic.span, *(note.span for note in diagnostic.notes)):
            assert 0 <= span.start <= span.end <= len(compiled.texts[span.path])


def test_every_check_has_a_file_and_every_file_its_check(repository: Path) -> None:
    files = {file.stem for file in (repository / "compiler" / "checks").glob("*.py")} - {"__init__"}
    assert {check.__module__.rpartition(".")[2] for check in CHECKS} == files
    assert len(CHECKS) == len(files)


def test_every_code_has_a_case() -> None:
    met = {expected.code for case in CASES for expected in case.expected}
    assert met == {code for code in CODES if explain.page(code).wrong.answer is None}
