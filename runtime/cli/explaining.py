"""What explains the steps of a plan here: the store, the lock beside the spec, and what was written down of the past.

What a step was before is what the lock has accepted for it, else what the last build had, under the same choices first.
A step that no build had by its name may be one that was renamed: then it is the one among those that are gone which
shares most of its words.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from adc.compiler.plan import Json, Step
from adc.runtime.cli.occasion import entries_of
from adc.runtime.cli.session import Compilation, Session
from adc.runtime.engines import makers
from adc.runtime.explain import Explainer, Known
from adc.runtime.forecast import Forecast, forecast
from adc.runtime.past import Past

_WORD: Final = re.compile(r"\w+")

_ALIKE: Final = 2 / 3
"""Words that two requests have to share for one to be the other, renamed."""


def explainer_of(compilation: Compilation, engine: str, session: Session) -> tuple[Explainer, Mapping[str, Forecast]]:
    """What explains the steps of a plan, and what is said of each. Raises StoreError."""
    plan, holds, handlers = compilation.plan, session.holds(compilation), makers(engine)
    told = forecast(plan, handlers, session.cache, opened=session.ledger.opened, holds=holds)
    said = {one.step_id: one for one in told}
    keys = {step: one.key for step, one in said.items() if one.status in ("cached", "stale") and one.key is not None}
    outputs = session.cache.outputs(keys.values())
    known = Known(
        said=said,
        outputs={step: outputs[key] for step, key in keys.items() if key in outputs},
        engine=lambda step: handlers[step.kind].engine(step),
        before=_Before(compilation, engine, session),
        past=session.cache.pasts.of,
        result=session.cache.lookup,
        entries=entries_of(compilation),
    )
    return Explainer(plan, known), said


class _Before:
    """Which key a step had before."""

    def __init__(self, compilation: Compilation, engine: str, session: Session) -> None:
        self._pasts = session.cache.pasts
        self._steps = {step.id: step for step in compilation.plan.steps}
        self._decided: dict[str, str] = {}
        if engine != "draft":
            accepted = (one for one in compilation.lock.decisions if one.verdict == "accepted")
            self._decided = {one.step: one.key for one in accepted if one.of == compilation.of}
            self._decided |= {step: one.key for step, one in compilation.decisions.items()}
        self._was = {step: one.step for step, one in compilation.decisions.items() if one.step not in self._steps}
        last = self._pasts.last(compilation.plan.name, engine)
        own = [one for one in last if one.of == compilation.of]
        self._last = {one.step: one.key for one in (*reversed(last), *own)}
        self._gone = [one.key for one in own if one.step not in self._steps]

    def __call__(self, step: str) -> str | None:
        """The key; None for what was never made."""
        decided = self._decided.get(step)
        if decided is not None and self._pasts.of(decided) is not None:
            return decided
        return self._last.get(step) or decided or self._renamed(self._steps[step])

    def _renamed(self, step: Step) -> str | None:
        """The key of what was renamed to this step: a purchase, or what is made here beside one."""
        if step.kind == "generate":
            past = self._alike(step)
            return past.key if past is not None else None
        scene, _, rest = step.id.partition(".")
        beside = (one for one in self._steps.values() if one.id.startswith(f"{scene}.") and one.kind == "generate")
        names = {self._called(one).partition(".")[0] for one in beside} - {scene, ""}
        return next((self._last[f"{name}.{rest}"] for name in sorted(names) if f"{name}.{rest}" in self._last), None)

    def _called(self, step: Step) -> str:
        """What a purchase was called, if it was renamed."""
        if step.id in self._was:
            return self._was[step.id]
        past = self._alike(step) if step.id not in self._last else None
        return past.step if past is not None else ""

    def _alike(self, step: Step) -> Past | None:
        words = _words(step.arguments)
        found = ((_shared(words, past), past) for past in self._lost if past.material["output"] == step.output)
        share, past = max(found, key=lambda one: one[0], default=(0.0, None))
        return past if share >= _ALIKE else None

    @cached_property
    def _lost(self) -> list[Past]:
        """Purchases of steps that the plan does not have any more."""
        pasts = map(self._pasts.of, self._gone)
        return [past for past in pasts if past is not None and past.material["kind"] == "generate"]


def _shared(words: frozenset[str], past: Past) -> float:
    others = _words(past.material["arguments"])
    return 2 * len(words & others) / max(1, len(words) + len(others))


def _words(arguments: Json) -> frozenset[str]:
    return frozenset(word.lower() for text in _texts(arguments) for word in _WORD.findall(text))


def _texts(value: Json) -> Iterator[str]:
    """The words of a request; what stands for the bytes behind a reference is none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if not name.startswith("$") or name == "$text":
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
