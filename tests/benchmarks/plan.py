"""What a look at a large plan costs: `python tests/benchmarks/plan.py [--runs N] [--ninja FILE] [--snakemake FILE]`.

Ten thousand steps and a film (stills, clips that go on from one another, frames), with nothing of them in the store and
with all. `adc plan` is compared with `floor.py`, which does the least that leaves the answer right, `adc diff` with
`floor_diff.py`; a build with nothing to do with ninja, for as many files; a plan of 3,000 steps with `snakemake -n`,
for as many rules. Whole processes are counted, in processor time, in turn, and the ratio is that of two medians.
"""

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.processor import installed_adc, of_process

from adc.compiler import kept
from adc.compiler.digest import Engine, digest_bytes, step_key
from adc.compiler.plan import FileRef, Plan, Ref
from adc.runtime import engines
from adc.runtime.cli.arguments import parser
from adc.runtime.cli.notes import note_of
from adc.runtime.unchanged import program_stamp, write_note

HERE = Path(__file__).resolve().parent
STEPS, FEWER = 10_001, 3_001
HEAD = """\
ad long "Long" { style phone }
style phone {
  look   "shot on a phone"
  avoid  "text, watermark"
}
character maya "Maya Brooks" {
  looks  "a woman of about thirty"
  wears  "cream sweater"
}
"""
SCENE = """
scene s{0} 8s {{{1}
  using    kling_o1_standard
  cast     maya
  setting  "a small bright bathroom number {0}, morning"
  action   "{{{{ maya }}}} leans to the mirror and lifts a bottle for the {0}th time, then turns to us and smiles"
  camera   "handheld selfie, slow push-in"
  light    "soft window light"
}}
"""
START = """
  start    keyframe "{{{{ maya }}}} at the mirror, number {0}"\
"""


def spec(steps: int) -> str:
    """A spec of that many steps, the film among them: groups of four clips, each but the first from the one before."""
    scenes: list[str] = []
    left = steps - 1
    while left >= 2:
        first = len(scenes) % 4 == 0
        number = len(scenes)
        join = "\ntransition cut\n" if first else "\ntransition continue\n"
        scenes.append((join if number else "") + SCENE.format(number, START.format(number) if first else ""))
        left -= 2
    return HEAD + "".join(scenes)


