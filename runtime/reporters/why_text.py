"""Why steps are what they are, for people at a terminal: a headline for each, what differs, and what follows."""

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest

from adc.compiler.plan import Json, Step
from adc.compiler.rewording import reworded
from adc.compiler.units import dollars_text
from adc.runtime.explain import Answer, Explanation, Reason, Since, Spot
from adc.runtime.past import Past
from adc.runtime.reporters.diff_sentences import Style, Told, cropped
from adc.runtime.reporters.diff_text import drawn

_NAMED = 8
"""Steps that a line names; of more it says how many."""

_LINKS = 4
"""Steps that a chain names between its beginning and its end."""

_CAUSES = 3
"""Reasons that a headline names."""

_REASONS = 20
"""Reasons that are told of a step; of more it is said how many."""

_SHORT = 60
"""Letters up to which values are told as one and the other; longer words are told word by word."""


def why_lines(answer: Answer, *, colour: bool = False) -> Iterator[str]:
    """The lines. `colour` uses the terminal's colours."""
    for number, one in enumerate(answer.steps):
        if number:
            yield ""
        yield from _lines(one, answer, colour)
    for root in answer.roots[:_NAMED]:
        yield ""
        yield f"{root.step.id} {_standing(root, answer)}"
        yield from _drawn(_details(root, answer), colour)
    if len(answer.roots) > _NAMED:
        yield ""
        yield f"and {len(answer.roots) - _NAMED} more steps behind it have changed themselves"
    yield from _following(answer)


def brief_lines(answer: Answer) -> Iterator[str]:
    """A line for each step that is made, or that only the lock keeps from it."""
    told = [one for one in answer.steps if one.runs or one.said.status == "stale"]
    for one in told:
        why = (cause(one, answer) if one.own else _nearest(one, answer)) or _UNMADE[one.stands]
        yield f"{one.step.id}: {'kept as the lock has it, although ' if one.said.status == 'stale' else ''}{why}"
    if not told:
        yield "nothing will run"


def _nearest(one: Explanation, answer: Answer) -> str:
    """The first of the things that a step is made from and that are made again, with how many there are beside it."""
    told = [_cause(one, reason, answer) for reason in one.reasons[:1]]
    more = len(one.reasons) - 1
    return f"{''.join(told)}{f' ({more} more like it)' if more > 0 else ''}"


def cause(one: Explanation, answer: Answer) -> str:
    """The nearest causes of a step being another, as in `its prompt changed`; empty where none is known."""
    # Another model is asked otherwise, and what a draft is told follows the request.
    models = [reason for reason in one.own if reason.about == "model"]
    reasons = models or [reason for reason in one.own if reason.about != "brief"] or one.own or one.reasons
    told = list(dict.fromkeys(_cause(one, reason, answer) for reason in reasons))
    if len(told) > _CAUSES:
        told = [*told[: _CAUSES - 1], f"{len(told) - _CAUSES + 1} other things differ"]
    return _and(told)


def _lines(one: Explanation, answer: Answer, colour: bool) -> Iterator[str]:
    why = cause(one, answer) if one.own and one.said.status != "stale" else ""
    yield f"{one.step.id} {_standing(one, answer)}{f': {why}' if why else ''}"
    yield from _drawn((*_details(one, answer), *_before(one, answer)), colour)


def _drawn(lines: Iterable[Told], colour: bool) -> Iterator[str]:
    told = list(lines)
    width = max((len(one.label) for one in told), default=0)
    for one in told:
        yield f"  {one.label:<{width}}  {drawn(one, colour)}"


# What a step is, in a headline


def _standing(one: Explanation, answer: Answer) -> str:
    said = one.said
    match said.status:
        case "cached" if one.step.id in answer.decided:
            take, date = answer.decided[one.step.id]
            return f"is what the lock has, take {take} of {date}; nothing to do"
        case "cached" if one.stands == "other":
            return "is in the store already; the last time it was another"
        case "cached":
            return "is in the store; nothing to do"
        case "stale":
            price = _price(one.step, answer)
            anew = f"`{answer.refresh}` makes it anew{f' for {price}' if price else ''}"
            return f"is kept as the lock has it, although {cause(one, answer) or 'it would be another today'}; {anew}"
        case "spared":
            return "is not made: all that would need it is held by the lock"
        case "under way" if one.stands == "lost":
            return "was bought, and its file is gone from the store: the next build fetches it again, for free"
        case "under way":
            return "is under way: an earlier build has asked for it, and the next goes on with that"
        case "unsure":
            return f"may have been bought by an earlier build, whose answer was lost; {_will(one, answer, '')}"
        case "after" if said.key is not None:
            return f"is the same as {said.after}, and is made once with it"
        case "after" if one.own:
            return f"{_will(one, answer, ' again')} once there is what {said.after} makes"
        case "after" if one.stands in ("same", "other"):
            return f"{_will(one, answer, ' again')}, unless what {said.after} makes comes out as it was"
        case "after":
            return f"{_will(one, answer, '')} once there is what {said.after} makes: {_UNMADE[one.stands]}"
    if one.stands == "other":
        return _will(one, answer, " again")
    return f"{_will(one, answer, ' again' if one.stands == 'lost' else '')}: {_UNMADE[one.stands]}"


