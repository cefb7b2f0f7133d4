"""What a free draft costs: `python tests/benchmarks/draft.py [--seconds S]`, in processor seconds per second of ad.

First the whole build of `specs/glow_serum.ad` from nothing, as a process with all that it starts, held to one
processor where the system allows it. Then its parts: a clip of each sort and a still, drawn by this process, whose own
start and imports are told apart because a build pays them once.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.boards import bottle, portrait
from support.processor import installed_adc, of_children, of_process

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.plan import Json
from adc.runtime.draft.draw import draw

SPECS = Path(__file__).resolve().parent.parent.parent / "specs"
TARGET = 1.0


def spent() -> float:
    """Processor seconds of this process and of its ended children."""
    return time.process_time() + of_children()


def build(folder: Path) -> None:
    """Print what the whole build of a spec costs."""
    adc, spec = installed_adc(), "specs/glow_serum.ad"
    shutil.copytree(SPECS, folder / "specs")
    env = {**os.environ, "ADC_STORE": str(folder / "store")}
    planned = subprocess.run((adc, "plan", spec, "--json"), cwd=folder, env=env, capture_output=True, check=True)
    ad = json.loads(planned.stdout)["ad"]
    seconds = ad["frames"] / ad["rate"]
    clock = time.perf_counter()
    cpu = of_process((adc, "build", spec, "--draft"), folder, env)
    wall = time.perf_counter() - clock
    print(f"{'whole build':22} {seconds:5.0f} s {wall:7.2f} s {cpu:7.2f} s {cpu / seconds:9.3f} {TARGET:9.3f}")


async def parts(folder: Path, seconds: int) -> None:
    """Print what a clip of each sort costs, and a still."""
    catalogue = builtin()
    speaking = next(
        e for e in catalogue.endpoints if e.makes == "video" and e.takes.speech and seconds in e.takes.seconds
    )
    start = portrait(folder / "start.png", (1080, 1920))
    cast: list[Json] = [
        {"name": "maya", "display": "Maya Brooks", "picture": str(portrait(folder / "maya.png", (1024, 1280)))},
        {"name": "serum", "display": "Glow Serum", "picture": str(bottle(folder / "serum.png"))},
    ]
    brief: dict[str, Json] = {
        "scene": "hook",
        "cast": cast,
        "setting": "a small bright bathroom, morning",
        "action": "Maya Brooks leans to the mirror and lifts Glow Serum",
        "camera": "handheld selfie, slow push-in",
    }
    lines: list[Json] = [{"who": "Maya Brooks", "text": "I almost gave up on my skin.", "on_camera": True}]
    cases: list[tuple[str, Endpoint, dict[str, Json], dict[str, Json]]] = [
        ("silent clip", speaking, {"generate_audio": False}, brief),
        ("speaking clip", speaking, {}, {**brief, "lines": lines}),
        ("from a start frame", speaking, {"start_image_url": str(start)}, {**brief, "continues": True}),
    ]
    for title, endpoint, more, storyboard in cases:
        arguments: dict[str, Json] = {"prompt": "x", "duration": str(seconds), "aspect_ratio": "9:16", **more}
        before, clock = spent(), time.perf_counter()
        await draw(endpoint, arguments, storyboard, folder)
        cpu, wall = spent() - before, time.perf_counter() - clock
        print(f"{title:22} {seconds:5} s {wall:7.2f} s {cpu:7.2f} s {cpu / seconds:9.3f}")
    image = next(e for e in catalogue.endpoints if e.makes == "image")
    before, clock = spent(), time.perf_counter()
    await draw(image, {"prompt": "Maya Brooks"}, {"view": "front", "cast": cast}, folder)
    print(f"{'still':22} {'':7} {time.perf_counter() - clock:7.2f} s {spent() - before:7.2f} s")


def main() -> None:
    """Print the table."""
    imports = spent()
    options = argparse.ArgumentParser(description="What a free draft costs.")
    options.add_argument("--seconds", type=int, default=8, help="how long the single clips are (default: 8)")
    seconds: int = options.parse_args().seconds
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{'':22} {'makes':>7} {'wall':>9} {'CPU':>9} {'CPU/s':>9} {'target':>9}")
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        anyio.run(parts, Path(folder), seconds)
    print(f"{'imports of this file':22} {'':7} {'':9} {imports:7.2f} s")


if __name__ == "__main__":
    main()
