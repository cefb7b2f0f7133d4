"""Takes: further attempts at a scene are bought side by side, one is accepted, and the film is cut from that."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image
from support.clips import clip, number_of, numbers
from support.command import Ran, adc, steps_that
from support.killing import CHILD
from support.sim import KEY, Sim, picture, sim_at, sound, tiny_media

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.runtime.lock import Decision, read_lock
from adc.runtime.sim.faults import Empty, Fail
from adc.runtime.sim.runs import Draw
from adc.runtime.store import Store

SPEC = """\
ad dab "Dab" {
  size 144p 9:16
  rate 10fps
}

scene hook 2s {
  using  veo3_1_lite
  action "a hand lifts a bottle"
}

transition continue

scene proof 2s {
  using  veo3_1_lite
  action "two drops fall"
}

scene park 2s {
  using  veo3_1_lite
  start  keyframe "a bench in the sun" using flux_2
  action "leaves fall"
}
"""

APART = 64
"""Between the first frames of two clips: each is a take of something, and carries its own numbers."""

BUILT = 4
"""What a build of the film buys: three clips and a keyframe."""

SHOWN = 20
"""Frames of each scene."""


def numbered() -> Draw:
    """A model that never makes the same clip twice."""
    made = count(1)

    async def draw(
        endpoint: Endpoint, arguments: Mapping[str, Json], _brief: Mapping[str, Json], folder: Path
    ) -> Mapping[str, Path]:
        match endpoint.makes:
            case "image":
                path = picture(folder / "image.png")
            case "video":
                seconds = int(str(arguments["duration"]).rstrip("s"))
                path = clip(
                    folder / "video.mp4", frames=10 * seconds, rate=10, size=(320, 568), first=APART * next(made)
                )
            case "audio":
                path = sound(folder / "audio.wav")
            case _:
                return tiny_media(endpoint, folder)
        return dict.fromkeys(endpoint.outputs, path)

    return draw


@dataclass(frozen=True, slots=True)
class Desk:
    """A project with a stand-in to buy from, and what it is asked."""

    project: Path
    sim: Sim

    @property
    def env(self) -> dict[str, str]:
        return {"ADC_FAL_URL": self.sim.url, "FAL_KEY": KEY}

    def adc(self, *words: str, folder: Path | None = None) -> Ran:
        """Run a command; it has to end well."""
        ran = self.ask(*words, folder=folder)
        assert ran.code == 0, ran.err
        return ran

    def ask(self, *words: str, folder: Path | None = None) -> Ran:
        return adc(*words, folder=folder or self.project, env=self.env)

    def build(self, *words: str, folder: Path | None = None) -> list[int]:
        """Build the film, and give the number of every frame in it."""
        self.adc("build", "dab.ad", "--yes", *words, folder=folder)
        return numbers((folder or self.project) / "out" / "dab.mp4")

    @property
    def lock(self) -> Path:
        return self.project / "dab.ad.sim.lock"

    def verdicts(self, step: str, of: str = "") -> dict[int, str]:
        return {one.take: one.verdict for one in read_lock(self.lock).takes(step, of)}

    def decision(self, step: str, take: int, of: str = "") -> Decision:
        return next(one for one in read_lock(self.lock).takes(step, of) if one.take == take)

    def file(self, step: str, take: int) -> Path:
        """What was bought as a take."""
        with Store.open(Path(os.environ["ADC_STORE"])) as store:
            return store.path(self.decision(step, take).artifact)

    def frames(self, step: str, take: int) -> list[int]:
        """The numbers of the frames that the film would show of a take that skips none."""
        return numbers(self.file(step, take))[:SHOWN]

    def edit(self, old: str, new: str) -> None:
        spec = self.project / "dab.ad"
        text = spec.read_text()
        assert text.count(old) == 1, old
        spec.write_text(text.replace(old, new))

    @property
    def bought(self) -> int:
        return len(self.sim.billed())


def project_at(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "dab.ad").write_text(SPEC)
    return folder


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    project = project_at(tmp_path / "project")
    with sim_at(tmp_path / "sim", draw=numbered(), runners=4) as sim:
        yield Desk(project, sim)


def test_the_film_is_cut_from_the_take_that_was_accepted(desk: Desk) -> None:
    before = desk.build()
    assert desk.bought == BUILT
    ran = desk.adc("take", "hook", "-n", "2", "--yes")
    assert desk.bought == BUILT + 2
    assert steps_that("bought", ran) == {"hook.clip@2", "hook.clip@3"}
    assert "2 takes of hook: $0.24\n" in ran.out
    assert desk.verdicts("hook.clip") == {1: "accepted", 2: "open", 3: "open"}
    assert desk.build() == before  # nobody has decided yet
    assert desk.bought == BUILT + 2

    told = desk.adc("accept", "hook@3").out
    assert told.startswith("hook@3 is accepted\n")
    assert "proof goes on from the take before" in told
    assert "the next build cuts the film again, which is free" in told
    assert desk.verdicts("hook.clip") == {1: "open", 2: "open", 3: "accepted"}
    after = desk.build()
    assert desk.bought == BUILT + 2
    assert after[:SHOWN] == desk.frames("hook.clip", 3) != before[:SHOWN]
    assert after[SHOWN:] == before[SHOWN:]
    assert "accepted already" in desk.adc("accept", "hook@3").out

    desk.adc("accept", "hook@1")
    assert desk.build() == before
    assert desk.bought == BUILT + 2


def test_what_goes_on_from_another_clip_is_kept_until_somebody_asks(desk: Desk) -> None:
    before = desk.build()
    desk.adc("take", "hook", "--yes")
    told = desk.adc("accept", "hook@2").out
    (command,) = re.findall(r"another take of it costs about \$0\.12: adc (.*)\n", told)
    assert "stale by now: proof.clip; a build with `--refresh` makes what is stale again" in told
    desk.build()
    assert desk.bought == BUILT + 1
    ran = desk.adc(*shlex.split(command), "--yes")
    assert "cached   hook.clip" in ran.out  # what it goes on from is the take that was accepted
    desk.adc("accept", "proof@2")
    after = desk.build()
    assert desk.bought == BUILT + 2
    assert after[:SHOWN] == desk.frames("hook.clip", 2)
    assert after[SHOWN : 2 * SHOWN] == numbers(desk.file("proof.clip", 2))[1 : SHOWN + 1]  # one frame is there already
    assert after[2 * SHOWN :] == before[2 * SHOWN :]


def test_a_take_is_all_steps_of_its_scene(desk: Desk) -> None:
    desk.build()
    ran = desk.adc("take", "park", "--yes")
    assert steps_that("bought", ran) == {"park.keyframe@2", "park.clip@2"}
    desk.adc("accept", "park@2")
    for step in ("park.keyframe", "park.clip"):
        assert desk.verdicts(step) == {1: "open", 2: "accepted"}
    assert desk.build()[2 * SHOWN :] == desk.frames("park.clip", 2)
    assert desk.bought == BUILT + 2


def test_where_nothing_was_accepted_the_first_take_counts(desk: Desk) -> None:
    ran = desk.adc("take", "hook", "-n", "2", "--yes")
    assert "hook@1: $0.12, accepted: the film uses it" in ran.out
    assert "hook@2: $0.12, open: the film stays as it is until it is accepted" in ran.out
    assert desk.bought == 2
    assert desk.build()[:SHOWN] == desk.frames("hook.clip", 1)
    assert desk.bought == BUILT + 1


def test_what_a_take_rests_on_is_bought_with_it_and_said(desk: Desk) -> None:
    ran = desk.ask("take", "proof", "-n", "2")
    assert ran.code == 4
    assert desk.bought == 0
    assert "2 takes of proof: about $0.36, $0.12 of it for hook.clip, not there yet" in ran.out
    assert "would spend up to $0.36 and there is no terminal to ask at" in ran.err
    desk.adc("take", "proof", "-n", "2", "--yes")
    assert desk.bought == 3
    assert desk.verdicts("proof.clip") == {1: "accepted", 2: "open"}
    assert desk.verdicts("hook.clip") == {}  # a build decides about it
    desk.build()
    assert desk.bought == BUILT + 1


def test_a_cap_is_kept(desk: Desk) -> None:
    desk.build()
    ran = desk.ask("take", "hook", "-n", "3", "--yes", "--max-cost", "0.30")
    assert ran.code == 4
    assert "more than the --max-cost of $0.30 allows" in ran.err
    words = shlex.split(ran.err.rpartition("next: ")[2])
    assert words[:6] == ["adc", "take", "hook", "dab.ad", "--fal-url", desk.sim.url]
    assert words[6:] == ["-n", "3", "--max-cost", "0.36"]
    assert desk.bought == BUILT
    desk.adc(*words[1:], "--yes")
    assert desk.bought == BUILT + 3


def test_the_budget_of_the_ad_counts_its_takes(desk: Desk) -> None:
    desk.edit("  rate 10fps\n", "  rate 10fps\n  budget $0.55\n")
    desk.build()
    desk.adc("take", "hook", "--yes")
    ran = desk.ask("take", "hook", "--yes")
    assert ran.code == 4
    assert "budget of $0.55" in ran.err
    assert desk.bought == BUILT + 1


def test_without_a_key_the_price_is_told(desk: Desk) -> None:
    env = {"FAL_KEY": "", "ADC_FAL_URL": ""}
    ran = adc("take", "hook", "-n", "2", folder=desk.project, env=env)
    assert ran.code == 4
    assert "2 more takes of hook would cost $0.24; nothing was spent\nnext: adc auth login\n" in ran.err
    assert not list(desk.project.glob("*.lock"))


def test_the_contact_sheet_shows_what_the_film_shows(desk: Desk) -> None:
    desk.build()
    desk.adc("take", "proof", "-n", "2", "--yes")
    desk.adc("reject", "proof@3")
    ran = desk.adc("takes", "proof")
    assert "out/dab.takes.proof.png: a row a take" in ran.out
    verdicts = [line.split()[:3] for line in ran.out.splitlines()[2:5]]
    assert verdicts == [
        ["proof@1", "accepted", "veo3_1_lite"],
        ["proof@2", "open", "veo3_1_lite"],
        ["proof@3", "rejected", "veo3_1_lite"],
    ]
    sheet = np.asarray(Image.open(desk.project / "out" / "dab.takes.proof.png"))
    width, height, left, top = 180, 320, 24 + 260, 44
    assert sheet.shape == (top + 3 * (height + 24), left + 5 * width + 4 * 8 + 24, 3)
    for row in range(3):
        first = numbers(desk.file("proof.clip", row + 1))[0]
        # The first frame repeats where hook ends, and is dropped.
        for place, frame in enumerate((1, 6, 11, 16, 20)):
            x, y = left + place * (width + 8), top + row * (height + 24)
            assert number_of(sheet[y : y + height, x : x + width]) == first + frame


def test_takes_as_json(desk: Desk, repository: Path) -> None:
    desk.build()
    desk.adc("take", "park", "--yes")
    schema = json.loads((repository / "schemas" / "takes.v1.json").read_text())
    told = json.loads(desk.adc("takes", "park", "--json").out)
    jsonschema.validate(told, schema)
    (park,) = told["scenes"]
    assert [(take["take"], take["verdict"], take["in_film"]) for take in park["takes"]] == [
        (1, "accepted", True),
        (2, "open", False),
    ]
    assert [step["step"] for step in park["takes"][1]["steps"]] == ["park.clip", "park.keyframe"]
    assert park["takes"][1]["steps"][0]["key"] == desk.decision("park.clip", 2).key
    assert not (desk.project / "out" / "dab.takes.park.png").exists()
    every = json.loads(desk.adc("takes", "--json").out)
    jsonschema.validate(every, schema)
    assert every == told  # no other scene has several


def test_a_take_that_was_rejected_is_never_used_again(desk: Desk) -> None:
    before = desk.build()
    desk.adc("take", "park", "-n", "2", "--yes")
    told = desk.adc("reject", "park@3").out
    assert told == "park@3 is rejected\n"  # the film never used it
    told = desk.adc("reject", "park@1").out
    assert "park: take 2 counts now" in told
    assert desk.build()[2 * SHOWN :] == desk.frames("park.clip", 2)
    assert desk.bought == BUILT + 4
    told = desk.adc("reject", "park@2").out
    (usd,) = re.findall(r"park: the next build buys take 4 for (?:about )?(\$0\.\d+)\n", told)
    assert f"the next build buys park.keyframe, park.clip for about {usd}" in told.replace("for $", "for about $")
    after = desk.build()
    assert desk.bought == BUILT + 6
    assert after[2 * SHOWN :] == desk.frames("park.clip", 4)
    assert after[: 2 * SHOWN] == before[: 2 * SHOWN]
    desk.adc("accept", "park@1")  # and yet one may think better of it
    assert desk.build() == before
    assert desk.bought == BUILT + 6


def test_a_take_whose_file_is_gone_cannot_be_accepted(desk: Desk) -> None:
    desk.build()
    desk.adc("take", "hook", "--yes")
    desk.file("hook.clip", 2).unlink()
    lock = desk.lock.read_bytes()
    ran = desk.ask("accept", "hook@2")
    assert ran.code == 3
    assert "hook@2 was bought, and its hook.clip is not in the store at " in ran.err
    assert "nothing was decided" in ran.err
    assert desk.lock.read_bytes() == lock
    assert "hook@2  open      veo3_1_lite" in (told := desk.adc("takes", "hook").out)
    assert "not in the store" in told


def test_takes_of_other_words_are_none(desk: Desk) -> None:
    desk.build()
    desk.adc("take", "park", "--yes")
    desk.edit("leaves fall", "snow falls")
    ran = desk.ask("accept", "park@2")
    assert (ran.code, ran.out) == (3, "")
    assert (
        "park@2 is not whole: it has no park.clip; nothing was decided" in ran.err
    )  # its keyframe is of the same words
    desk.edit("a bench in the sun", "a bench in the snow")
    ran = desk.ask("accept", "park@2")
    assert ran.code == 2
    assert "park@2 was made of other words than the scene has now" in ran.err
    ran = desk.adc("take", "park", "--yes")  # the first of the new words
    assert steps_that("bought", ran) == {"park.keyframe@1", "park.clip@1"}
    assert desk.build()[2 * SHOWN :] == desk.frames("park.clip", 1)
    assert desk.bought == BUILT + 4


def test_what_is_no_take(desk: Desk) -> None:
    desk.build()
    for typed, told in {
        "accept hook@7": "there is no hook@7; there is hook@1\n",
        "accept hok@1 dab.ad": "dab.ad has no scene `hok`; did you mean `hook`?\n",
        "take zzz dab.ad": "dab.ad has no scene `zzz`; it has `hook`, `proof`, `park`\n",
        "accept hook": "hook is not a take of a scene, such as hook@3\n",
        "take hook -n 0": "0 is not a whole number from 1 to 50\n",
        "take hook --draft": "unrecognized arguments: --draft\n",
    }.items():
        ran = desk.ask(*typed.split())
        assert ran.code == 2
        assert ran.err.endswith(told)
    assert desk.bought == BUILT


def test_a_scene_that_is_renamed_keeps_its_takes(desk: Desk) -> None:
    desk.build()
    desk.adc("take", "hook", "-n", "2", "--yes")
    desk.adc("accept", "hook@3")
    before = desk.build()
    desk.edit("scene hook", "scene opening")
    assert [line.split()[:2] for line in desk.adc("takes", "opening").out.splitlines()[2:5]] == [
        ["opening@1", "open"],
        ["opening@2", "open"],
        ["opening@3", "accepted"],
    ]
    ran = desk.adc("take", "opening", "--yes")
    assert steps_that("bought", ran) == {"opening.clip@4"}
    assert desk.verdicts("opening.clip") == {3: "accepted", 4: "open"}
    assert desk.build() == before
    assert desk.bought == BUILT + 3


def test_a_renamed_scene_can_go_back_to_a_take_of_its_old_name(desk: Desk) -> None:
    before = desk.build()
    desk.adc("take", "hook", "--yes")
    desk.adc("accept", "hook@2")
    desk.build()
    desk.edit("scene hook", "scene opening")
    desk.adc("accept", "opening@1")
    assert desk.build() == before
    assert desk.bought == BUILT + 1


def test_a_take_that_is_written_in_the_spec_counts(desk: Desk) -> None:
    desk.build()
    desk.adc("take", "park", "-n", "2", "--yes")
    desk.adc("accept", "park@3")
    second = desk.frames("park.clip", 2)
    desk.edit('leaves fall"\n', 'leaves fall"\n  take   2\n')
    assert desk.build()[2 * SHOWN :] == second
    ran = desk.adc("take", "park", "--yes")
    assert "it is in the store already; nothing is bought" in ran.out
    assert {"park.keyframe@3", "park.clip@3"} <= steps_that("cached", ran)
    assert desk.bought == BUILT + 4


def test_two_clones_share_a_store(desk: Desk, tmp_path: Path) -> None:
    desk.build()
    desk.adc("take", "hook", "--yes")
    desk.adc("accept", "hook@2")
    here = desk.build()
    there = project_at(tmp_path / "clone")
    (there / desk.lock.name).write_bytes(desk.lock.read_bytes())
    assert desk.build(folder=there) == here
    desk.adc("take", "hook", "--yes")
    desk.adc("accept", "hook@1", folder=there)  # that clone has not heard of the third
    assert desk.build(folder=there) != here
    assert desk.build() == here
    ran = desk.adc("take", "hook", "--yes", folder=there)
    assert "it is in the store already; nothing is bought" in ran.out
    assert desk.bought == BUILT + 2


def test_one_take_fails_and_the_others_are_kept(desk: Desk) -> None:
    desk.build()
    desk.sim.faults.add(Fail(422, "content_policy_violation", "flagged"), times=1)
    ran = desk.ask("take", "hook", "-n", "2", "--yes")
    assert ran.code == 5
    (failed,) = steps_that("FAILED", ran)
    assert f"{failed}: " in ran.err
    assert "dab.ad:8:" in ran.err  # where the words are that were refused
    (kept,) = {"hook.clip@2", "hook.clip@3"} - {failed}
    assert desk.verdicts("hook.clip") == {1: "accepted", int(kept[-1]): "open"}
    assert f"to go on: adc take hook dab.ad --fal-url {desk.sim.url}\n" in ran.err


def test_a_take_that_was_paid_for_is_never_passed_over(desk: Desk) -> None:
    desk.build()
    desk.sim.faults.add(Empty(billed=True), times=1)
    ran = desk.ask("take", "hook", "-n", "2", "--yes")
    assert ran.code == 3
    (lost,) = steps_that("FAILED", ran)
    (kept,) = {"hook.clip@2", "hook.clip@3"} - {lost}
    assert desk.verdicts("hook.clip") == {1: "accepted", int(kept[-1]): "open"}
    paid = desk.bought
    ran = desk.ask("take", "hook", "--yes")
    assert ran.code == 3
    assert f"fal charged for {lost} and its answer has no video" in ran.err
    assert desk.bought == paid
    (number,) = set(re.findall(r"adc ledger resolve (\d+)", ran.err))
    desk.adc("ledger", "resolve", number, "--given-up", "--yes")
    after = max(int(kept[-1]) + 1, 3)
    assert steps_that("bought", desk.adc("take", "hook", "--yes")) == {f"hook.clip@{after}"}
    assert desk.bought == paid + 1


@pytest.mark.parametrize(("write", "when"), [(1, "before"), (2, "after"), (3, "before"), (4, "before")])
def test_a_take_that_is_killed_is_gone_on_with(desk: Desk, write: int, when: str) -> None:
    before = desk.build()
    killed_take(desk, write, when)
    assert desk.verdicts("hook.clip") == {1: "accepted"}
    desk.adc("take", "hook", "--yes")
    assert desk.bought == BUILT + 1
    assert desk.verdicts("hook.clip") == {1: "accepted", 2: "open"}
    assert desk.build() == before


def killed_take(desk: Desk, write: int, when: str) -> None:
    words = ("take", "hook", "dab.ad", "--yes")
    child = [sys.executable, "-c", CHILD, str(write), when, *words]
    died = subprocess.run(child, cwd=desk.project, env={**os.environ, **desk.env}, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL


def test_a_take_that_may_have_been_bought_is_not_bought_blindly(desk: Desk) -> None:
    desk.build()
    killed_take(desk, 1, "after")
    ran = desk.ask("take", "hook", "--yes", "--wait", "0")
    assert ran.code == 3
    (number,) = re.findall(r"adc ledger resolve (\d+)", ran.err)[:1]
    assert desk.bought == BUILT
    desk.adc("ledger", "resolve", number, "--not-bought", "--yes")
    desk.adc("take", "hook", "--yes")
    assert desk.bought == BUILT + 1
    assert desk.verdicts("hook.clip") == {1: "accepted", 2: "open"}


def test_what_was_bought_before_its_line_is_taken_in_for_nothing(desk: Desk) -> None:
    desk.build()
    lock = desk.lock.read_bytes()
    desk.adc("take", "hook", "--yes")
    desk.lock.write_bytes(lock)  # as after a kill between the purchase and the line
    ran = desk.adc("take", "hook")
    assert "it is in the store already; nothing is bought" in ran.out
    assert desk.verdicts("hook.clip") == {1: "accepted", 2: "open"}
    assert desk.bought == BUILT + 1


VARIANTS = SPEC.replace(
    "scene hook 2s {", 'variant sky {\n  a "rain falls"\n  b "leaves fall"\n}\n\nscene hook 2s {'
).replace('action "leaves fall"', 'action "{{ sky }}"')


def test_decisions_are_for_the_variant_that_was_chosen(desk: Desk) -> None:
    (desk.project / "dab.ad").write_text(VARIANTS)
    desk.adc("build", "dab.ad", "--all-variants", "--yes")
    bought = desk.bought
    desk.adc("take", "hook", "--variant", "sky=b", "--yes")
    assert desk.verdicts("hook.clip", "sky=a") == {1: "accepted"}
    assert desk.verdicts("hook.clip", "sky=b") == {1: "accepted", 2: "open"}
    ran = desk.adc("accept", "hook@2")  # of the variant that comes first: the take is of the same words there
    assert ran.out.startswith("hook@2 of sky=a is accepted\n")
    assert desk.verdicts("hook.clip", "sky=a") == {1: "open", 2: "accepted"}
    assert desk.verdicts("hook.clip", "sky=b") == {1: "accepted", 2: "open"}
    desk.adc("build", "dab.ad", "--all-variants")
    films = {key: numbers(desk.project / "out" / f"dab.{key}.mp4")[:SHOWN] for key in "ab"}
    assert films["a"] != films["b"]
    assert desk.bought == bought + 1


HEARD = """\
ad dab {
  size     144p 9:16
  rate     10fps
  captions bold using eleven_scribe
}

