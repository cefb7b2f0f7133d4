"""How close the executor comes to the best possible: `python tests/benchmarks/executor.py [--runs N]`.

There are 1,001 steps of a second, of which 100 may run at once, and eleven of them wait for each other in a chain.
No order of work can end before max(depth, waves): the chain takes 11 steps one after another, and 1,001 steps in
100 places take 11 rounds. Everything is real but the seller: each step writes its attempt to the ledger three times,
and its picture goes to the store and the step cache, all flushed to the disk. First come, first served is computed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import median

import anyio
import anyio.to_thread

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.fakes import Heard, Shelf, handlers_of, plan_of, shelf_at, step_of
from support.schedule import makespan

from adc.compiler.digest import Engine
from adc.compiler.plan import Plan, Price, Step
from adc.runtime.execute import execute
from adc.runtime.policy import Limits, remaining_seconds
from adc.runtime.ports import Made, Purchase, Receipt, Workspace

STEPS, PLACES, CHAIN = 1001, 100, 11
TARGET = 1.02


class Seller:
    """A remote handler whose model takes a fixed time; it keeps the books as the real one does."""

    remote = True

    def __init__(self, shelf: Shelf, seconds: float) -> None:
        self._shelf = shelf
        self._seconds = seconds

    def engine(self, step: Step) -> Engine:
        """Always the same."""
        return Engine("seller")

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Intend, submit, wait, complete, and write a picture of 4 KiB."""
        ledger = self._shelf.ledger
        price = Price(Decimal("0.1"), "1", "image", "exact")
        attempt = await ledger.intend(
            Purchase(workspace.key, "bench", step.id, "e", "seller", step.arguments, {}, price)
        )
        request = f"request-{attempt}"
        await ledger.submitted(attempt, request_id=request, status_url="u", response_url="u")
        await anyio.sleep(self._seconds)
        await ledger.completed(attempt, result={"image": "u"}, usd=Decimal("0.1"), billed_units="1")
        path = workspace.folder / "image.png"
        await anyio.to_thread.run_sync(path.write_bytes, workspace.key.encode().ljust(4096, b"."))
        return Made({"image": path}, Receipt("seller", Decimal("0.1"), request))


def crowd() -> Plan:
    """The chain stands last in the plan, where first come, first served serves it last."""
    independent = [step_of(f"still.{number:04}") for number in range(STEPS - CHAIN)]
    chain = [step_of("link.00")]
    for number in range(1, CHAIN):
        chain.append(step_of(f"link.{number:02}", chain[-1].id))
    return plan_of(*independent, *chain)


async def measure(plan: Plan, root: Path, seconds: float) -> tuple[float, float]:
    """Wall and processor seconds of a build from nothing."""
    with shelf_at(root) as shelf:
        wall, cpu = time.perf_counter(), time.process_time()
        outcome = await execute(
            plan,
            handlers=handlers_of(Seller(shelf, seconds)),
            store=shelf.store,
            cache=shelf.cache,
            reporter=Heard(),
            limits=Limits(remote=PLACES, local=1),
        )
        spent = time.perf_counter() - wall, time.process_time() - cpu
        assert len(outcome.results) == len(plan.steps)
        assert all(entry.state == "fetched" for entry in shelf.ledger.attempts())
        return spent


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description="The executor against the bound.")
    options.add_argument("--runs", type=int, default=3, help="builds; the median and the best are told (default: 3)")
    options.add_argument("--seconds", type=float, default=1.0, help="how long a step takes (default: 1)")
    asked = options.parse_args()
    runs: int = asked.runs
    seconds: float = asked.seconds
    plan = crowd()
    bound = max(CHAIN, -(-STEPS // PLACES)) * seconds
    remaining = remaining_seconds(plan.steps)
    orders: Sequence[tuple[str, Callable[[Step], float]]] = (
        ("first come, first served (computed)", lambda _step: 0.0),
        ("longest path first (computed)", lambda step: -remaining[step.id]),
    )
    computed = {name: makespan(plan.steps, PLACES, rank) * seconds for name, rank in orders}
    with tempfile.TemporaryDirectory() as folder:
        builds = [anyio.run(measure, plan, Path(folder) / str(run), seconds) for run in range(runs)]
    walls, cpus = zip(*builds, strict=True)
    measured = {"adc, ledger and store on (median)": median(walls), "adc, ledger and store on (best)": min(walls)}
    print(f"{f'{STEPS} steps of {seconds:g} s, {PLACES} at once':36} {'wall':>9} {'ratio':>7} {'target':>7}")
    print(f"{'max(depth, waves)':36} {bound:7.3f} s {1:7.3f}")
    for name, value in computed.items():
        print(f"{name:36} {value:7.3f} s {value / bound:7.3f}")
    for name, value in measured.items():
        print(f"{name:36} {value:7.3f} s {value / bound:7.3f} {TARGET:7.3f}")
    print(f"\nprocessor: {median(cpus):.2f} s, {1000 * median(cpus) / STEPS:.2f} ms a step")


if __name__ == "__main__":
    main()
