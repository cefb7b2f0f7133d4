"""Throws bytes at the compiler for as long as is asked: `python tests/benchmarks/fuzz.py CORPUS -max_total_time=3600`.

Needs `pip install atheris`, which guides the bytes by the code that they reach. The first run fills CORPUS with the
specs and the cases of the tests. Whatever is written, the compiler answers with a plan or with diagnostics whose spans
lie in their texts, and the formatter gives a text that it would not change again. What breaks that is printed, and kept
as `crash-*` in the current folder.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

atheris: Any = import_module("atheris")  # nobody needs it but this

with atheris.instrument_imports(include=["adc"]):
    from adc.compiler.catalogue import builtin
    from adc.compiler.files import MemoryFiles
    from adc.compiler.format import format_text
    from adc.compiler.pipeline import compile_spec

from support.spec_cases import pictures, read_cases  # noqa: E402  # behind what is instrumented

CASES = Path(__file__).resolve().parent.parent / "cases"
LIBRARY = b'character maya "Maya Brooks" {\n  reference "../refs/maya.png"\n  looks "freckles"\n  voice "Rachel"\n}\n'


def fill(corpus: Path) -> None:
    """Write down what people write, for the fuzzer to begin with."""
    corpus.mkdir(parents=True, exist_ok=True)
    specs = Path(__file__).resolve().parent.parent.parent / "specs"
    texts = [path.read_bytes() for path in specs.rglob("*.ad")]
    texts += [content for case in read_cases(CASES) for path, content in case.contents.items() if path.endswith(".ad")]
    for number, text in enumerate(texts):
        (corpus / f"spec-{number:03}").write_bytes(text)


def one(data: bytes) -> None:
    """What must hold for any bytes."""
    files = MemoryFiles({**pictures(), "cast/maya.ad": LIBRARY, "main.ad": data})
    compiled = compile_spec("main.ad", files, builtin())
    assert compiled.plan is not None or compiled.diagnostics
    for diagnostic in compiled.diagnostics:
        for span in (diagnostic.span, *(note.span for note in diagnostic.notes)):
            assert 0 <= span.start <= span.end <= len(compiled.texts.get(span.path, "")) or span.end == 0, diagnostic
    source = compiled.texts.get("main.ad")
    if source is not None:
        formatted = format_text(source)
        assert format_text(formatted) == formatted


def main() -> None:
    """Fuzz."""
    arguments = [word for word in sys.argv[1:] if not word.startswith("-")]
    if arguments and not Path(arguments[0]).is_dir():
        fill(Path(arguments[0]))
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
