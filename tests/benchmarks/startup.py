"""What `adc` costs before it does any work, against a bare Python: `python tests/benchmarks/startup.py [--runs N]`.

Whole processes are counted, in processor time, and compared with `python -c pass` of the same round, the check of a
spec that has changed with a process that only imports Lark: the ratio of two medians hardly depends on the machine. The
store is in the user's data folder, as it is where nobody names another.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.processor import installed_adc, of_process

SPECS = Path(__file__).resolve().parent.parent.parent / "specs"
BASE = "python -c pass"
LARK = "python -c 'import lark'"
CHANGED = "adc check, changed"
TARGETS: Mapping[str, float] = {
    "adc --version": 2,
    "adc --help": 5,
    "adc check, unchanged": 3,
    "adc build, nothing to do": 6,
    CHANGED: 1.5,
}
"""Times the base: of a changed check `LARK`, of all others `BASE`."""


def measure(folder: Path, runs: int) -> Mapping[str, float]:
    """Median processor seconds of each command, run in turn."""
    adc, spec = installed_adc(), "specs/glow_serum.ad"
    shutil.copytree(SPECS, folder / "specs")
    ours = ("ADC_", "FAL_", "PYTHON")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env.update(HOME=str(folder / "home"), XDG_DATA_HOME=str(folder / "data"), XDG_CACHE_HOME=str(folder / "cache"))
    commands = {
        BASE: (sys.executable, "-c", "pass"),
        "adc --version": (adc, "--version"),
        "adc --help": (adc, "--help"),
        "adc check, unchanged": (adc, "check", spec),
        "adc build, nothing to do": (adc, "build", spec),
        LARK: (sys.executable, "-c", "import lark"),
    }
    edited = folder / "specs" / "edited.ad"
    shutil.copyfile(folder / spec, edited)
    of_process((adc, "check", spec), folder, env)
    of_process((adc, "build", spec), folder, env)
    # A film that is younger than two seconds is read again instead of believed; so is everything at the first look.
    time.sleep(2.5)
    of_process((adc, "check", spec), folder, env)
    of_process((adc, "build", spec), folder, env)
    rounds = []
    for number in range(runs):
        times = {name: of_process(words, folder, env) for name, words in commands.items()}
        with edited.open("a", encoding="utf-8") as file:
            file.write(f"# edit {number}\n")
        rounds.append({**times, CHANGED: of_process((adc, "check", "specs/edited.ad"), folder, env)})
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description="What adc costs before it does any work.")
    options.add_argument("--runs", type=int, default=40, help="rounds; each runs every command once (default: 40)")
    runs: int = options.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder), runs)
    print(f"{'median of ' + str(runs) + ' rounds':28} {'CPU':>8} {'ratio':>7} {'target':>7}")
    for name, seconds in measured.items():
        target = f"{TARGETS[name]:6g}x" if name in TARGETS else ""
        base = measured[LARK] if name == CHANGED else measured[BASE]
        print(f"{name:28} {1000 * seconds:5.1f} ms {seconds / base:6.2f}x {target}")


if __name__ == "__main__":
    main()
