"""Which model takes a scene, a still or a line, and why.

What a scene needs follows from what it is made of: references when its cast has pictures, start and end frames when
it has them, speech when somebody says a line, a length, a shape. An endpoint fits when it takes all of it; of those
that fit, the cheapest for the length that would be bought gets the part, ties going to the first by name. A model
named in the spec is cast among its own endpoints by the same rule.

Where nothing takes the references but there is a start frame, the start frame carries the faces and the references
are waived. Else the answer is a refusal which says what each of the nearest models lacks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from adc.compiler.catalogue import Catalogue, Endpoint, Makes
from adc.compiler.definitions import Character, Product
from adc.compiler.plan import Json
from adc.compiler.price import price
from adc.compiler.request import fill, resolution
from adc.compiler.units import seconds_text
from adc.compiler.vocabulary import likeliest

NEAREST: Final = 3
"""How many models a refusal tells about."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a part asks for. `references` counts people and things with pictures, and the style's picture.

    `seconds` is None for a still or a voice, `aspect` for a voice. `short_side` in pixels decides the resolution, and
    so the price, where an endpoint has several.
    """

    makes: Makes
    seconds: Fraction | None
    aspect: str | None
    references: int
    start: bool
    end: bool
    speech: bool
    short_side: int = 1080


@dataclass(frozen=True, slots=True)
class Casting:
    """An endpoint for a part. `seconds` is the length that is bought; `why` is one short sentence for the plan."""

    endpoint: Endpoint
    seconds: int | None
    references_waived: bool
    why: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing fits. `lacks` pairs the nearest models with what each lacks."""

    message: str
    lacks: tuple[tuple[str, str], ...] = ()
    hint: str = ""


def views_of(subject: Character | Product) -> tuple[str, ...]:
    """The pictures that stand for someone or something, the frontal one first; none where no picture is given.

    A view is the name of a pack's view, or `reference` for the picture of the spec itself: frontal is the pack's
    `front`, or the picture itself where the pack has no such view.
    """
    if subject.reference is None:
        return ()
    views = tuple(view.value for view in subject.pack) if isinstance(subject, Character) else ()
    frontal = "front" if "front" in views else "reference"
    return (frontal, *(view for view in views if view != frontal))


def cast(need: Need, catalogue: Catalogue, using: str | None) -> Casting | Refusal:
    """The endpoint for a part, of the model `using` where the spec names one."""
    candidates = tuple(endpoint for endpoint in catalogue.endpoints if endpoint.makes == need.makes)
    if using is not None:
        if not catalogue.of_model(using):
            return _unknown_model(using, catalogue.models(need.makes))
        candidates = tuple(endpoint for endpoint in candidates if endpoint.model == using)
        if not candidates:
            makes = catalogue.of_model(using)[0].makes
            choice = ", ".join(f"`{model}`" for model in catalogue.models(need.makes))
            return Refusal(
                f"`{using}` makes {_MEDIA[makes]}, not {_MEDIA[need.makes]}", hint=f"models that do: {choice}"
            )
    for asked in _ways(need):
        fitting = [endpoint for endpoint in candidates if not _lacks(endpoint, asked)]
        if fitting:
            return _cheapest(fitting, asked, using, waived=asked != need)
    return _refuse(candidates, need, using)


def _ways(need: Need) -> tuple[Need, ...]:
    """The need itself, then what would do instead: a start frame carries the faces that references would."""
    return (need, replace(need, references=0)) if need.references and need.start else (need,)


def bought(endpoint: Endpoint, seconds: Fraction) -> int | None:
    """The shortest legal length that covers `seconds`; None where the endpoint's longest clip is shorter."""
    return next((length for length in endpoint.takes.seconds if length >= seconds), None)


def _cheapest(fitting: list[Endpoint], need: Need, using: str | None, *, waived: bool) -> Casting:
    endpoint = min(fitting, key=lambda endpoint: (_cost(endpoint, need), endpoint.id))
    if using is not None:
        why = "named in the spec"
    else:
        models = len({each.model for each in fitting})
        asked = _asked(need, one=models == 1)
        if models == 1:
            why = f"the only model that {asked or 'fits'}"
        else:
            why = f"the cheapest of {models} that {asked or 'fit'}"
    if waived:
        why += "; the start frame stands in for the reference pictures"
    return Casting(endpoint, bought(endpoint, need.seconds) if need.seconds is not None else None, waived, why)


def _cost(endpoint: Endpoint, need: Need) -> Decimal:
    """Dollars for the part as it would be bought, of a voice a thousand characters; an unknown price comes last."""
    picture: Json = "picture"
    subjects: Json = [{"frontal": picture} for _ in range(need.references)]
    request = fill(
        endpoint,
        {
            "prompt": "",
            "text": "x" * 1000,
            "seconds": bought(endpoint, need.seconds) if need.seconds is not None else None,
            "aspect": need.aspect,
            "speech": need.speech,
            "resolution": resolution(endpoint, need.short_side),
            "subjects": subjects,
        },
    )
    amount = price(endpoint, request)
    return Decimal("Infinity") if amount.mark == "unknown" else amount.usd


def _asked(need: Need, *, one: bool) -> str:
    s = "s" if one else ""
    parts = [f"speak{s}"] if need.speech else []
    frames = ["references"] if need.references else []
    if need.start and need.end:
        frames.append("a start and an end frame")
    elif need.start:
        frames.append("a start frame")
    elif need.end:
        frames.append("an end frame")
    if frames:
        parts.append(f"take{s} {' and '.join(frames)}")
    return " and ".join(parts)


def _lacks(endpoint: Endpoint, need: Need) -> tuple[str, ...]:
    """What keeps the endpoint from the part, in words; empty where it fits."""
    return tuple(reason for rule in _RULES for reason in [rule(endpoint, need)] if reason)


