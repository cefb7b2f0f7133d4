"""A difference as people and programs read it: text, Markdown and JSON, in whole, and within their bounds."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.edits import EDITS, SPEC, Edit, glow
from syrupy.assertion import SnapshotAssertion

from adc.compiler.diff import Differences, compare, compare_all, nothing
from adc.compiler.frozen import replace
from adc.compiler.plan import Placed, Plan, Step
from adc.runtime.reporters.diff_json import diff_json
from adc.runtime.reporters.diff_markdown import MOST, Remark, diff_markdown, marker
from adc.runtime.reporters.diff_text import diff_lines, together_lines

REMARK = Remark("specs/glow.ad", ("main", "HEAD"), "adc diff main...HEAD specs/glow.ad", ("a note",))
BY_NAME = pytest.mark.parametrize("edit", EDITS, ids=[edit.name for edit in EDITS])


def changed(edit: Edit) -> Differences:
    return compare_all([(glow(), edit.after())])


@BY_NAME
def test_text(edit: Edit, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(diff_lines(changed(edit).ads[0])) == snapshot


@BY_NAME
def test_markdown(edit: Edit, snapshot: SnapshotAssertion) -> None:
    assert diff_markdown(changed(edit), REMARK) == snapshot


@pytest.mark.parametrize("name", ["what she wears", "the bytes of a picture", "a scene renamed and reworded"])
def test_json(name: str, snapshot: SnapshotAssertion) -> None:
    (edit,) = (edit for edit in EDITS if edit.name == name)
    assert json.dumps(diff_json(changed(edit), ("main", "HEAD"), ["a note"]), indent=2) == snapshot


@BY_NAME
def test_json_follows_its_schema(edit: Edit, schema: dict[str, Any]) -> None:
    plan = edit.after()
    for pair in ((glow(), plan), (plan, glow()), (nothing(plan), plan), (plan, nothing(plan))):
        jsonschema.validate(diff_json(compare_all([pair]), ("a", "b"), ()), schema)


@pytest.fixture(scope="module")
def schema(repository: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((repository / "schemas" / "diff.v1.json").read_text(encoding="utf-8"))
    return document


def test_everything_new_and_everything_gone(snapshot: SnapshotAssertion) -> None:
    plan = glow()
    for pair in ((nothing(plan), plan), (plan, nothing(plan))):
        assert "\n".join(diff_lines(compare(*pair))) == snapshot


def test_colour_says_nothing_that_the_text_does_not() -> None:
    for edit in EDITS:
        difference = changed(edit).ads[0]
        painted = "\n".join(diff_lines(difference, colour=True))
        assert re.sub(r"\x1b\[\d*m", "", painted) == "\n".join(diff_lines(difference))
        assert ("\x1b[" in painted) == difference.differs


def test_several_ads(snapshot: SnapshotAssertion) -> None:
    pairs = [(glow(), EDITS[3].after()), (glow(), EDITS[3].after()), (glow(), glow())]
    differences = compare_all(pairs)
    names = ("opener=doubt", "opener=secret", "opener=joke")
    assert "\n".join(together_lines(differences, names)) == snapshot
    assert diff_markdown(differences, replace_names(names)) == snapshot


def replace_names(names: tuple[str, ...]) -> Remark:
    return Remark(REMARK.spec, REMARK.sides, REMARK.command, (), names)


def campaign(count: int, words: str, long: int = 1) -> Plan:
    """The ad with `count` scenes, each told in words of its own, `long` times."""
    plan = glow()
    clip, film = plan.step("street.clip"), plan.step("film.master")
    clips = [scene(clip, number, words * long) for number in range(count)]
    segments = [{"id": one.id.partition(".")[0], "frames": 120, "skip": 0} for one in clips]
    placed = [
        Placed(one.id.partition(".")[0], "scene", (one.id,), 120 * number, 120, "4", "4")
        for number, one in enumerate(clips)
    ]
    whole = replace(film, arguments={"width": 2, "height": 2, "rate": 30, "segments": list(segments), "voices": []})
    return replace(plan, steps=(*clips, whole), timeline=tuple(placed), frames=120 * count)


def scene(clip: Step, number: int, words: str) -> Step:
    prompt = f"Scene {number}: {words}"
    return replace(clip, id=f"scene_{number:04}.clip", arguments={**clip.arguments, "prompt": prompt})


@pytest.mark.parametrize(
    ("count", "words", "long"),
    [
        (500, "a red door. ", 1),
        (3000, "a red door. ", 1),
        (500, "a | <b>red</b> @door. ", 300),
        (1, "ü@`*_ " * 9, 9000),
    ],
)
def test_markdown_has_an_end(count: int, words: str, long: int) -> None:
    differences = compare_all([(campaign(count, "before "), campaign(count, words, long))])
    page = diff_markdown(differences, REMARK)
    assert len(page.encode()) <= MOST < 60_000
    assert page.count("<details>") == page.count("</details>") == 1
    assert page.count("**scene scene") >= 1
    told = [int(found) for found in re.findall(r"…(\d+) more parts? (?:is|are) left out here", page)]
    rows = len(re.findall(r"^\| (?:scene|film) ", page, re.M))
    assert rows + (told[0] if count > 400 else 0) == count
    if count > 1:
        assert f"<code>{REMARK.command}</code> shows all." in page


def test_many_ads_are_within_bounds_too() -> None:
    pairs = [(campaign(40, f"before {n} "), campaign(40, f"a red door {n}. ", 20)) for n in range(30)]
    names = tuple(f"opener=choice_{n}" for n in range(30))
    page = diff_markdown(compare_all(pairs), replace_names(names))
    assert len(page.encode()) <= MOST
    assert "30 of 30 ads change" in page


@settings(deadline=None)
@given(st.text(max_size=40), st.sampled_from(["prompt", "spec", "note", "side"]))
def test_no_words_become_markup(words: str, where: str) -> None:
    before, after = campaign(1, "before"), campaign(1, words if where == "prompt" else "after")
    given_words = words or "x"
    remark = Remark(
        given_words if where == "spec" else "a.ad",
        (given_words if where == "side" else "main", "HEAD"),
        "adc diff main a.ad",
        (given_words if where == "note" else "note",),
    )
    page = diff_markdown(compare_all([(before, after)]), remark)
    plain = diff_markdown(compare_all([(before, campaign(1, "after"))]), Remark("a.ad", ("main", "HEAD"), "x", ("n",)))
    tags = re.compile(r"<[^>]*>")
    assert {tag for tag in tags.findall(page) if not tag.startswith("<!--")} <= {
        *(
            "<code>",
            "</code>",
            "<del>",
            "</del>",
            "<ins>",
            "</ins>",
            "<details>",
            "</details>",
            "<summary>",
            "</summary>",
        )
    }
    assert page.count("\n") == plain.count("\n")
    assert [line.count("|") for line in page.splitlines() if line.startswith("|")] == [
        line.count("|") for line in plain.splitlines() if line.startswith("|")
    ]
    body = page.partition("\n")[2]
    assert not re.search(r"[@#](?=\w)|`|(?<!\*)\*(?!\*)|://|\]\(|(?<!\\)\[", re.sub(r"&#\d+;", "?", body))


def test_the_marker_is_a_comment_whatever_the_spec_is_called() -> None:
    assert marker("specs/glow.ad") == "<!-- adc diff specs/glow.ad -->"
    for path in ("a-->b.ad", "--", "a\nb", "<x>", "ü", "100%.ad"):
        found = marker(path)
        assert re.fullmatch(r"<!-- adc diff [^\s<>-]* -->", found), found
    assert len({marker(path) for path in ("a-b", "a%2Db", "a_b")}) == 3


def test_an_amount_that_nobody_knows_is_said(snapshot: SnapshotAssertion) -> None:
    before = campaign(1, "before")
    unknown = replace(before.steps[0].price, usd=Decimal(0), mark="unknown")
    after = campaign(1, "after")
    after = replace(after, steps=(replace(after.steps[0], price=unknown), after.steps[1]))
    assert "\n".join(diff_lines(compare(before, after))) == snapshot


def test_the_same_difference_is_the_same_text() -> None:
    one = diff_markdown(changed(EDITS[3]), REMARK)
    glow.cache_clear()
    assert diff_markdown(compare_all([(glow(), glow(SPEC.replace("cream knit", "red knit")))]), REMARK) == one
