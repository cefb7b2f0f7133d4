"""How soon diagnostics follow a keystroke: `python tests/benchmarks/lsp.py [--keys N] [--scenes N]`.

A real client opens a spec of 1,000 lines, waits for the whole compilation, and then types into the middle of it: after
each key it waits for the diagnostics of that very text, so the time holds both ways through the pipes. Half of the keys
break a name and half mend it again, and what is told has to say so.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.editor import editor, span

SPECS = Path(__file__).resolve().parent.parent.parent / "specs"
TARGET = 30


def long_spec(scenes: int) -> str:
    """A spec with that many scenes, nine lines each."""
    head = 'import "cast/maya.ad"\n\nad long "Long" {\n  size  1080p 9:16\n}\n'
    scene = """
scene number_{0} 8s {{
  using    veo3_1
  cast     maya
  setting  "a small bright bathroom, morning {0}"
  action   "{{{{ maya }}}} leans to the mirror and counts to {0}"
  camera   "handheld selfie, slow push-in"
  says     maya "I almost gave up on my skin, {0} times."
}}
"""
    return head + "".join(scene.format(number) for number in range(scenes))


async def measure(folder: Path, keys: int, scenes: int) -> list[tuple[float, float]]:
    """Seconds from each keystroke to the first diagnostics of its text, and to what they say of its names."""
    shutil.copytree(SPECS / "cast", folder / "cast")
    file, text = folder / "long.ad", long_spec(scenes)
    file.write_text(text, encoding="utf-8")
    middle = f"scene number_{scenes // 2} 8s {{\n  using    veo3_1\n  cast     "
    taken, old = [], f"{middle}maya"
    async with editor(folder) as client:
        client.open(file)
        await client.heard(file)
        await asyncio.sleep(5)  # until everything has been compiled and is warm
        for number in range(keys):
            # The comment makes every text a new one: what is remembered of an older text must not help.
            wrong = number % 2 == 0
            new = f"{middle}{'mayx' if wrong else 'maya'}  # key {number}"
            begun = time.perf_counter()
            client.change(file, new, span(text, old))
            await client.news(file)
            first = time.perf_counter()
            await client.heard(file, *(["AD0201"] if wrong else []))
            taken.append((first - begun, time.perf_counter() - begun))
            text, old = text.replace(old, new), new
            await asyncio.sleep(0.1)
    return taken


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description="How soon diagnostics follow a keystroke.")
    options.add_argument("--keys", type=int, default=60, help="keystrokes (default: 60)")
    options.add_argument("--scenes", type=int, default=110, help="scenes of the spec (default: 110)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        taken = asyncio.run(measure(Path(folder), chosen.keys, chosen.scenes))
    print(f"{long_spec(chosen.scenes).count(chr(10))} lines, {len(taken)} keys, target {TARGET} ms")
    for name, place in (("syntax, and what was known", 0), ("names and checks", 1)):
        times = [1000 * each[place] for each in taken]
        print(f"{name:28} median {median(times):5.1f} ms, slowest tenth {quantiles(times, n=10)[-1]:5.1f} ms")


if __name__ == "__main__":
    main()
