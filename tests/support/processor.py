"""Processor seconds of whole processes, from start to exit, as the kernel counts them for a parent.

`resource.getrusage` counts in microseconds what a finished child and the children it waited for have used;
`os.times` would count the same in hundredths of a second, which is as long as a Python takes to start.
"""

import resource
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path


def of_children() -> float:
    """Processor seconds of all children that have ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def of_process(words: Sequence[str], folder: Path, env: Mapping[str, str]) -> float:
    """Run a command and count it. Raises CalledProcessError where it fails; what it prints is thrown away."""
    before = of_children()
    subprocess.run(words, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return of_children() - before


def installed_adc() -> str:
    """The command as people type it: the script that installing put beside this Python."""
    script = Path(sysconfig.get_path("scripts")) / "adc"
    if not script.exists():
        sys.exit(f"adc is not installed for {sys.executable}: pip install .")
    return str(script)
