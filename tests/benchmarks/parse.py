"""How fast a spec is read, against Lark on the same grammar: `python tests/benchmarks/parse.py [--runs N]`.

Lark is used as it comes: its basic lexer, its LALR parser, positions, a tree. `adc` goes from the text to its nodes,
every value read. Both parse the same file in turn, in processor time. Then ten and a hundred times as much. Start-up is
whole processes: importing the parser and reading `specs/glow_serum.ad`, against one that imports Lark.
"""

import argparse
import os
import re
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lark import Lark
from support.processor import of_process

from adc.compiler.parse import parse

SPEC = Path(__file__).resolve().parent.parent.parent / "specs" / "glow_serum.ad"
ADC = "from adc.compiler.parse import parse; parse('a', open({!r}, encoding='utf-8').read())"


def enlarged(source: str, size: int) -> str:
    """A spec of at least `size` characters: the scenes of `source` again and again, under new names."""
    head, mark, film = source.partition("\n# The problem")
    parts = [head]
    length = len(head)
    while length < size:
        part = re.sub(r"^(scene|card) (\w+)", rf"\1 \2_{len(parts)}", mark + film, flags=re.MULTILINE)
        parts.append(part)
        length += len(part)
    return "".join(parts)


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds that `work` takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description="How fast a spec is read.")
    options.add_argument("--runs", type=int, default=5, help="rounds (default: 5)")
    runs: int = options.parse_args().runs
    source = SPEC.read_text(encoding="utf-8")
    large = enlarged(source, 1_000_000)
    lark = Lark.open_from_package(
        "adc.grammar", "ad.lark", ("",), parser="lalr", lexer="basic", propagate_positions=True
    )
    rounds = [(seconds(lambda: lark.parse(large)), seconds(lambda: parse("a", large))) for _ in range(runs)]
    theirs, ours = (median(each) for each in zip(*rounds, strict=True))
    print(f"{len(large):,} characters, median of {runs}")
    print(f"  Lark, text to tree   {theirs:6.3f} s")
    print(f"  adc, text to nodes   {ours:6.3f} s   {theirs / ours:.2f} times as fast")
    tracemalloc.start()
    document = parse("a", large)
    most = tracemalloc.get_traced_memory()[1] / 1e6
    print(f"  memory: {most:.0f} MB at most for {len(document[0].statements):,} declarations")
    tracemalloc.stop()
    print("\nlinear")
    for size in (100_000, 1_000_000, 10_000_000):
        text = enlarged(source, size)
        spent = seconds(lambda text=text: parse("a", text))  # type: ignore[misc]
        print(f"  {len(text):12,} characters  {spent:7.3f} s  {1e6 * spent / len(text):.3f} µs each")
    commands = {
        "python -c pass": "pass",
        "import lark": "import lark",
        "adc: import, parse": ADC.format(str(SPEC)),
    }
    starts = [
        [of_process((sys.executable, "-c", code), SPEC.parent, os.environ) for code in commands.values()]
        for _ in range(15)
    ]
    print("\nwhole processes, median of 15")
    for place, name in enumerate(commands):
        print(f"  {name:20} {1000 * median(each[place] for each in starts):6.1f} ms")


if __name__ == "__main__":
    main()
