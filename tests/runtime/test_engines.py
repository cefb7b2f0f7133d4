"""What stands for the handlers in a plan has their names, so that planning and making derive the same keys."""

from argparse import Namespace
from pathlib import Path
from typing import get_args

import anyio
import pytest
from support.fakes import step_of

from adc.compiler.plan import StepKind
from adc.runtime.cli.arguments import parser
from adc.runtime.cli.session import compile_or_complain, handlers_for, open_session
from adc.runtime.engines import makers

SPEC = 'ad glow "Glow" { size 270p 9:16 }\nscene hook 5s { action "a bottle on a table" }\n'


def arguments_for(engine: str, spec: Path) -> Namespace:
    words = {"draft": ["--draft"], "fal": [], "sim": ["--fal-url", "http://127.0.0.1:9"]}[engine]
    return parser().parse_args(["build", str(spec), *words])


@pytest.mark.parametrize("engine", ["draft", "fal", "sim"])
def test_they_are_called_alike(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "id:secret")
    spec = tmp_path / "glow.ad"
    spec.write_text(SPEC, encoding="utf-8")
    arguments = arguments_for(engine, spec)

    async def names() -> None:
        compilation = compile_or_complain(arguments)
        assert compilation is not None
        with open_session(str(tmp_path / "store")) as session:
            async with handlers_for(engine, arguments, compilation, session) as handlers:
                for kind in get_args(StepKind):
                    step = step_of("one", kind=kind)
                    stands_for = makers(engine)[kind]
                    assert stands_for.engine(step) == handlers[kind].engine(step)
                    assert stands_for.remote == handlers[kind].remote

    anyio.run(names)