def fill(store: Path, plan: Plan) -> None:
    """Put a result for each step into the store, as a draft would have left it, with a small blob of its own."""
    made: dict[str, str] = {}
    rows: list[tuple[str, ...]] = []

    def digest_of(ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else made[ref.step]

    makers = engines.makers("draft")
    for step in plan.steps:
        key = step_key(step, digest_of, makers[step.kind].engine(step))
        digest = made[step.id] = digest_bytes(key.encode())
        blob = store / "blobs" / digest[7:9] / digest[9:]
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_text(key)
        outputs = f'{{"{step.output}": {{"digest": "{digest}", "bytes": {len(key)}, "media_type": "video/mp4"}}}}'
        rows.append((key, step.id, "draft/2", "0", "", "", outputs))
    with sqlite3.connect(store / "adc.sqlite") as database:
        database.executemany("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()


def built(folder: Path, name: str) -> None:
    """Leave what a build leaves when it is done: the film in its place, and the note."""
    film, source = folder / "out" / f"{name}.mp4", folder / f"{name}.ad"
    film.parent.mkdir(exist_ok=True)
    film.write_bytes(b"film")
    arguments = parser().parse_args(["build", f"{name}.ad"])
    arguments.signed = None
    films = {str(film): digest_bytes(b"film")}
    inputs = {str(source): digest_bytes(source.read_bytes())}
    write_note(note_of(arguments), stamp=program_stamp(), out=str(film), films=films, inputs=inputs)


def ninja_project(folder: Path, ninja: str) -> None:
    """As many files, each made from the one before it in its group of eight, and all of them made."""
    folder.mkdir()
    rules = ["rule copy\n  command = touch $out\n"]
    for number in range(STEPS):
        source = "source" if number % 8 == 0 else f"made/{number - 1}"
        rules.append(f"build made/{number}: copy {source}\n")
    (folder / "build.ninja").write_text("".join(rules))
    (folder / "source").touch()
    subprocess.run((ninja, "--quiet"), cwd=folder, check=True, stdout=subprocess.DEVNULL)


def snakemake_project(folder: Path) -> None:
    """As many rules as a smaller plan has steps, each with the file that it makes."""
    folder.mkdir()
    made = [f"made/{number}" for number in range(FEWER)]
    rules = [f"rule all:\n  input: {made}\n"]
    for number, file in enumerate(made):
        source = "" if number % 8 == 0 else f"  input: 'made/{number - 1}'\n"
        rules.append(f"rule step{number}:\n{source}  output: '{file}'\n  shell: 'touch {{output}}'\n")
    (folder / "Snakefile").write_text("".join(rules))


def microseconds_a_key(plan: Plan) -> float:
    """Processor time of deriving the keys of a plan as it is kept, a step."""
    engine = Engine("fal")
    begun = time.process_time()
    for step in plan.steps:
        step_key(step, lambda ref: f"sha256:{'0' * 64}", engine)
    return (time.process_time() - begun) / len(plan.steps) * 1e6


def agree(floor: Sequence[str], adc: str, folder: Path, env: Mapping[str, str]) -> None:
    """Hold what the floor finds against what adc says: the same steps have a result, and all keys are the same."""
    told = subprocess.run((adc, "plan", "long.ad", "--status"), cwd=folder, env=env, capture_output=True, check=True)
    steps = json.loads(told.stdout)["status"].values()
    keys = hashlib.sha256("".join(step["key"] for step in steps if step["key"]).encode()).hexdigest()
    cached = sum(step["status"] == "cached" for step in steps)
    found = subprocess.run(floor, cwd=folder, capture_output=True, check=True, text=True).stdout.split()
    assert found == [str(cached), str(len(steps)), keys], (found, cached, keys)


def measure(folder: Path, runs: int, ninja: str | None, snakemake: str | None) -> Mapping[str, Sequence[float]]:
    """Processor seconds of each command in each round, and microseconds of a key."""
    adc = installed_adc()
    ours = ("ADC_", "FAL_", "PYTHON")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    stores = {name: folder / f"store {name}" for name in ("empty", "full")}
    envs = {name: {**env, "FAL_KEY": "", "ADC_STORE": str(store)} for name, store in stores.items()}
    for name, steps in (("long", STEPS), ("fewer", FEWER)):
        (folder / f"{name}.ad").write_text(spec(steps), encoding="utf-8")
    times: dict[str, list[float]] = {"compiled for the first time": []}
    for store, place in stores.items():
        place.mkdir()
        times["compiled for the first time"].append(of_process((adc, "plan", "long.ad"), folder, envs[store]))
    edited = spec(STEPS).replace("number 77, morning", "number 77, evening")
    (folder / "edited.ad").write_text(edited, encoding="utf-8")
    for name in ("edited", "fewer"):
        of_process((adc, "plan", f"{name}.ad"), folder, envs["empty"])
    notes = {store: next((place / "notes").glob("long-plan-*")) for store, place in stores.items()}
    plan = kept.unpack(notes["full"].read_bytes().partition(b"\n")[2])
    assert len(plan.steps) == STEPS
    fill(stores["full"], plan)
    os.environ |= envs["empty"]
    os.chdir(folder)
    built(folder, "long")
    encoder = engines.film("draft").name
    commands: dict[str, tuple[Sequence[str], Path, Mapping[str, str]]] = {
        "python -c pass": ((sys.executable, "-c", "pass"), folder, env)
    }
    for store, name in (("empty", "nothing in the store"), ("full", "all in the store")):
        floor = (sys.executable, str(HERE / "floor.py"), "long.ad", str(notes[store]), str(stores[store]), encoder)
        commands[f"floor, {name}"] = (floor, folder, env)
        commands[f"adc plan, {name}"] = ((adc, "plan", "long.ad"), folder, envs[store])
    other = next((stores["empty"] / "notes").glob("edited-plan-*"))
    floor = (sys.executable, str(HERE / "floor_diff.py"), "long.ad", str(notes["empty"]), "edited.ad", str(other))
    commands["floor of a difference"] = (floor, folder, env)
    commands["adc diff, a word of one scene"] = ((adc, "diff", "long.ad", "edited.ad"), folder, envs["empty"])
    commands["adc build, nothing to do"] = ((adc, "build", "long.ad"), folder, envs["empty"])
    if ninja:
        ninja_project(folder / "ninja", ninja)
        commands["ninja, nothing to do"] = ((ninja,), folder / "ninja", env)
    commands["adc plan of 3,000 steps"] = ((adc, "plan", "fewer.ad"), folder, envs["empty"])
    time.sleep(2.5)  # what is younger is read again instead of believed
    for words, where, its_env in commands.values():
        of_process(words, where, its_env)
    for store, name in (("empty", "nothing in the store"), ("full", "all in the store")):
        agree(commands[f"floor, {name}"][0], adc, folder, envs[store])
    for _ in range(runs):
        for name, (words, where, its_env) in commands.items():
            times.setdefault(name, []).append(of_process(words, where, its_env))
        times.setdefault("key", []).append(microseconds_a_key(plan))
    if snakemake:
        snakemake_project(folder / "snakemake")
        words = (snakemake, "-n", "--quiet", "all", "--cores", "1")
        times["snakemake -n, 3,000 rules"] = [of_process(words, folder / "snakemake", env) for _ in range(3)]
    return times


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description="What a look at a large plan costs.")
    options.add_argument("--runs", type=int, default=15, help="rounds; each runs every command once (default: 15)")
    options.add_argument("--ninja", default=shutil.which("ninja"), help="where ninja is (default: on the search path)")
    options.add_argument("--snakemake", default=shutil.which("snakemake"), help="where snakemake is (default: as well)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = measure(Path(folder), chosen.runs, chosen.ninja, chosen.snakemake)
    cost = {name: median(rounds) for name, rounds in times.items()}
    print(f"{'a key in bulk':34} {cost.pop('key'):8.2f} us, target 3")
    against = {
        "adc plan, nothing in the store": ("floor, nothing in the store", "2"),
        "adc plan, all in the store": ("floor, all in the store", "2"),
        "adc diff, a word of one scene": ("floor of a difference", "2"),
        "adc build, nothing to do": ("ninja, nothing to do", "3"),
        "adc plan of 3,000 steps": ("snakemake -n, 3,000 rules", "1/30"),
    }
    for name, seconds in cost.items():
        base, target = against.get(name, ("", ""))
        ratio = f"{seconds / cost[base]:7.3f} x {base}, target {target}" if base in cost else ""
        print(f"{name:34} {1000 * seconds:8.1f} ms {ratio}")


if __name__ == "__main__":
    main()
