"""What a build is given in the place of a seller when it may buy nothing."""

from adc.compiler.digest import Engine
from adc.compiler.plan import Step
from adc.runtime.errors import SpendRefused
from adc.runtime.ports import Made, Workspace


class LockedHandler:
    """Makes nothing, in the name of `engine`: what it bought once has the keys that it had."""

    remote = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def engine(self, step: Step) -> Engine:  # noqa: ARG002  # the same for every step
        """Whose results are looked for."""
        return self._engine

    async def run(self, step: Step, workspace: Workspace) -> Made:  # noqa: ARG002  # nothing is done
        """Raises SpendRefused: what is missing is known before, so nobody should have asked."""
        raise SpendRefused(f"{step.id} is neither in the lock nor in the store; nothing was spent")
