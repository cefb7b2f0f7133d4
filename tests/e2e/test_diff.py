"""`adc diff` as people run it: against files, revisions, what is held and the lock; what it prints and how it exits."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import Ran, adc
from support.history import commit, git, repository
from support.project import SPEC, edit, quick_draw, write_project
from support.sim import KEY, Sim, sim_at
from syrupy.assertion import SnapshotAssertion

LEANS, WAVES = "{{ maya }} leans in", "{{ maya }} waves at us"

VARIANTS = """\
variant greeting {
  short "Hi."
  long  "Hi, how are you?"
}

"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with the small project in `specs`, committed on `main`; the branch is `work`."""
    folder = repository(tmp_path / "repo")
    write_project(folder / "specs")
    commit(folder)
    git(folder, "checkout", "-q", "-b", "work")
    return folder


def diff(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Ran:
    ran = adc("diff", *words, folder=folder, env=env)
    assert "Traceback" not in ran.err
    return ran


def change(repo: Path, old: str = LEANS, new: str = WAVES) -> None:
    edit(repo / "specs", old, new)


def document(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def bought(ran: Ran) -> set[str]:
    return {
        step["id"]
        for ad in document(ran)["ads"]
        for part in ad["parts"]
        for step in part["steps"]
        if step["fate"] == "bought"
    }


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_against_a_revision(repo: Path, form: str, snapshot: SnapshotAssertion, repository: Path) -> None:
    change(repo)
    ran = diff(repo, "main", "specs/tiny.ad", "--format", form)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot
    if form == "json":
        schema = json.loads((repository / "schemas" / "diff.v1.json").read_text(encoding="utf-8"))
        jsonschema.validate(document(ran), schema)


def test_the_same_bytes_wherever_the_repository_lies(repo: Path, tmp_path: Path) -> None:
    change(repo)
    commit(repo)
    git(tmp_path, "clone", "-q", str(repo), "other place")
    git(tmp_path / "other place", "branch", "main", "origin/main")
    words = ("main...work", "specs/tiny.ad", "--format", "markdown")
    pages = {
        diff(folder, *words, env={"PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}"}).out
        for folder, seed in ((repo, "1"), (tmp_path / "other place", "2"))
    }
    assert len(pages) == 1
    assert str(tmp_path) not in pages.pop()


def test_what_a_branch_has_changed_and_what_main_has_since(repo: Path) -> None:
    change(repo)
    commit(repo)
    git(repo, "checkout", "-q", "main")
    change(repo, "{{ maya }} turns to the window", "{{ maya }} opens the window")
    commit(repo)
    git(repo, "checkout", "-q", "work")
    assert bought(diff(repo, "main...work", "specs/tiny.ad", "--format", "json")) == {"hook.clip"}
    assert bought(diff(repo, "main...", "specs/tiny.ad", "--format", "json")) == {"hook.clip"}
    assert bought(diff(repo, "main..work", "specs/tiny.ad", "--format", "json")) == {"hook.clip", "window.clip"}
    assert bought(diff(repo, "HEAD", "specs/tiny.ad", "--format", "json")) == set()
    assert diff(repo, "main...work", "specs/tiny.ad").out.startswith("main, where work left it -> work\n")


def test_the_pictures_are_those_of_the_revision(repo: Path) -> None:
    (repo / "specs" / "refs" / "serum.png").write_bytes((repo / "specs" / "refs" / "maya.png").read_bytes())
    ran = diff(repo, "main", "specs/tiny.ad")
    assert "picture    clip: refs/serum.png -> refs/maya.png" in ran.out
    assert "window.clip" not in ran.out
    assert "bought  clip for $0.26: because proof.clip is made again" in ran.out


def test_from_any_folder_and_without_naming_the_spec(repo: Path) -> None:
    change(repo)
    for folder, words in (
        (repo, ("main",)),
        (repo / "specs", ("main",)),
        (repo / "specs" / "refs", ("main", "../tiny.ad")),
    ):
        ran = diff(folder, *words, "--format", "json")
        assert bought(ran) == {"hook.clip"}, ran.err


def test_two_specs_and_two_plans(repo: Path) -> None:
    specs = repo / "specs"
    (specs / "other.ad").write_text(SPEC.replace(LEANS, WAVES), encoding="utf-8")
    files = diff(specs, "tiny.ad", "other.ad")
    assert files.out.startswith("tiny.ad -> other.ad\n")
    assert "tiny: about $0.20 to spend; 1 scene is bought again" in files.out
    for name in ("tiny", "other"):
        (specs / f"{name}.json").write_text(adc("plan", f"{name}.ad", "--json", folder=specs).out, encoding="utf-8")
        assert adc("plan", f"{name}.ad", "-o", f"{name}.plan", folder=specs).code == 0
    told = files.out.partition("\n")[2]
    for pair in (
        ("tiny.json", "other.json"),
        ("tiny.plan", "other.plan"),
        ("tiny.json", "other.plan"),
        ("tiny.plan", "other.ad"),
    ):
        ran = diff(specs, *pair)
        assert ran.out == f"{pair[0]} -> {pair[1]}\n{told}", ran.err
    assert "tiny: no difference" in diff(specs, "tiny.ad", "tiny.plan").out
    commit(repo)
    assert diff(specs, "HEAD:specs/tiny.json", "other.ad").out.endswith(told)
    assert diff(specs, "HEAD:./tiny.ad", "other.ad").out.endswith(told)


def test_a_file_that_is_no_plan_is_said_to_be_none(repo: Path) -> None:
    for text in ("{", '{"schema": "adc/plan/1"}', "[1]", '{"schema": "adc/plan/9"}', "[]"):
        (repo / "bad.json").write_text(text, encoding="utf-8")
        ran = diff(repo, "bad.json", "specs/tiny.ad")
        assert (ran.code, ran.out) == (1, ""), text
        assert ran.err.startswith("bad.json is no plan; `adc plan SPEC --json` prints one"), text


def test_a_spec_that_was_renamed_is_compared_with_itself(repo: Path) -> None:
    git(repo, "mv", "specs/tiny.ad", "specs/small.ad")
    ran = diff(repo, "main", "specs/small.ad")
    assert ran.out == "main -> specs/small.ad\nspecs/small.ad was specs/tiny.ad in main\n\ntiny: no difference\n"
    commit(repo)
    assert (
        "specs/small.ad was specs/tiny.ad in main, where HEAD left it"
        in diff(repo, "main...HEAD", "specs/small.ad").out
    )


def test_a_new_spec_is_all_new_and_a_deleted_one_is_gone(repo: Path) -> None:
    (repo / "specs" / "new.ad").write_text('ad new\nscene a 4s {\n  using veo3_1_lite\n  action "rain"\n}\n', "utf-8")
    ran = diff(repo, "main", "specs/new.ad")
    assert "there is no specs/new.ad in main, so everything is new" in ran.out
    assert "1 scene is new" in ran.out
    (repo / "specs" / "new.ad").unlink()
    (repo / "specs" / "tiny.ad").unlink()
    gone = diff(repo, "main", "specs/tiny.ad")
    assert "there is no specs/tiny.ad in the work tree any more" in gone.out
    assert "tiny: nothing to buy; 3 scenes, 1 card and the likeness of maya are gone" in gone.out
    commit(repo)
    assert "there is no specs/tiny.ad in HEAD any more" in diff(repo, "main...HEAD", "specs/tiny.ad").out
    nowhere = diff(repo, "main", "specs/nowhere.ad")
    assert (nowhere.code, nowhere.out) == (1, "")
    assert nowhere.err == "there is no file specs/nowhere.ad\n"
    nowhere = diff(repo, "main..HEAD", "specs/nowhere.ad")
    assert (nowhere.code, nowhere.out) == (1, "")
    assert nowhere.err == "there is no specs/nowhere.ad, neither in main nor in HEAD\n"


def test_a_base_with_errors_counts_as_nothing_and_a_spec_with_errors_is_none(repo: Path) -> None:
    change(repo, "cast   maya\n  start", "cast   mya\n  start")
    commit(repo)
    change(repo, "cast   mya\n  start", "cast   maya\n  start")
    mended = diff(repo, "HEAD", "specs/tiny.ad")
    assert mended.code == 0
    assert re.search(r"specs/tiny.ad has errors in HEAD \(AD0201: .*mya.*\), so everything counts as new", mended.out)
    broken = diff(repo, "main...HEAD", "specs/tiny.ad")
    assert (broken.code, broken.out) == (1, "")
    assert "HEAD:specs/tiny.ad:" in broken.err
    assert "AD0201" in broken.err
    assert diff(repo, "main...HEAD", "specs/tiny.ad", "--exit-code").code == 3


def test_exit_codes(repo: Path) -> None:
    assert diff(repo, "main", "--exit-code").code == 0
    change(repo)
    assert diff(repo, "main").code == 0
    assert diff(repo, "main", "--exit-code").code == 1
    assert diff(repo, "main", "--max-cost", "0.20", "--exit-code").code == 1
    dear = diff(repo, "main", "--max-cost", "0.19", "--exit-code")
    assert dear.code == 4
    assert dear.err == "$0.20 would be spent, more than the --max-cost of $0.19 allows\n"
    assert dear.out == diff(repo, "main").out
    change(repo, WAVES, "{{ mya }} waves")
    assert (diff(repo, "main").code, diff(repo, "main", "--exit-code").code) == (1, 3)


def test_nobody_agrees_to_an_unknown_amount(repo: Path) -> None:
    sent = '  send length "duration"\n  send aspect "aspect_ratio"\n'
    own = f'\nmodel mine "acme/video" {{\n  lengths 4s\n  aspects 9:16\n{sent}}}\n'
    text = SPEC.replace("  budget   $5\n", "").replace(
        "scene proof", 'scene own 4s {\n  using mine\n  action "a street"\n}\n\nscene proof'
    )
    (repo / "specs" / "tiny.ad").write_text(text.replace("duration 11s", "duration 15s") + own, encoding="utf-8")
    ran = diff(repo, "main", "--max-cost", "100")
    assert ran.code == 4, ran.err
    assert ran.err.endswith("nobody knows what own.clip costs, so the --max-cost of $100.00 cannot be kept\n")


def test_choices_are_made_on_both_sides(repo: Path) -> None:
    change(repo, "ad tiny", VARIANTS + "ad tiny")
    change(repo, '"I almost gave up."', '"{{ greeting }}"')
    commit(repo)
    change(repo)
    both = diff(repo, "HEAD", "--variant", "greeting=long", "--format", "json")
    assert bought(both) == {"hook.clip"}
    every = diff(repo, "HEAD", "--all-variants", "--format", "json")
    assert [ad["choices"] for ad in document(every)["ads"]] == [{"greeting": "short"}, {"greeting": "long"}]
    assert [ad["bought"]["steps"] for ad in document(every)["ads"]] == [1, 1]
    text = diff(repo, "HEAD", "--all-variants").out
    assert "greeting=short:\ntiny: about $0.20 to spend" in text
    assert "all 2 ads: about $0.40 to spend" in text
    old = diff(repo, "main", "--variant", "greeting=long")
    assert "main has no choice `greeting=long`" in old.out
    assert "1 scene is bought again" in old.out
    more = diff(repo, "main", "--all-variants")
    assert "main -> specs/tiny.ad" in more.out
    assert more.code == 0


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as running:
        yield running


def test_against_what_is_held(repo: Path, sim: Sim) -> None:
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    before = diff(repo, "--format", "json", env=env)
    assert document(before)["before"] == "store and lock"
    assert len(bought(before)) == 7
    assert adc("build", "specs/tiny.ad", "--yes", folder=repo, env=env).code == 0
    held = diff(repo, "--exit-code", env=env)
    assert (held.code, held.out) == (0, "store and lock -> specs/tiny.ad\n\ntiny: no difference\n")
    assert diff(repo, "--since-lock", "--exit-code", env=env).code == 0
    change(repo)
    change(repo, 'voiceover maya "Two drops."', 'voiceover maya "Three drops."')
    for words in ((), ("--since-lock",)):
        ran = diff(repo, *words, "--exit-code", env=env)
        assert ran.code == 1
        assert "bought  clip for $0.20: the spec asks for something else than was accepted" in ran.out
        assert bought(diff(repo, *words, "--format", "json", env=env)) == {"hook.clip", "proof.voiceover"}
    # No key is needed to look, and nothing is sent.
    sent = len(sim.billed())
    assert bought(diff(repo, "--format", "json", env={"ADC_FAL_URL": sim.url})) == {"hook.clip", "proof.voiceover"}
    assert len(sim.billed()) == sent
    change(repo, "scene window 3s", "scene terrace 3s")
    renamed = diff(repo, "--since-lock", "--format", "json", env=env)
    assert bought(renamed) == {"hook.clip", "proof.voiceover"}


def test_what_was_accepted_and_is_lost_is_bought(repo: Path, sim: Sim, tmp_path: Path) -> None:
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    assert adc("build", "specs/tiny.ad", "--yes", folder=repo, env=env).code == 0
    lost = diff(repo, "--store", str(tmp_path / "another store"), env=env)
    assert "what was accepted is not in the store" in lost.out
    assert diff(repo, "--since-lock", "--store", str(tmp_path / "another store"), env=env).out.endswith(
        "no difference\n"
    )


def test_a_scene_that_the_lock_knows_and_the_spec_does_not(repo: Path, sim: Sim) -> None:
    env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
    assert adc("build", "specs/tiny.ad", "--yes", folder=repo, env=env).code == 0
    text = (repo / "specs" / "tiny.ad").read_text(encoding="utf-8")
    start, end = text.index("scene hook"), text.index("scene proof")
    (repo / "specs" / "tiny.ad").write_text((text[:start] + text[end:]).replace("11s", "7s"), encoding="utf-8")
    ran = diff(repo, "--since-lock", env=env)
    assert "- scene hook  gone" in ran.out


def test_a_draft_buys_nothing(repo: Path) -> None:
    ran = diff(repo, "--draft")
    assert ran.code == 0
    assert "tiny: nothing to buy" in ran.out


def test_colour_is_for_terminals_and_for_who_asks(repo: Path) -> None:
    change(repo)
    plain = diff(repo, "main").out
    forced = diff(repo, "main", env={"NO_COLOR": "", "FORCE_COLOR": "1"}).out
    assert "\x1b[31m[-leans in-]\x1b[0m\x1b[32m{+waves at us+}\x1b[0m" in forced
    assert re.sub(r"\x1b\[\d+m", "", forced) == plain


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nope", "specs/tiny.ad"), 3, "git knows no revision nope\n"),
        (("main...nope", "specs/tiny.ad"), 3, "git knows no revision nope\n"),
        (("a..b..c", "specs/tiny.ad"), 1, "a..b..c is no range of revisions, such as main...HEAD\n"),
        (("main:specs/none.ad", "specs/tiny.ad"), 1, "there is no specs/none.ad in main\n"),
        (("none.ad", "specs/tiny.ad"), 1, "there is no file none.ad\n"),
        (("--since-lock", "main", "specs/tiny.ad"), 2, "--since-lock compares with the lock, and main is another side"),
        (("-x",), 2, "usage: adc"),
    ],
)
def test_what_cannot_be_compared(repo: Path, words: tuple[str, ...], code: int, said: str) -> None:
    ran = diff(repo, *words)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(said)


