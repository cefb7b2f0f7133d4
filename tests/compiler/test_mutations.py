"""Slips of a hand: whichever token is lost, doubled or swapped, the compiler says so where it happened.

All mutations of all specs are run; `tests/benchmarks/mutations.py` counts them.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mutations import mutations, points_at, project

from adc.compiler.catalogue import builtin
from adc.compiler.diagnostics import Severity
from adc.compiler.files import MemoryFiles
from adc.compiler.pipeline import compile_spec
from adc.compiler.render import render

SPECS = Path(__file__).parent.parent.parent / "specs"
FILES = project(SPECS)
SOURCES = tuple(sorted(path for path in FILES if path.endswith(".ad")))
IMPORTERS = {"cast/maya.ad": "hello.ad"}
"""Libraries, with a spec that imports them."""


@pytest.mark.parametrize("path", SOURCES)
def test_a_mutated_spec_is_valid_or_told_where_it_was_touched(path: str) -> None:
    catalogue = builtin()
    spec = IMPORTERS.get(path, path)
    for mutation in mutations(FILES[path].decode()):
        files = MemoryFiles({**FILES, path: mutation.source.encode()})
        compiled = compile_spec(spec, files, catalogue)
        assert (compiled.plan is None) == any(one.severity is Severity.ERROR for one in compiled.diagnostics)
        if compiled.plan is None:
            near = [one for one in compiled.diagnostics if one.span.path == path and points_at(one, mutation.lines)]
            assert near, f"{mutation.name}\n{render(compiled.diagnostics, compiled.texts)}"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_text_in_a_spec_compiles_or_is_told(data: st.DataObject) -> None:
    source = FILES["hello.ad"].decode()
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 40)))
    wild = data.draw(st.text(st.characters(codec="utf-8"), max_size=20))
    files = MemoryFiles({**FILES, "hello.ad": (source[:start] + wild + source[end:]).encode()})
    compiled = compile_spec("hello.ad", files, builtin())
    assert (compiled.plan is not None) or compiled.diagnostics
