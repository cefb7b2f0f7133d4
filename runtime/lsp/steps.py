"""The steps of a plan that a scene has for itself."""

from adc.compiler.plan import Plan, Step


def scene_steps(plan: Plan | None, name: str) -> tuple[Step, ...]:
    """The steps that are there for the scene `name`, in the order of the plan; none without a plan."""
    return tuple(step for step in plan.steps if step.id.startswith(f"{name}.")) if plan else ()