def _references(endpoint: Endpoint, need: Need) -> str:
    takes = endpoint.takes
    asked = need.references + (1 if need.start and takes.start_as_image and need.references else 0)
    if need.references and not takes.references:
        return "takes no references"
    if asked > takes.references:
        with_start = " and the start frame" if asked > need.references else ""
        return f"takes {takes.references} references, and the cast{with_start} make {asked}"
    if need.references < takes.references_needed:
        return "needs a cast with pictures"
    return ""


def _start(endpoint: Endpoint, need: Need) -> str:
    match endpoint.takes.start_frame, need.start:
        case "no", True:
            return "takes no start frame"
        case "required", False:
            return "needs a start frame"
    return ""


def _end(endpoint: Endpoint, need: Need) -> str:
    match endpoint.takes.end_frame, need.end:
        case "no", True:
            return "takes no end frame"
        case "required", False:
            return "needs an end frame"
    return ""


def _speech(endpoint: Endpoint, need: Need) -> str:
    return "does not speak" if need.speech and not endpoint.takes.speech else ""


def _length(endpoint: Endpoint, need: Need) -> str:
    if need.seconds is None or bought(endpoint, need.seconds) is not None:
        return ""
    longest = endpoint.takes.seconds[-1] if endpoint.takes.seconds else 0
    return f"makes clips of at most {longest} s"


def _aspect(endpoint: Endpoint, need: Need) -> str:
    aspects = endpoint.takes.aspects
    if need.aspect is None or not aspects or need.aspect in aspects:
        return ""
    return f"makes {_listed(aspects)}, not {need.aspect}"


_RULES: Final[tuple[Callable[[Endpoint, Need], str], ...]] = (_references, _start, _end, _speech, _aspect, _length)
_MEDIA: Final = {"image": "stills", "video": "film", "audio": "sound"}


def _listed(words: Iterable[str]) -> str:
    *head, tail = words
    return f"{', '.join(head)} and {tail}" if head else tail


def _unknown_model(name: str, models: tuple[str, ...]) -> Refusal:
    hint = likeliest(name, models) or "models: " + ", ".join(f"`{model}`" for model in models)
    return Refusal(f"there is no model `{name}`", hint=hint)


def _refuse(candidates: tuple[Endpoint, ...], need: Need, using: str | None) -> Refusal:
    nearest: dict[str, tuple[str, ...]] = {}
    for endpoint in sorted(candidates, key=lambda endpoint: (len(_lacks(endpoint, need)), _distance(endpoint, need))):
        nearest.setdefault(endpoint.model, _lacks(endpoint, need))
    lacks = tuple((model, _listed(reasons)) for model, reasons in list(nearest.items())[:NEAREST])
    hint = _hint(candidates, need)
    if using is None:
        return Refusal(f"no model makes {_described(need)}", lacks, hint)
    too_long = need.seconds is not None and all(_length(endpoint, need) for endpoint in candidates)
    if too_long and need.seconds is not None:
        longest = max(endpoint.takes.seconds[-1] for endpoint in candidates)
        message = f"{seconds_text(need.seconds)} s is longer than the longest clip of `{using}`, which is {longest} s"
        return Refusal(
            message, lacks, f"write two scenes with `transition continue` between them, {longest} s at most each"
        )
    return Refusal(f"`{using}` cannot make this: it {lacks[0][1]}", lacks, hint)


def _distance(endpoint: Endpoint, need: Need) -> tuple[int, int, Decimal, str]:
    """Among endpoints that lack equally much: who takes more references, then who makes longer clips, is cheaper."""
    references = endpoint.takes.references if need.references else 0
    if need.seconds is None or not endpoint.takes.seconds:
        return -references, 0, _cost(endpoint, need), endpoint.id
    longest = endpoint.takes.seconds[-1]
    within = replace(need, seconds=min(need.seconds, Fraction(longest)))
    return -references, -longest, _cost(endpoint, within), endpoint.id


def _described(need: Need) -> str:
    what = {"image": "a still", "video": "a clip", "audio": "a voice"}[need.makes]
    shape = f"{need.aspect} " if need.aspect else ""
    length = f" of {seconds_text(need.seconds)} s" if need.seconds is not None else ""
    what = what.replace(" ", f" {shape}", 1)
    bring = [f"{need.references} references"] if need.references > 1 else ["a reference"] if need.references else []
    bring += ["a start frame"] if need.start else []
    bring += ["an end frame"] if need.end else []
    bring += ["speech"] if need.speech else []
    return f"{what}{length}" + (f" with {_listed(bring)}" if bring else "")


def _hint(candidates: tuple[Endpoint, ...], need: Need) -> str:
    """The one change to the scene after which something would fit."""
    changes = (
        (
            need.speech,
            replace(need, speech=False),
            "write `voiceover` instead of `says`: then a voice is laid over the clip",
        ),
        (need.references > 1, replace(need, references=need.references - 1), "put fewer people and things in the cast"),
        (not need.start, replace(need, start=True), "give the scene a start frame"),
        (need.end, replace(need, end=False), "leave out the end frame"),
        (need.references > 0, replace(need, references=0), "leave out the reference pictures"),
    )
    for possible, changed, advice in changes:
        if possible and any(not _lacks(endpoint, way) for way in _ways(changed) for endpoint in candidates):
            return advice
    longest = max((endpoint.takes.seconds[-1] for endpoint in candidates if endpoint.takes.seconds), default=0)
    if need.seconds is not None and longest < need.seconds:
        return f"the longest clip is {longest} s: write two scenes with `transition continue` between them"
    return ""
