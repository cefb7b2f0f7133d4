"""One line a fact, for terminals, pipes and logs alike."""

import sys
from typing import TextIO

from adc.compiler.plan import Plan
from adc.compiler.units import dollars_text
from adc.runtime.events import Event, StepBlocked, StepFailed, StepFinished, StepNoted, StepStarted


class PlainReporter:
    """Writes what happens to `stream`, counting finished steps against those of the plan."""

    def __init__(self, plan: Plan, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._all = len(plan.steps)
        self._width = max(len(step.id) for step in plan.steps)
        self._purpose = {step.id: step.purpose for step in plan.steps}
        self._ended = 0

    def __call__(self, event: Event) -> None:
        """Write one line about the event."""
        match event:
            case StepStarted(step):
                self._line(" ", "start", step, self._purpose[step])
            case StepNoted(step, text):
                self._line(" ", "", step, text)
            case StepFinished(step, "cached", _, _):
                self._count()
                self._line(self._progress(), "cached", step, "")
            case StepFinished(step, how, seconds, usd):
                self._count()
                cost = f", {dollars_text(usd)}" if how == "bought" else ""
                self._line(self._progress(), how, step, f"{seconds:.1f} s{cost}")
            case StepFailed(step, sentence):
                self._count()
                self._line(self._progress(), "FAILED", step, sentence)
            case StepBlocked(step, by):
                self._count()
                self._line(self._progress(), "blocked", step, f"needs {by}")

    def _count(self) -> None:
        self._ended += 1

    def _progress(self) -> str:
        return f"{self._ended}/{self._all}"

    def _line(self, count: str, word: str, step: str, text: str) -> None:
        line = f"{count:>7}  {word:<7}  {step:<{self._width}}  {text}".rstrip()
        print(line, file=self._stream, flush=True)
