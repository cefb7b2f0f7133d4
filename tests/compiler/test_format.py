"""The canonical layout: what it is, that it stays, and that nothing but the layout changes."""

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.spec_cases import Case, read_cases

from adc.compiler.catalogue import builtin
from adc.compiler.files import MemoryFiles
from adc.compiler.format import format_text
from adc.compiler.lexer import scan
from adc.compiler.nodes import Statement, String
from adc.compiler.parse import parse
from adc.compiler.pipeline import Compiled, compile_spec
from adc.compiler.plan import dump
from adc.runtime.disk import DiskFiles

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").rglob("*.ad"))
CASES = read_cases(ROOT / "tests" / "cases")


def meaning(source: str) -> object:
    """The nodes of a source without their places, which has to be free of errors of syntax."""
    document, errors = parse("main.ad", source)
    assert not errors, source
    return [statement_meaning(statement) for statement in document.statements]


def statement_meaning(statement: Statement) -> object:
    lists = [
        [("text", value.value) if isinstance(value, String) else (type(value), value.written) for value in listed]
        for listed in statement.lists
    ]
    block = None if statement.block is None else [statement_meaning(inner) for inner in statement.block]
    return statement.keyword.written, lists, block


def words_and_comments(source: str) -> list[tuple[str, bool]]:
    """Words, values and comments in order, each with whether it stands first on its line; long texts without blanks."""
    found: list[tuple[str, bool]] = []
    first = True
    for token in scan(source, comments=True):
        if token.type not in ("_BREAK", "LBRACE", "RBRACE"):
            found.append(("".join(token.split()), first and token.type == "COMMENT"))
        first = token.type == "_BREAK"
    return found


def blanks_of(source: str) -> str:
    """The source with only the blanks that stand between its tokens; texts become words, comments lose theirs."""
    seen = ""
    place = 0
    for token in scan(source, comments=True):
        seen += source[place : token.start_pos]
        seen += "#" if token.type == "COMMENT" else "text" if token.type.endswith("TEXT") else token
        place = token.end_pos
    return seen + source[place:]


def formatted(source: str) -> str:
    """The canonical layout, after everything that has to hold for any source was seen to hold."""
    result = format_text(source)
    assert format_text(result) == result
    plain = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert meaning(result) == meaning(plain)
    assert words_and_comments(result) == words_and_comments(plain)
    assert not re.search(r"\t|\n\n\n|[ \u00a0]\n|\{\n\n|\n\n *\}|\A\n|\n\n\Z", blanks_of(result))
    assert not result or result.endswith("\n")
    return result


