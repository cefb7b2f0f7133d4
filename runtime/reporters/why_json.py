"""Why steps are what they are, as the data of `schemas/why.v1.json`."""

from dataclasses import asdict

from adc.compiler.plan import Json, Step
from adc.compiler.rewording import reworded
from adc.runtime.explain import Answer, Explanation, Reason, Spot
from adc.runtime.past import Past

SCHEMA = "adc/why/1"


def why_json(answer: Answer) -> Json:
    """The document."""
    following = answer.following
    return {
        "schema": SCHEMA,
        "engine": answer.engine,
        "steps": [_step(one, answer) for one in answer.steps],
        "behind": [_step(one, answer) for one in answer.roots],
        "following": {
            "bought": [{"step": step.id, **_price(step, answer)} for step in following.bought],
            "cut": [step.id for step in following.cut],
            "kept": [step.id for step in following.keeps],
            "usd": "0" if answer.engine == "draft" else str(following.usd),
            "unknown": [] if answer.engine == "draft" else [*following.unknown],
        },
    }


def _price(step: Step, answer: Answer) -> dict[str, Json]:
    """What a step costs; a draft costs nothing."""
    if answer.engine == "draft":
        return {"usd": "0", "mark": "exact"}
    return {"usd": str(step.price.usd), "mark": step.price.mark}


def _step(one: Explanation, answer: Answer) -> Json:
    return {
        "step": one.step.id,
        "status": one.said.status,
        "after": one.said.after,
        "key": one.said.key,
        "stands": one.stands,
        "price": _price(one.step, answer),
        "reasons": [_reason(one, reason, answer) for reason in one.reasons],
        "wording": None if one.wording is None else {"before": one.wording[0], "after": one.wording[1]},
        "catalogue": [*one.entry],
        "asks_the_same": one.asked,
        "past": None if one.past is None else _past(one.past, kept=one.there is not None),
        "since": _since(Spot(one.step.id, ""), answer),
    }


def _past(past: Past, *, kept: bool) -> Json:
    return {
        "key": past.key,
        "step": past.step,
        "choices": past.of,
        "at": past.at,
        "adc": past.adc,
        "commit": past.commit,
        "in_store": kept,
    }


def _reason(one: Explanation, reason: Reason, answer: Answer) -> Json:
    worded = isinstance(reason.before, str) and isinstance(reason.after, str)
    runs = reworded(str(reason.before), str(reason.after)) if worded else ()
    return {
        "about": reason.about,
        "place": reason.place,
        "before": reason.before,
        "after": reason.after,
        "because": [cause.step.id for _, cause in answer.explainer.path(reason)],
        "words": [{"kind": run.kind, "text": run.text} for run in runs],
        "since": _since(one.spot(reason), answer),
    }


def _since(spot: Spot, answer: Answer) -> Json:
    since = answer.since.get(spot)
    if since is None:
        return None
    return {"how": since.how, "commit": None if since.commit is None else asdict(since.commit)}