def test_outside_of_a_repository_and_with_several_specs(project: Path) -> None:
    ran = diff(project, "main", "tiny.ad")
    assert (ran.code, ran.out) == (3, "")
    assert "is in no git repository, so there is no revision to compare with" in ran.err
    (project / "more.ad").write_text(SPEC, encoding="utf-8")
    several = diff(project, "main")
    assert several.code == 2
    assert several.err == "which spec? there are more.ad, tiny.ad\nnext: adc diff main SPEC\n"


def test_a_picture_that_lfs_has_not_brought(repo: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    picture = (repo / "specs" / "refs" / "serum.png").read_bytes()
    head = commit(repo, {"specs/refs/serum.png": pointer})
    (repo / "specs" / "refs" / "serum.png").write_bytes(picture)
    ran = diff(repo, "HEAD", "specs/tiny.ad")
    assert (ran.code, ran.out) == (3, "")
    said = "specs/refs/serum.png of HEAD is in Git LFS, and its bytes are not on this machine\n"
    assert ran.err == f"{said}next: git lfs fetch origin {head}\n"


def test_what_a_branch_has_bought_already_costs_nobody_more(repo: Path, tmp_path: Path) -> None:
    with sim_at(tmp_path / "sim", draw=quick_draw, runners=4) as sim:
        env = {"ADC_FAL_URL": sim.url, "FAL_KEY": KEY}
        assert adc("build", "specs/tiny.ad", "--yes", folder=repo, env=env).code == 0
        commit(repo)
        git(repo, "branch", "-f", "main")
        change(repo)
        assert bought(diff(repo, "main", "specs/tiny.ad", "--format", "json", env=env)) == {"hook.clip"}
        held = document(diff(repo, "specs/tiny.ad", "--format", "json", env=env))
        assert Decimal(held["plan"]["difference"]) == 0  # the words are others, the price is not
        assert adc("build", "specs/tiny.ad", "--yes", folder=repo, env=env).code == 0
        commit(repo)
        for words in (("main...work", "specs/tiny.ad"), ("main", "specs/tiny.ad")):
            ran = diff(repo, *words, "--format", "json", "--max-cost", "0.01", env=env)
            assert ran.code == 0, ran.err
            assert bought(ran) == set()
            assert '"decided"' in ran.out
        told = diff(repo, "main...work", "specs/tiny.ad", env=env)
        assert "othing to buy" in told.out
        assert "not bought  clip: the lock has a take that was bought and accepted" in told.out