_UNMADE = {
    "never": "it was never made",
    "lost": "its file is gone from the store",
    "unknown": "it was made from something else, and nobody wrote down from what",
    "same": "it is as it was",
}


def _will(one: Explanation, answer: Answer, again: str) -> str:
    if one.step.kind != "generate":
        return f"will be {_cut(one.step)}{again} for free"
    price = _price(one.step, answer)
    return f"will be bought{again} for {price}" if price else f"will be drawn{again} for free"


def _cut(step: Step) -> str:
    return {"frame": "cut", "card": "drawn", "film": "cut", "archive": "packed"}.get(step.kind, "made")


def _price(step: Step, answer: Answer) -> str:
    """What a purchase costs; empty for what is free."""
    if step.kind != "generate" or answer.engine == "draft":
        return ""
    if step.price.mark == "unknown":
        return "an unknown price"
    return f"{'about ' if step.price.mark == 'estimated' else ''}{dollars_text(step.price.usd)}"


# Why it is another


def _cause(one: Explanation, reason: Reason, answer: Answer) -> str:
    path = answer.explainer.path(reason)
    if path:
        return f"{reason.place} {_chain(path, answer)}"
    match reason.about:
        case "model":
            return f"it is made by {reason.after}, and was by {reason.before}"
        case "take":
            return f"it is take {reason.after} now, and was take {reason.before}"
        case "engine":
            return "another program makes it"
        case "derivation":
            return "keys are derived otherwise by now"
        case "kind":
            return "it is another kind of work"
        case "brief":
            return "what it is told changed"
        case "file":
            was, now = (_path(value) for value in (reason.before, reason.after))
            return f"{now} has other bytes" if was == now else f"its {_name(reason)} changed"
    if one.asked:
        if one.wording is not None and reason.place == _PROMPT:
            return f"its prompt is worded by {one.wording[1]}, and was by {one.wording[0]}"
        if one.entry:
            return f"the catalogue has another {'way to ask' if 'request' in one.entry else 'schema of'} its model"
    return f"its {_name(reason)} changed"


_PROMPT = "prompt"


def _name(reason: Reason) -> str:
    """What is another, as people call it."""
    parts = [part for part in reason.place.split("/") if not part.isdecimal()]
    return parts[-1] if parts else reason.about


def _chain(path: Sequence[tuple[Reason, Explanation]], answer: Answer) -> str:
    """From what a step is made from to what is behind it, in one sentence."""
    last = path[-1][1]
    links = [f"is what {path[0][1].step.id} makes, which {_again(path[0][1], answer)}"]
    between = path[1:]
    if len(between) > _LINKS:
        between = [*between[: _LINKS - 2], path[-1]]
        links += [f"{cause.step.id} {_again(cause, answer)}" for _, cause in between[:-1]]
        more = len(path) - _LINKS
        links.append(f"of {more} more steps, the first of which is {last.step.id}, which {_again(last, answer)}")
    else:
        links += [f"{cause.step.id} {_again(cause, answer)}" for _, cause in between]
    why = cause(last, answer) if last.own else _END.get(last.stands, "")
    return " because ".join([*links, why] if why else links)


_END = {
    "lost": "its file is gone from the store",
    "unknown": "nobody wrote down what it was made from",
}


def _again(one: Explanation, answer: Answer) -> str:
    """What has become of something that another step needs."""
    if one.runs:
        return "is bought again" if one.step.kind == "generate" and answer.engine != "draft" else "is made again"
    return "came out otherwise when it was made again" if one.stands == "same" else "changed"


def _details(one: Explanation, answer: Answer) -> Iterator[Told]:
    """A line for each reason, with since when it is so."""
    if one.own and one.wording is not None and any(reason.place == _PROMPT for reason in one.own):
        yield Told("wording", _arrow(*(wording or "none" for wording in one.wording)))
    if one.own and one.entry:
        yield Told("catalogue", (("kept", f"its entry of {one.step.endpoint} has {_moved(one)}"),))
    told = one.reasons[:_REASONS]
    for reason, following in zip_longest(told, told[1:]):
        path = answer.explainer.path(reason)
        if path:
            yield Told(reason.place, (("kept", _chain(path, answer)),))
            continue
        yield _detail(reason)
        if reason.about == "model" and one.step.why:
            yield Told("cast", (("kept", one.step.why),))
        since = answer.since.get(one.spot(reason))
        # Of several things that are so since the same commit, the last says it.
        if since is not None and (following is None or since != answer.since.get(one.spot(following))):
            yield Told("", (("kept", _since(since)),))
    if len(one.reasons) > _REASONS:
        yield Told("", (("kept", f"and {len(one.reasons) - _REASONS} more things differ"),))


