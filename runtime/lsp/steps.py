"""The steps of a plan that are there for one thing of a spec: a scene, a morph, a character, the music."""

from decimal import Decimal

from adc.compiler.plan import Plan, Step
from adc.compiler.units import dollars_text

OF_OTHERS = frozenset({"pack", "looks", "photos", "lora", "morph"})
"""What is made under the name of a character, or of the scene that a morph leads to, and not for a scene."""


def scene_steps(plan: Plan | None, name: str) -> tuple[Step, ...]:
    """The steps that are there for the scene `name`, in the order of the plan; none without a plan."""
    steps = plan.steps if plan else ()
    return tuple(step for step in steps if _is_of(step, name) and _kind(step, name) not in OF_OTHERS)


def other_steps(plan: Plan | None, name: str, *kinds: str) -> tuple[Step, ...]:
    """The steps of these kinds that are there for a character, or for the morph that leads to a scene."""
    steps = plan.steps if plan else ()
    return tuple(step for step in steps if _is_of(step, name) and _kind(step, name) in kinds)


def _is_of(step: Step, name: str) -> bool:
    return step.id.startswith(f"{name}.")


def _kind(step: Step, name: str) -> str:
    return step.id.removeprefix(f"{name}.").partition(".")[0]


def price_of(step: Step) -> str:
    """`$0.90`, `$0.90 (estimated)` or `price unknown`."""
    if step.price.mark == "unknown":
        return "price unknown"
    return f"{dollars_text(step.price.usd)}{' (estimated)' if step.price.mark == 'estimated' else ''}"


def total(steps: tuple[Step, ...]) -> str:
    """What steps cost together, as far as that is known."""
    known = sum((step.price.usd for step in steps if step.price.mark != "unknown"), Decimal(0))
    unknown = any(step.price.mark == "unknown" for step in steps)
    return f"**{dollars_text(known)}** in all" + (", and more whose price is not known" if unknown else "")