LAYOUTS = {
    "values in a column, groups apart": (
        """\
scene hook 8s {
using veo3_1
  cast    maya ,serum
        action    "she turns"

  says  maya   "Hi."
  # a comment ends a group
  voiceover maya "Two drops."
  seed 7
}
""",
        """\
scene hook 8s {
  using   veo3_1
  cast    maya, serum
  action  "she turns"

  says  maya "Hi."
  # a comment ends a group
  voiceover  maya "Two drops."
  seed       7
}
""",
    ),
    "what opens a block": (
        """\
character  maya   "Maya"{
  reference "maya.png"
  lora {
    steps   1000
    trigger "MAYAB"
  }
  wears "a sweater"
}
ad glow {
  duration 8s
  music "soft lo-fi" {
    level -22dB
  }
  deliver 9:16,1:1
}
scene hook 8s {
  cast maya
  shot 4s { action "she turns" }
  shot  4s { action "she smiles" }
}
""",
        """\
character maya "Maya" {
  reference  "maya.png"
  lora {
    steps    1000
    trigger  "MAYAB"
  }
  wears  "a sweater"
}
ad glow {
  duration  8s
  music     "soft lo-fi" {
    level  -22dB
  }
  deliver  9:16, 1:1
}
scene hook 8s {
  cast  maya
  shot 4s { action "she turns" }
  shot 4s { action "she smiles" }
}
""",
    ),
    "blank lines": (
        '\n\n\nad glow\n\n\n\nscene hook 8s {\n\n\n  action "a"\n\n\n  mood "b"\n\n\n}\n\n\n',
        'ad glow\n\nscene hook 8s {\n  action  "a"\n\n  mood  "b"\n}\n',
    ),
    "nothing at all": ("\n \n", ""),
    "only comments": ("\n# one\n\n\n   #  two  \n", "# one\n\n#  two\n"),
    "blocks of nothing": ("ad a {}\nad b {\n\n}\nad c {\n# why\n}\n", "ad a { }\nad b { }\nad c {\n  # why\n}\n"),
    "a block on one line": (
        'card bye 2s {headline "Your turn"}\ncard off 2s {\n  headline "Your turn" }\n',
        'card bye 2s { headline "Your turn" }\ncard off 2s {\n  headline  "Your turn"\n}\n',
    ),
    "a block that is too long for its line": (
        f'scene a 8s {{ action "{"x" * 80}" }}\nscene b 8s {{ action "{"x" * 76}" }}\n',
        f'scene a 8s {{\n  action  "{"x" * 80}"\n}}\nscene b 8s {{ action "{"x" * 76}" }}\n',
    ),
    "a comment keeps its line together": (
        f'scene a 8s {{ action "{"x" * 100}" }} # allow AD0413\n',
        f'scene a 8s {{ action "{"x" * 100}" }}  # allow AD0413\n',
    ),
    "comments at the ends of lines": (
        """\
ad glow { # the head
  duration 8s # one
  size 9:16# two

  budget $5 # three
} # the end
""",
        """\
ad glow {         # the head
  duration  8s    # one
  size      9:16  # two

  budget  $5  # three
}             # the end
""",
    ),
    "comments in a column of the page": (
        """\
import "cast/maya.ad"             # declares maya

ad glow {
  duration 8s                     # one
  size     9:16                   # two
}
""",
        """\
import "cast/maya.ad"             # declares maya

ad glow {
  duration  8s                    # one
  size      9:16                  # two
}
""",
    ),
    "comments behind a brace that is moved": (
        'scene a 8s {\n  cast maya\n  action "x" } # about the action\n'
        "a {\n b {\n  c 1 } } # c\na { b {\n c 1\n} } # b\n",
        'scene a 8s {\n  cast    maya\n  action  "x"  # about the action\n}\n'
        "a {\n  b {\n    c  1  # c\n  }\n}\na {\n  b {\n    c  1\n  }  # b\n}\n",
    ),
    "long texts": (
        '''\
scene a 8s {
  action """
\t  She leans in,
\t    slowly.

\t  "Really?"
\t\t\t"""
        mood """calm
           and warm""" # both
      prompt """one line"""
  light """

      sun

      """
}
''',
        '''\
scene a 8s {
  action  """
    She leans in,
      slowly.

    "Really?"
  """
  mood    """calm
    and warm"""  # both
  prompt  """one line"""
  light   """

    sun

  """
}
''',
    ),
    "Windows, old Macs and a mark": ("\ufeffad glow\r\n\r\n\r\nscene\ta 8s\u00a0{ }\r", "ad glow\n\nscene a 8s { }\n"),
    "words with other letters": (
        'variant été {\n  größe "a"\n  x "b"\n}\n',
        'variant été {\n  größe  "a"\n  x      "b"\n}\n',
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name: str) -> None:
    before, after = LAYOUTS[name]
    assert formatted(before) == after


@pytest.mark.parametrize(
    "source", ["ad {", 'ad glow "open\n', "ad glow\n  }", "cast a,\n", "ad glow { duration 10sec }\n"]
)
def test_errors_of_syntax_leave_a_source_as_it_is(source: str) -> None:
    assert format_text(source) == source


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_the_specs_of_the_repository_are_in_layout(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert formatted(source) == source


def same_film(before: Compiled, after: Compiled) -> None:
    """Both are the same plan, or none for the same reasons."""
    told = [[(one.code, one.severity, one.message) for one in each.diagnostics] for each in (before, after)]
    assert sorted(told[0]) == sorted(told[1])
    assert (before.plan is None) == (after.plan is None)
    if before.plan and after.plan:
        assert dump(before.plan) == dump(after.plan)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_means_the_same(case: object) -> None:
    assert isinstance(case, Case)
    contents, before = case.contents, case.compile()
    changed: dict[str, bytes] = {}
    for path, data in contents.items():
        try:
            source = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        if path.endswith(".ad") and not parse(path, source.replace("\r\n", "\n").replace("\r", "\n"))[1]:
            changed[path] = formatted(source).encode()
    after = replace(case, contents={**contents, **changed}).compile()
    same_film(before, after)


def test_most_cases_are_formatted() -> None:
    sources = [data.decode("utf-8", "replace") for case in CASES for data in case.contents.values()]
    assert sum(not parse("", source)[1] for source in sources) > 50


# Sources are drawn as trees and written down with blanks of all kinds.

_WORD = st.sampled_from(["cast", "voiceover", "she", "maya", "größe", "set", "a.b"])
_INK = st.text(st.sampled_from('abc ÄÖ{}#,"\\\t.\u00a0é漢'), max_size=12).map(
    lambda text: text.replace("\\", "\\\\").replace('"', '\\"')
)
_LONG = st.lists(st.tuples(st.sampled_from(["", " ", "    ", "\t", " \t "]), _INK), max_size=5).map(
    lambda lines: '"""' + "\n".join(blank + ink for blank, ink in lines) + '"""'
)
_VALUE = st.one_of(
    _WORD, _INK.map(lambda ink: f'"{ink}"'), _LONG, st.sampled_from(["8s", "$15", "9:16", "1080p", "-22dB", "3", "0.5"])
)
_LIST = st.lists(_VALUE, min_size=1, max_size=3)
_COMMENT = st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=12).map(lambda text: f"#{text}")
_BLANK = st.sampled_from(["", " ", "  ", "\t", "     ", "\u00a0 "])


@st.composite
def sources(draw: st.DrawFn, depth: int = 0) -> str:
    """The lines of a file or of a block, each with its end."""
    written = ""
    for _ in range(draw(st.integers(0, 4))):
        written += draw(st.sampled_from(["", "", "\n", " \n\n\t\n"])) + draw(_BLANK)
        if draw(st.integers(0, 5)) == 0:
            written += draw(_COMMENT) + "\n"
            continue
        written += draw(statements(depth))
        written += draw(_BLANK) + draw(st.one_of(st.just(""), _COMMENT)) + "\n"
    return written


@st.composite
def statements(draw: st.DrawFn, depth: int) -> str:
    """A statement, perhaps with a block, without its end of line."""
    written = draw(_WORD)
    for values in draw(st.lists(_LIST, max_size=3)):
        written += draw(_BLANK) + " " + values[0]
        for value in values[1:]:
            # `3,8s` is a number with a comma in it, which nobody can read.
            written += draw(_BLANK) + "," + (" " if value[0] in "-0123456789" else draw(_BLANK)) + value
    kind = draw(st.sampled_from(["none", "none", "lines", "one", "tight"])) if depth < 3 else "none"
    if kind == "one":
        inner = draw(st.one_of(st.just(""), statements(depth + 1)))
        return f"{written}{draw(_BLANK)}{{{draw(_BLANK)}{inner}{draw(_BLANK)}}}"
    if kind != "none":
        opening = draw(st.one_of(st.just(""), _COMMENT))
        inner = draw(sources(depth + 1))
        last = draw(statements(depth + 1)) if kind == "tight" else ""
        return f"{written}{draw(_BLANK)}{{{draw(_BLANK)}{opening}\n{inner}{last}{draw(_BLANK)}}}"
    return written


@settings(max_examples=300, deadline=None)
@given(sources())
def test_any_source_keeps_its_words_its_values_and_its_comments(source: str) -> None:
    formatted(source)


@settings(max_examples=100, deadline=None)
@given(sources(), st.randoms(use_true_random=False))
def test_blanks_do_not_matter(source: str, random: Random) -> None:
    result = formatted(scattered(source, random))
    assert formatted(scattered(result, random)) == result


def scattered(source: str, random: Random) -> str:
    """The source with other blanks between its tokens; a comment behind a statement is moved close to it."""
    scattered = ""
    place = 0
    for token in scan(source, comments=True):
        gap = source[place : token.start_pos]
        behind = token.type == "COMMENT" and scattered[-1:] not in ("", "\n")
        scattered += random.choice(["", " "]) if behind else gap + random.choice(["", " ", "\t"])
        scattered += token
        place = token.end_pos
    return scattered


# And films: whatever the blanks, the plan has the same bytes.

_SPEC = """\
ad  glow   "Glow" {{ {comment}
 size 1080p   9:16
    budget $90 }} {comment}
product serum{{looks "amber bottle"}}
{comment}
scene hook   8s {{ cast serum
 action {action}
  set seed 3  {comment}

     mood "calm" {comment}
 }}
transition   continue {comment}
scene proof 8s{{action {action} }}
card bye {seconds}s {{headline "Your turn"}} {comment}
"""


def plan_of(source: str) -> Compiled:
    return compile_spec("glow.ad", MemoryFiles({"glow.ad": source.encode()}), builtin())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "  ", "\t", "     "]), st.text("abc é.,", min_size=1)), min_size=1, max_size=4
    ),
    st.booleans(),
    st.sampled_from(["", "# why", "#allow AD0413"]),
    st.integers(1, 4),
)
def test_the_plan_stays(lines: list[tuple[str, str]], opened: bool, comment: str, seconds: int) -> None:
    words = "\n".join(blank + ink for blank, ink in lines)
    action = '"""' + ("\n" if opened else "") + f'{words} on the shelf, {{{{ serum }}}}"""'
    source = _SPEC.format(action=action, comment=comment, seconds=seconds)
    before = plan_of(source)
    assert before.script is not None, before.diagnostics
    same_film(before, plan_of(formatted(source)))


@pytest.mark.parametrize("spec", [path.name for path in SPECS if path.parent.name == "specs"])
def test_the_plan_of_a_scattered_spec_is_that_of_the_spec(spec: str) -> None:
    source = (ROOT / "specs" / spec).read_text(encoding="utf-8")
    plain = re.sub(r"(?m)^ +", "\t", re.sub(r"(?<=\S) {2,}(?=\S)", " ", source))
    assert format_text(plain) != plain

    class Files(DiskFiles):
        def read(self, path: str) -> bytes:
            return format_text(plain).encode() if path == spec else super().read(path)

    disk = (ROOT / "specs", ROOT)
    same_film(compile_spec(spec, DiskFiles(*disk), builtin()), compile_spec(spec, Files(*disk), builtin()))
