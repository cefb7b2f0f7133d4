"""A compiled spec as a test asks about it: what it costs, how long it lasts, what each model is told."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction

from adc.compiler.catalogue import Catalogue
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.plan import Plan, Step, StepRef, spliced
from adc.compiler.render import render
from adc.compiler.units import dollars_text, frames_in, seconds_text
from adc.runtime.forecast import purchases, usd_of
from adc.runtime.reporters.columns import columns


@dataclass(frozen=True, slots=True, eq=False)
class AdPlan:
    """A spec without errors. `spec` is its path as people would type it, `plan` the plan as `adc plan --json` has it.

    `diagnostics` are the warnings.
    """

    spec: str
    plan: Plan
    diagnostics: tuple[Diagnostic, ...]
    _texts: Mapping[str, str]
    _prefix: str
    _catalogue: Catalogue

    @property
    def usd(self) -> Decimal:
        """Dollars that the ad costs live while nothing is in the store; a price that nobody knows counts nothing."""
        return usd_of(purchases([self.plan]))

    @property
    def seconds(self) -> Fraction:
        """How long the film lasts: exact, so `plan.seconds == 30` can be relied on."""
        return Fraction(self.plan.frames, self.plan.rate)

    @property
    def scenes(self) -> Mapping[str, Fraction]:
        """The seconds of everything on screen by its name, scenes, cards and morphs, in the order of the film."""
        return {placed.id: Fraction(placed.kept) for placed in self.plan.timeline}

    @property
    def steps(self) -> Mapping[str, Step]:
        """Every step by its id, such as `hook.clip`, in an order in which each stands after those that it needs."""
        return {step.id: step for step in self.plan.steps}

    def prompt(self, name: str) -> str:
        """What the model of a scene or a step is told; of a scene in several clips, a paragraph each.

        Words that another step is yet to write stand as `{{ maya.looks }}`. Raises LookupError for a name that there is
        not, and for what is not told anything.
        """
        __tracebackhide__ = True
        told = [words for step in self._makers(name) if (words := self._words(step))]
        if not told:
            raise LookupError(f"{name} of {self.spec} is told no words")
        return "\n\n".join(told)

    def model(self, name: str) -> str:
        """The model that makes a scene or a step, as behind `using`.

        Raises LookupError for a name that there is not, and for what is made here, by no model.
        """
        __tracebackhide__ = True
        for step in self._makers(name):
            if step.endpoint is not None:
                return self._catalogue.endpoint(step.endpoint).model
        raise LookupError(f"{name} of {self.spec} is made here, by no model")

    def assert_clean(self) -> None:
        """Raises AssertionError where the compiler warns of anything, with all warnings as `adc plan` shows them."""
        __tracebackhide__ = True
        if self.diagnostics:
            raise AssertionError(f"{self.spec} has warnings\n\n{drawn(self.diagnostics, self._texts, self._prefix)}")

    def assert_costs_at_most(self, usd: Decimal | float | str) -> None:
        """Raises AssertionError where the ad costs more dollars, or where nobody knows what a part of it costs."""
        __tracebackhide__ = True
        most = Decimal(str(usd).removeprefix("$"))
        bought = purchases([self.plan])
        unknown = [step.id for step in bought if step.price.mark == "unknown"]
        if unknown:
            raise AssertionError(f"nobody knows what {self.spec} costs: {', '.join(unknown)} has no price")
        if self.usd > most:
            over = f"{dollars_text(self.usd)}, which is {dollars_text(self.usd - most)} over {dollars_text(most)}"
            raise AssertionError("\n".join((f"{self.spec} costs {over}", *self._bill(bought))))

    def assert_lasts(self, seconds: Fraction | Decimal | float | str) -> None:
        """Raises AssertionError where the film lasts longer or shorter, by a frame or more; `"7.2s"` is taken too."""
        __tracebackhide__ = True
        wanted = Fraction(str(seconds).removesuffix("s"))
        if self.plan.frames != frames_in(wanted, self.plan.rate):
            off = "too long" if self.seconds > wanted else "too short"
            by = f"{seconds_text(self.seconds)} s, which is {seconds_text(abs(self.seconds - wanted))} s {off}"
            parts = (f"  {name} {seconds_text(length)} s" for name, length in self.scenes.items())
            raise AssertionError("\n".join((f"{self.spec} lasts {by}", *parts)))

    def _bill(self, bought: Iterable[Step]) -> Iterator[str]:
        """What is bought, the dearest first."""
        dearest = sorted(bought, key=lambda step: step.price.usd, reverse=True)
        rows = [(dollars_text(step.price.usd), step.id, self.model(step.id)) for step in dearest]
        yield from (f"  {line}" for line in columns(("price", "step", "model"), rows, right=("price",)))

    def _makers(self, name: str) -> tuple[Step, ...]:
        """The steps that make what is seen of a scene, or the one step of this name."""
        __tracebackhide__ = True
        steps = self.steps
        if name in steps:
            return (steps[name],)
        for placed in self.plan.timeline:
            if placed.id == name:
                return tuple(steps[step] for step in placed.steps)
        near = get_close_matches(name, [*self.scenes, *steps], n=1)
        meant = f"did you mean {near[0]}?" if near else f"it has {', '.join(self.scenes)}"
        raise LookupError(f"{self.spec} has neither a scene nor a step {name}; {meant}")

    def _words(self, step: Step) -> str:
        """The words that a step's model is told; empty where it takes none."""
        if step.endpoint is None:
            return ""
        request = self._catalogue.endpoint(step.endpoint).request
        told = spliced(step.arguments, lambda ref: f"{{{{ {ref.step} }}}}" if isinstance(ref, StepRef) else "")
        assert isinstance(request, dict)
        assert isinstance(told, dict)
        words = (told.get(name) for name, slot in request.items() if slot in ("$prompt", "$text"))
        return "\n".join(each for each in words if isinstance(each, str))

    def __repr__(self) -> str:
        """Short, since pytest shows it where a test fails."""
        return f"<{self.spec}: {seconds_text(self.seconds)} s, {dollars_text(self.usd)}>"


def drawn(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str], prefix: str) -> str:
    """Diagnostics as people read them."""
    return render(tuple(diagnostics), texts, prefix=prefix).rstrip("\n")
