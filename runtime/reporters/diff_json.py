"""A difference as JSON, for programs: `schemas/diff.v1.json`."""

from collections.abc import Sequence

from adc.compiler.changes import Change
from adc.compiler.diff import Bill, Difference, Differences, Part, StepFate
from adc.compiler.plan import Json

SCHEMA = "adc/diff/1"


def diff_json(differences: Differences, sides: tuple[str, str], notes: Sequence[str]) -> Json:
    """The document. `sides` are what people call what was compared, `notes` sentences about how it was."""
    return {
        "schema": SCHEMA,
        "before": sides[0],
        "after": sides[1],
        "notes": list(notes),
        "differs": differences.differs,
        **_money(differences),
        "ads": [_ad(ad) for ad in differences.ads],
    }


def _money(difference: Difference | Differences) -> dict[str, Json]:
    return {
        "bought": _bill(difference.bought),
        "plan": {
            "before": _bill(difference.before),
            "after": _bill(difference.after),
            "difference": str(difference.usd),
        },
    }


def _bill(bill: Bill) -> Json:
    return {"usd": str(bill.usd), "steps": bill.steps, "unknown": list(bill.unknown), "estimated": bill.estimated}


def _ad(ad: Difference) -> Json:
    return {
        "name": ad.ad,
        "choices": dict(ad.choices),
        "differs": ad.differs,
        **_money(ad),
        "parts": [_part(part) for part in ad.parts],
    }


def _part(part: Part) -> Json:
    return {
        "kind": part.kind,
        "name": part.name,
        "was": None if part.state == "added" else part.was or part.name,
        "state": part.state,
        "moved": part.moved,
        "changes": [_change(one) for one in part.changes],
        "steps": [_step(step) for step in part.steps],
    }


def _change(one: Change) -> Json:
    told: dict[str, Json] = {
        "about": one.about,
        "name": one.name,
        "steps": list(one.steps),
        "before": one.before,
        "after": one.after,
    }
    if one.about == "words":
        told["runs"] = [{"kind": run.kind, "text": run.text} for run in one.runs]
    return told


def _step(step: StepFate) -> Json:
    return {
        "id": step.id,
        "was": None if step.new else step.was or step.id,
        "paid": step.kind == "paid",
        "fate": step.fate,
        "usd": {"before": str(step.before), "after": str(step.after)},
        "mark": step.mark,
        "why": list(step.why),
        "because": step.because or None,
    }
