"""How long a whole compilation takes, text to plan: `python tests/benchmarks/compile.py [--runs N]`.

A spec of 1,000 scenes, each with a cast, a model, five texts and a line to say, is compiled in one process and parsed
by Lark as it comes (basic lexer, LALR, positions, a tree) in another, in turn and in processor time. Then a tenth and
ten times as many scenes, and the memory that each takes at most.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

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
product serum "Glow Serum" { looks "amber bottle" }
"""
SCENE = """
scene s{0} 8s {{
  using    kling_o3
  cast     maya, serum
  setting  "a small bright bathroom number {0}, morning"
  action   "{{{{ maya }}}} leans to the mirror and lifts {{{{ serum }}}} for the {0}th time"
  camera   "handheld selfie, slow push-in"
  light    "soft window light"
  says     maya "Okay, I almost gave up on my skin {0}."
}}
"""


def spec(scenes: int) -> str:
    """A spec of that many scenes."""
    return HEAD + "".join(SCENE.format(number) for number in range(scenes))


def compiled(scenes: int) -> float:
    """Processor seconds from text to plan, without imports."""
    from adc.compiler.catalogue import builtin
    from adc.compiler.files import MemoryFiles
    from adc.compiler.pipeline import compile_spec

    files, catalogue = MemoryFiles({"a.ad": spec(scenes).encode()}), builtin()
    compile_spec("a.ad", MemoryFiles({"a.ad": spec(1).encode()}), catalogue)  # what is imported late
    begun = time.process_time()
    found = compile_spec("a.ad", files, catalogue)
    seconds = time.process_time() - begun
    assert found.plan is not None, found.diagnostics
    return seconds


def parsed_by_lark(scenes: int) -> float:
    """Processor seconds from text to tree, without the analysis of the grammar."""
    from lark import Lark

    options = {"parser": "lalr", "lexer": "basic", "propagate_positions": True}
    lark, source = Lark.open_from_package("adc.grammar", "ad.lark", ("",), **options), spec(scenes)
    begun = time.process_time()
    lark.parse(source)
    return time.process_time() - begun


def of_child(what: str, scenes: int) -> tuple[float, float]:
    """What a process of its own measures: seconds, and the most megabytes that it held."""
    words = (sys.executable, __file__, "--one", what, str(scenes))
    seconds, megabytes = subprocess.run(words, capture_output=True, check=True, text=True).stdout.split()
    return float(seconds), float(megabytes)


def main() -> None:
    """Print the table, or what one process measures."""
    options = argparse.ArgumentParser(description="How long a whole compilation takes.")
    options.add_argument("--runs", type=int, default=5, help="how often each is measured (default: 5)")
    options.add_argument("--one", nargs=2, metavar=("WHAT", "SCENES"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        seconds = {"adc": compiled, "lark": parsed_by_lark}[chosen.one[0]](int(chosen.one[1]))
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    rounds = [(of_child("lark", 1000), of_child("adc", 1000)) for _ in range(chosen.runs)]
    lark, ours = (median(each[place][0] for each in rounds) for place in (0, 1))
    print(f"{'1,000 scenes, parsed by Lark':32} {1000 * lark:8.0f} ms")
    print(f"{'1,000 scenes, compiled':32} {1000 * ours:8.0f} ms  {ours / lark:5.2f} x Lark, target 2")
    for scenes in (100, 1000, 10_000):
        seconds, megabytes = of_child("adc", scenes)
        each = 1000 * seconds / scenes
        print(f"{scenes:6,} scenes{'':18} {1000 * seconds:8.0f} ms  {each:5.2f} ms each {megabytes:6.0f} MB")


if __name__ == "__main__":
    main()
