"""The pages behind the codes: every code has one, and its examples do what they say."""

from pathlib import Path

import pytest
from support import spec_cases

from adc.compiler import explain
from adc.compiler.codes import CODES, FAMILIES, code_for, nearest_code


@pytest.mark.parametrize("code", CODES)
def test_the_wrong_example_gives_its_code_and_the_mended_one_nothing(code: str) -> None:
    page = explain.page(code)
    compiled = page.wrong.compile()
    if page.wrong.answer is None:
        assert {one.code for one in compiled.diagnostics} == {code}
    else:  # what only a model finds; tests/runtime/test_findings.py holds it against the answer
        assert compiled.diagnostics == ()
        assert compiled.plan is not None
        assert compiled.plan.step(page.wrong.answer.step).kind == "generate"
    mended = page.mended.compile()
    assert mended.diagnostics == ()
    assert mended.plan is not None


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_something_to_say(code: str) -> None:
    page = explain.page(code)
    assert page.markdown.startswith(f"# {code}\n\n")
    assert len(page.text) > 100
    assert "#" not in {line[:1] for line in page.text.splitlines()}
    assert CODES[code].meaning.casefold() not in " ".join(page.text.casefold().split())
    assert all(len(line) <= 120 for line in page.markdown.splitlines())


def test_every_page_has_a_code(repository: Path) -> None:
    assert {file.name for file in (repository / "compiler" / "pages").iterdir()} == {f"{code}.md" for code in CODES}


def test_every_code_has_a_family_and_every_family_codes() -> None:
    assert {code[:4] for code in CODES} == set(FAMILIES)


def test_examples_may_refer_to_the_pictures_of_the_cases() -> None:
    assert set(explain.pictures()) == set(spec_cases.pictures())


@pytest.mark.parametrize("word", ["AD0103", "ad0103", "0103", "103", " AD103 ", "Ad0103"])
def test_ways_to_write_a_code(word: str) -> None:
    assert code_for(word) == "AD0103"


@pytest.mark.parametrize("word", ["", "AD", "AD9999", "0", "AD01033", "not a code", "٣", "A"])
def test_words_that_are_no_code(word: str) -> None:
    assert code_for(word) is None
    assert nearest_code(word) == "`adc explain` lists all codes"


@pytest.mark.parametrize(("word", "code"), [("AD4013", "AD0413"), ("ad0413", "AD0413"), ("DA0601", "AD0601")])
def test_the_code_that_was_meant(word: str, code: str) -> None:
    assert nearest_code(word) == f"did you mean `{code}`?"
