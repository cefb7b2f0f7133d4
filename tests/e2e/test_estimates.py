"""What a plan says, fal bills: each ad in `specs/` is bought whole, and plan, ledger and bill agree to the cent."""

import shutil
from decimal import Decimal
from pathlib import Path

import anyio
import pytest
from support.campaign import draw
from support.sim import KEY, Sim, sim_at

from adc.runtime.cli.arguments import parser
from adc.runtime.cli.session import compile_or_complain, handlers_for, open_session
from adc.runtime.events import Event
from adc.runtime.execute import Outcome, execute
from adc.runtime.ledger import Line
from adc.runtime.policy import Limits

SPECS = ("hello.ad", "glow_serum.ad", "park_bench.ad")


def _unheard(event: Event) -> None:
    """Where nobody listens."""


async def buy(spec: Path, sim: Sim, store: Path) -> tuple[Outcome, Decimal, tuple[Line, ...]]:
    """Make everything that is paid, and no film. Gives also what the plan says, and the ledger."""
    arguments = parser().parse_args(["build", str(spec), "--fal-url", sim.url])
    compilation = compile_or_complain(arguments)
    assert compilation is not None
    plan = compilation.plan
    with open_session(str(store)) as session:
        session.ingest(compilation)
        async with handlers_for("sim", arguments, compilation, session) as handlers:
            outcome = await execute(
                plan,
                handlers=handlers,
                store=session.store,
                cache=session.cache,
                reporter=_unheard,
                limits=Limits(remote=20, local=2),
                goal=[step.id for step in plan.steps if step.kind == "generate"],
            )
        return outcome, plan.usd, session.ledger.attempts()


def test_every_spec_is_tried(repository: Path) -> None:
    whole = [path.name for path in (repository / "specs").glob("*.ad") if "\nad " in path.read_text(encoding="utf-8")]
    assert sorted(whole) == sorted(SPECS)


@pytest.mark.parametrize("spec", SPECS)
def test_plan_ledger_and_bill_agree(
    repository: Path, tmp_path: Path, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", KEY)
    shutil.copytree(repository / "specs", tmp_path / "specs")
    with sim_at(tmp_path / "sim", draw=draw, runners=4) as sim:
        outcome, planned, ledger = anyio.run(buy, tmp_path / "specs" / spec, sim, tmp_path / "store")
        assert not outcome.failures
        paid = sum((line.usd for line in ledger), Decimal(0))
        assert {line.state for line in ledger} == {"fetched"}
        assert planned == paid == sim.total() > 0
