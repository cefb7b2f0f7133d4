"""Warnings that a line allows. What is said about the comments themselves stands in `tests/cases/allow.ad`."""

import subprocess
import sys
from pathlib import Path

from support.spec_cases import read_cases

from adc.compiler.allow import allow
from adc.compiler.codes import CODES, WARNINGS
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.source import span_at

SOURCE = 'ad glow\nscene hook 8s {\n  prompt "x"\n  mood "a" # allow AD0413\n}\n'
START = SOURCE.index('"a"')


def warning(severity: Severity = Severity.WARNING, code: str = "AD0413") -> Diagnostic:
    return Diagnostic(code, "no effect", span_at("main.ad", SOURCE, START, START + 3), severity=severity)


def test_the_warning_of_the_line_is_gone_and_others_stay() -> None:
    other = warning(code="AD0416")
    assert allow([warning(), other], {"main.ad": SOURCE}, "main.ad") == [other]


def test_an_error_stays_whatever_is_allowed() -> None:
    error = warning(Severity.ERROR)
    assert allow([error], {"main.ad": SOURCE}, "main.ad") == [error]


def test_a_permission_counts_in_its_own_file_only() -> None:
    said = allow([warning()], {"main.ad": SOURCE.replace("#", "//"), "cast.ad": SOURCE}, "main.ad")
    assert said == [warning()]


def test_where_it_is_not_judged_nothing_is_said_about_it() -> None:
    assert allow([], {"cast.ad": SOURCE}, None) == []
    assert [one.code for one in allow([], {"main.ad": SOURCE}, "main.ad")] == ["AD0140"]


def test_there_are_no_comments_on_the_command_line() -> None:
    text = "mood=a # allow AD0413"
    given = Diagnostic("AD0413", "no effect", span_at("--set mood", text, 0, 4), severity=Severity.WARNING)
    assert allow([given], {"--set mood": text}, "main.ad") == [given]


def test_a_permission_points_at_its_code() -> None:
    (said,) = allow([], {"main.ad": SOURCE}, "main.ad")
    assert SOURCE[said.span.start : said.span.end] == "AD0413"
    assert (said.span.line, said.span.column) == (4, SOURCE.split("\n")[3].index("AD") + 1)


def test_texts_without_the_word_are_not_read() -> None:
    code = (
        "import sys; from adc.compiler.allow import allow;"
        "allow([], {'main.ad': 'ad glow # AD0413'}, 'main.ad');"
        "sys.exit('adc.compiler.lexer' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_codes_that_warn_are_those_of_the_catalogue(repository: Path) -> None:
    cases = read_cases(repository / "tests" / "cases")
    told = {one.code for case in cases for one in case.compile().diagnostics if one.severity is Severity.WARNING}
    assert told == WARNINGS
    assert set(CODES) >= WARNINGS
