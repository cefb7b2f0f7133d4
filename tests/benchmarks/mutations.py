"""Every mutation of every spec of `specs/`, counted: `python tests/benchmarks/mutations.py`.

Each token is deleted, doubled and swapped with the next. What is still a spec is counted as valid; else a diagnostic
has to stand in the declaration that was touched. Whatever does not is printed.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.mutations import mutations, points_at, project

from adc.compiler.catalogue import builtin
from adc.compiler.files import MemoryFiles
from adc.compiler.pipeline import compile_spec

SPECS = Path(__file__).resolve().parent.parent.parent / "specs"
IMPORTERS = {"cast/maya.ad": "hello.ad"}


def main() -> None:
    """Print the table, and what was told at the wrong place."""
    files, catalogue = project(SPECS), builtin()
    print(f"{'file':20} {'mutations':>9} {'valid':>6} {'told there':>10} {'elsewhere':>9} {'slowest':>9}")
    for path in sorted(path for path in files if path.endswith(".ad")):
        valid, there, slowest = 0, 0, 0.0
        elsewhere = []
        for mutation in mutations(files[path].decode()):
            begun = time.perf_counter()
            project_files = MemoryFiles({**files, path: mutation.source.encode()})
            compiled = compile_spec(IMPORTERS.get(path, path), project_files, catalogue)
            slowest = max(slowest, time.perf_counter() - begun)
            if compiled.plan is not None:
                valid += 1
            elif any(one.span.path == path and points_at(one, mutation.lines) for one in compiled.diagnostics):
                there += 1
            else:
                elsewhere.append(mutation.name)
        count = valid + there + len(elsewhere)
        print(f"{path:20} {count:9} {valid:6} {there:10} {len(elsewhere):9} {slowest * 1000:6.0f} ms")
        for name in elsewhere:
            print(f"  {name}")


if __name__ == "__main__":
    main()