character maya "Maya" { looks "a woman" }

scene hook 2s {
  using  veo3_1_lite
  cast   maya
  action "{{ maya }} smiles"
  says   maya "Two drops."
}
"""


def test_captions_follow_the_take(desk: Desk) -> None:
    (desk.project / "dab.ad").write_text(HEARD)
    desk.adc("build", "dab.ad", "--yes")
    assert desk.verdicts("hook.words") == {1: "accepted"}
    desk.adc("take", "hook", "--yes")
    bought = desk.bought
    told = desk.adc("accept", "hook@2").out
    assert "the next build buys hook.words for " in told
    first = desk.decision("hook.words", 1)
    assert first.verdict == "rejected"
    desk.adc("build", "dab.ad", "--yes")
    assert desk.bought == bought + 1
    assert desk.verdicts("hook.words") == {1: "accepted"}
    assert desk.decision("hook.words", 1).key != first.key
    desk.adc("accept", "hook@1")
    desk.adc("build", "dab.ad")
    assert desk.decision("hook.words", 1).key == first.key
    assert desk.bought == bought + 1


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main")
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=False)


def decide_on_branches(desk: Desk, theirs: tuple[str, str], ours: tuple[str, str]) -> subprocess.CompletedProcess[str]:
    """Decide something on the main branch, and something on another, which the first is merged into."""
    (desk.project / ".gitignore").write_text("out\n")
    for words in (("init",), ("add", "."), ("commit", "-m", "as it is"), ("branch", "other")):
        assert git(desk.project, *words).returncode == 0, words
    desk.adc(*theirs)
    git(desk.project, "commit", "-am", "theirs")
    git(desk.project, "checkout", "other")
    desk.adc(*ours)
    git(desk.project, "commit", "-am", "ours")
    return git(desk.project, "merge", "main", "-m", "both")


def test_decisions_about_neighbouring_scenes_merge(desk: Desk) -> None:
    desk.build()
    desk.adc("take", "hook", "--yes")
    desk.adc("take", "proof", "--yes")
    desk.adc("take", "park", "--yes")
    merged = decide_on_branches(desk, ("accept", "hook@2"), ("accept", "park@2"))
    assert merged.returncode == 0, merged.stdout
    for scene, step in (("hook", "hook.clip"), ("park", "park.clip"), ("park", "park.keyframe")):
        assert desk.verdicts(step) == {1: "open", 2: "accepted"}, scene
    assert desk.verdicts("proof.clip") == {1: "accepted", 2: "open"}


def test_a_take_that_one_accepts_and_another_rejects_is_a_conflict(desk: Desk) -> None:
    desk.build()
    desk.adc("take", "hook", "--yes")
    bought = desk.bought
    merged = decide_on_branches(desk, ("accept", "hook@2"), ("reject", "hook@2"))
    assert merged.returncode == 1
    for words in (("accept", "hook@2", "dab.ad"), ("take", "hook", "dab.ad", "--yes"), ("build", "dab.ad", "--yes")):
        ran = desk.ask(*words)
        assert ran.code == 1, words
        assert "two versions of it were merged and differ here; keep the lines that you want" in ran.err
    assert desk.bought == bought
    ours = re.sub(r"<<<<<<<.*\n((?:.*\n)*?)=======\n(?:.*\n)*?>>>>>>>.*\n", r"\1", desk.lock.read_text())
    desk.lock.write_text(ours)
    assert desk.build()[:SHOWN] == desk.frames("hook.clip", 1)


def test_two_accepted_takes_of_one_scene_are_never_chosen_from(desk: Desk) -> None:
    """Version control merges the two lines, and what comes of it is no lock."""
    desk.build()
    desk.adc("take", "hook", "-n", "2", "--yes")
    bought = desk.bought
    assert decide_on_branches(desk, ("accept", "hook@2"), ("accept", "hook@3")).returncode == 0
    for words in (("accept", "hook@2", "dab.ad"), ("take", "hook", "dab.ad", "--yes"), ("build", "dab.ad", "--yes")):
        ran = desk.ask(*words)
        assert ran.code == 1, words
        assert "it has hook.clip with two accepted takes" in ran.err
    assert desk.bought == bought


def test_a_spec_is_found_by_its_scene(desk: Desk) -> None:
    specs = desk.project / "specs"
    specs.mkdir()
    (specs / "other.ad").write_text(SPEC.replace("scene hook", "scene wave").replace("ad dab", "ad other"))
    (specs / "library.ad").write_text('character maya "Maya" { looks "a woman" }\n')
    assert "wave has no takes yet" in desk.adc("takes", "wave").out
    assert "next: adc build specs/other.ad" in desk.adc("takes", "wave").out
    both = desk.ask("takes", "proof")
    assert both.code == 2
    assert "dab.ad and specs/other.ad have `proof`; name the one that you mean\n" in both.err
    assert "next: adc takes proof dab.ad" in both.err
    assert "proof has no takes yet" in desk.adc("takes", "proof", "specs/other.ad").out
    none = desk.ask("take", "wavve")
    assert (none.code, none.err) == (2, "no spec here has a scene or a step `wavve`; did you mean `wave`?\n")
    assert desk.ask("takes").err.startswith("there are dab.ad and specs/other.ad; name the one that you mean\n")
    empty = desk.ask("take", "hook", folder=desk.project.parent)
    assert "there is no spec in this folder or ./specs; name it behind `hook`\n" in empty.err
