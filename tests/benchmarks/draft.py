"""CPU seconds per second of drafted clip: `python tests/benchmarks/draft.py [SECONDS]`.

Counts this process and its children (encoder and voice): the frames, the encoding at half size and the speech. The
start of the interpreter and its imports are measured before and told apart, because a build pays them once.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.boards import bottle, portrait

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.plan import Json
from adc.runtime.draft.draw import draw


def spent() -> float:
    """CPU seconds of this process and of its ended children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


async def main() -> None:
    """Print one line a case."""
    before = spent()
    print(f"imports                        {before:6.2f} s CPU, once")
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    catalogue = builtin()
    speaking = next(
        e for e in catalogue.endpoints if e.makes == "video" and e.takes.speech and asked in e.takes.seconds
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
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
            ("silent", speaking, {"generate_audio": False}, brief),
            ("speaking", speaking, {}, {**brief, "lines": lines}),
            ("from a start frame", speaking, {"start_image_url": str(start)}, {**brief, "continues": True}),
        ]
        for title, endpoint, more, storyboard in cases:
            arguments: dict[str, Json] = {"prompt": "x", "duration": str(asked), "aspect_ratio": "9:16", **more}
            since, clock = spent(), time.perf_counter()
            await draw(endpoint, arguments, storyboard, folder)
            cpu, wall = spent() - since, time.perf_counter() - clock
            print(f"{title:30} {cpu / asked:6.3f} s CPU per second of clip ({asked} s in {wall:.2f} s)")
        since = spent()
        image = next(e for e in catalogue.endpoints if e.makes == "image")
        await draw(image, {"prompt": "Maya Brooks"}, {"view": "front", "cast": cast}, folder)
        print(f"{'a still':30} {spent() - since:6.3f} s CPU")


if __name__ == "__main__":
    anyio.run(main)
