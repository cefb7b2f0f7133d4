"""What `adc` costs before it does any work, against a bare Python: `python tests/benchmarks/startup.py [--runs N]`.

Whole processes are counted, in processor time, and compared with `python -c pass` of the same round: the ratio of two
medians hardly depends on the machine. The store is in the user's data folder, as it is where nobody names another.
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
TARGETS: Mapping[str, float] = {
    "adc --version": 2,
    "adc --help": 5,
    "adc check, unchanged": 3,
    "adc build, nothing to do": 6,
}


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
    }
    of_process((adc, "check", spec), folder, env)
    of_process((adc, "build", spec), folder, env)
    # A film that is younger than two seconds is read again instead of believed; so is everything at the first look.
    time.sleep(2.5)
    of_process((adc, "check", spec), folder, env)
    of_process((adc, "build", spec), folder, env)
    rounds = [[of_process(words, folder, env) for words in commands.values()] for _ in range(runs)]
    return {name: median(one[place] for one in rounds) for place, name in enumerate(commands)}


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
        print(f"{name:28} {1000 * seconds:5.1f} ms {seconds / measured[BASE]:6.2f}x {target}")


if __name__ == "__main__":
    main()