def _moved(one: Explanation) -> str:
    told = {"schema": "another schema", "request": "another way to fill a request"}
    return _and([told[part] for part in one.entry])


def _detail(reason: Reason) -> Told:
    label = reason.place or reason.about
    match reason.about:
        case "model":
            label = "model"
        case "file" | "made":
            was, now = (_used(value) for value in (reason.before, reason.after))
            return Told(label, _arrow(was, now))
        case "brief":
            label = f"brief {reason.place}".strip()
    was, now = _text(reason.before), _text(reason.after)
    worded = reason.about in ("argument", "brief") and isinstance(reason.before, str) and isinstance(reason.after, str)
    if worded and len(was) + len(now) > _SHORT:
        return Told(label, tuple(cropped(reworded(was, now))))
    return Told(label, _arrow(was, now))


def _arrow(old: str, new: str) -> tuple[tuple[Style, str], ...]:
    return ("removed", old), ("arrow", ""), ("added", new)


def _text(value: Json) -> str:
    """A value on one line."""
    match value:
        case None:
            return "none"
        case str():
            return " ".join(value.split())
        case {"$text": list(parts)}:
            return " ".join("".join(part if isinstance(part, str) else "{…}" for part in parts).split())
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _used(value: Json) -> str:
    """A file, by path and the begin of its digest, or what a step makes."""
    if not isinstance(value, dict):
        return _text(value)
    if "step" in value:
        return f"what {value['step']} makes"
    digest = str(value.get("digest", "")).removeprefix("sha256:")[:12]
    return f"{_path(value)} {digest}"


def _path(value: Json) -> str:
    return str(value.get("path") or "a file") if isinstance(value, dict) else "nothing"


def _since(since: Since) -> str:
    if since.how == "uncommitted" or since.commit is None:
        return "not committed yet"
    commit = since.commit
    when = f"{commit.id[:10]} of {commit.date}: {commit.subject}"
    return f"since {when}" if since.how == "commit" else f"since before {when}"


# What it was, and what follows


def _before(one: Explanation, answer: Answer) -> Iterator[Told]:
    past = one.past
    if one.stands == "never":
        since = answer.since.get(Spot(one.step.id, ""))
        if since is not None:
            yield Told("in the spec", (("kept", _since(since)),))
        return
    if past is None:
        return
    told = [f"{_how(one, past)} on {past.at[:10]}"]
    if past.step != one.step.id:
        told.append(f"for {past.step}")
    if past.of != answer.of:
        told.append(f"with {past.of or 'the usual choices'}")
    if past.commit:
        commit, _, dirty = past.commit.partition("-")
        told.append(f"at {commit[:10]}{' with changes that were not committed' if dirty else ''}")
    told.append(f"by adc {past.adc}")
    back = ""
    if one.stands == "other" and one.step.kind == "generate" and one.runs:
        back = "; it is still in the store, so going back costs nothing" if one.there else "; its file is gone since"
    yield Told("last time", (("kept", " ".join(told) + back),))


def _how(one: Explanation, past: Past) -> str:
    receipt = one.there.receipt if one.there is not None else None
    if one.step.kind != "generate":
        return "made"
    if past.engine == "draft":
        return "drawn"
    return f"bought for {dollars_text(receipt.usd)}" if receipt is not None else "bought"


def _following(answer: Answer) -> Iterator[str]:
    following = answer.following
    told: list[tuple[str, str]] = []
    if following.bought:
        label = "drawn too" if answer.engine == "draft" else "bought too"
        told.append((label, _listed(_priced(step, answer) for step in following.bought)))
    if following.cut:
        told.append(("cut again", f"{_listed(step.id for step in following.cut)}; free"))
    if following.keeps:
        told.append(("stays", f"{_listed(step.id for step in following.keeps)}, as the lock has it"))
    if answer.engine != "draft" and (following.usd or following.unknown):
        told.append(("in all", _sum(following.usd, following.unknown)))
    if not told:
        return
    yield ""
    yield "what follows"
    width = max(len(label) for label, _ in told)
    for label, words in told:
        yield f"  {label:<{width}}  {words}"


def _priced(step: Step, answer: Answer) -> str:
    price = _price(step, answer)
    return f"{step.id} for {price}" if price else step.id


def _sum(usd: Decimal, unknown: Sequence[str]) -> str:
    if not unknown:
        return dollars_text(usd)
    return f"{f'{dollars_text(usd)} and ' if usd else ''}an unknown amount for {_listed(unknown)}"


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every) if len(every) <= _NAMED else f"{', '.join(every[:_NAMED])} and {len(every) - _NAMED} more"


def _and(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])
