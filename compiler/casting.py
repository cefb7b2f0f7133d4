"""Which model takes a scene, a still or a line, and why.

What a scene needs follows from what it is made of: references when its cast has pictures, start and end frames when
it has them, speech when somebody says a line, a length, a shape. An endpoint fits when it takes all of it; of those
that fit, the cheapest for the length that would be bought gets the part, ties going to the first by name. A model
named in the spec is cast among its own endpoints by the same rule.

Where nothing takes the references but there is a start frame, the start frame carries the faces and the references
are waived. Where nothing speaks, a voice is laid over the lips of a mute clip. Where nothing is long enough, the scene
becomes the fewest clips that cover it, each starting on the last frame of the one before, or going on from the whole of
it where the scene goes on from a clip. Else the answer is a refusal which says what each of the nearest models lacks.

A model whose price for the part is not known is passed over as long as anything else would do: nobody is to be
surprised by a bill.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Final

from adc.compiler.catalogue import Catalogue, Endpoint, Role
from adc.compiler.definitions import Character, Product
from adc.compiler.frozen import frozen, replace
from adc.compiler.plan import Json
from adc.compiler.price import price
from adc.compiler.request import fill, resolution
from adc.compiler.split import lengths
from adc.compiler.units import seconds_text
from adc.compiler.vocabulary import likeliest

NEAREST: Final = 3
"""How many models a refusal tells about."""

UNKNOWN: Final = Decimal("Infinity")
"""Dollars of what has no known price: it comes last."""

Reads = Callable[[Endpoint], int]
"""How many characters the prompt has that an endpoint would be sent."""


@frozen
class Need:
    """What a part asks for. `references` counts people and things with pictures, and the style's picture.

    `seconds` is None for a still or a voice, `aspect` for a voice. `short_side` in pixels decides the resolution, and
    so the price, where an endpoint has several. `loras` are LoRAs of `lora_family` that the part is made with.
    `goes_on` is the model of the clip that the part goes on from, and `given` that clip's seconds; of `lenders` is the
    model whose clip another part goes on from.
    """

    role: Role
    seconds: Fraction | None = None
    aspect: str | None = None
    references: int = 0
    start: bool = False
    end: bool = False
    speech: bool = False
    short_side: int = 1080
    loras: int = 0
    lora_family: str = ""
    goes_on: str = ""
    given: Fraction = Fraction(0)
    lenders: tuple[str, ...] = ()


@frozen
class Part:
    """One request for a part: `bought` seconds of which `kept` are used; both are None for a still or a voice.

    `pictured` says that the endpoint is shown pictures: the cast's, where it has some, and the style's.
    """

    endpoint: Endpoint
    bought: int | None
    kept: Fraction | None
    pictured: bool

    @property
    def seconds(self) -> tuple[Fraction, Fraction]:
        """The seconds of a clip that are bought, and of these the ones that are kept."""
        assert self.bought is not None, self
        assert self.kept is not None, self
        return Fraction(self.bought), self.kept


@frozen
class Casting:
    """Who makes a part: one request, or several chained ones where the scene is longer than the longest clip.

    `references_waived` says that one of the requests at least goes without the pictures that it needs; `dubbed` that
    the model is mute and a voice is laid over its clip, lips in sync. `why` is one short sentence for the plan.
    `short_side` is that of the picture that was asked for.
    """

    parts: tuple[Part, ...]
    references_waived: bool
    dubbed: bool
    why: str
    short_side: int

    @property
    def endpoint(self) -> Endpoint:
        """Who makes the part, or its first piece."""
        return self.parts[0].endpoint

    @property
    def seconds(self) -> int | None:
        """The seconds that are bought of the part, or of its first piece."""
        return self.parts[0].bought


@frozen
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
    given = tuple(subject.views) if isinstance(subject, Character) else ()
    if subject.reference is None:
        own, first = given, given[:1]
    else:
        own = given or (tuple(view.value for view in subject.pack) if isinstance(subject, Character) else ())
        first = ("reference",)
    frontal = ("front",) if "front" in own else first
    return (*frontal, *(view for view in own if view not in frontal))


def cast(need: Need, catalogue: Catalogue, using: str | None, reads: Reads | None = None) -> Casting | Refusal:
    """The endpoint for a part, of the model `using` where the spec names one.

    With `reads`, endpoints that cannot read so long a prompt are passed over where others can.
    """
    candidates = catalogue.of_role(need.role)
    if using is not None:
        if not catalogue.of_model(using):
            return _unknown_model(using, _models(candidates))
        candidates = tuple(endpoint for endpoint in candidates if endpoint.model == using)
        if not candidates:
            role = catalogue.of_model(using)[0].role
            choice = ", ".join(f"`{model}`" for model in _models(catalogue.of_role(need.role)))
            return Refusal(f"`{using}` makes {_ROLES[role]}, not {_ROLES[need.role]}", hint=f"models that do: {choice}")
    for priced in (False,) if using is not None else (True, False):
        for asked in _ways(need):
            fitting = [endpoint for endpoint in candidates if not _lacks(endpoint, asked)]
            chosen = [each for each in fitting if _cost(each, asked) < UNKNOWN] if priced else fitting
            if chosen:
                return _cheapest(chosen, need, asked, using, reads, others=len(_models(fitting)) > len(_models(chosen)))
        for asked in _ways(need):
            split = _split(candidates, need, asked, using, priced=priced)
            if split is not None:
                return split
    return _refuse(candidates, need, using)


def _models(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(endpoint.model for endpoint in endpoints))


def _ways(need: Need) -> tuple[Need, ...]:
    """The need itself, then what would do instead, the better first.

    A start frame or a LoRA carries the faces that references would; a voice can be laid over the lips of a mute clip.
    """
    seen = [need]
    if need.references and (need.start or need.loras or need.goes_on):
        seen.append(replace(need, references=0))
    if need.speech and need.role == "clip":
        seen += [replace(way, speech=False) for way in seen]
    return tuple(seen)


def bought(endpoint: Endpoint, seconds: Fraction) -> int | None:
    """The shortest legal length that covers `seconds`; None where the endpoint's longest is shorter."""
    takes = endpoint.takes
    if takes.seconds:
        return next((length for length in takes.seconds if length >= seconds), None)
    length = max(ceil(seconds), takes.shortest or 1)
    return length if takes.longest is None or length <= takes.longest else None


def _cheapest(
    fitting: list[Endpoint], need: Need, asked: Need, using: str | None, reads: Reads | None, *, others: bool
) -> Casting:
    """The cheapest of those that fit; `others` says that more would, at a price that is not known."""
    by_cost = sorted(fitting, key=lambda endpoint: (_cost(endpoint, asked), endpoint.id))
    endpoint = by_cost[0]
    if reads is not None and len(by_cost) > 1:
        endpoint = next((each for each in by_cost if _reads(each, reads)), endpoint)
    length = bought(endpoint, asked.seconds) if asked.seconds is not None else None
    parts = (Part(endpoint, length, asked.seconds, _pictured(endpoint, need, asked)),)
    return _casting(parts, need, asked, using, len(_models(fitting)), others=others, priced=_is_priced(parts, asked))


def _reads(endpoint: Endpoint, reads: Reads) -> bool:
    return endpoint.takes.prompt_chars is None or reads(endpoint) <= endpoint.takes.prompt_chars


def _pictured(endpoint: Endpoint, need: Need, asked: Need) -> bool:
    """Whether pictures are sent: a style's alone goes wherever there is a place for it."""
    return endpoint.takes.references > 0 and bool(asked.references or not need.references)


def _is_priced(parts: Sequence[Part], asked: Need) -> bool:
    return all(_cost(part.endpoint, asked, part.bought) < UNKNOWN for part in parts)


def _casting(
    parts: tuple[Part, ...], need: Need, asked: Need, using: str | None, models: int, *, others: bool, priced: bool
) -> Casting:
    waived = need.references > 0 and not all(part.pictured for part in parts)
    dubbed = need.speech and not asked.speech
    if using is not None:
        why = "named in the spec"
    elif models == 1:
        why = f"the only model {'with a known price ' if others else ''}that {_asked(asked, one=True) or 'fits'}"
    elif priced:
        why = f"the cheapest of {models} that {_asked(asked, one=False) or 'fit'}"
    else:
        why = f"one of {models} that {_asked(asked, one=False) or 'fit'}"
    if len(parts) > 1:
        longest = parts[0].endpoint.takes.seconds[-1]
        each = (
            f"each lengthens the one before by {longest} s at most"
            if need.goes_on
            else f"as its longest is {longest} s"
        )
        why += f"; {len(parts)} clips, {each}"
    if waived and any(part.pictured for part in parts):
        why += "; only its first clip is shown the reference pictures, each other starts on the frame before it"
    elif waived:
        carrier = "start frame stands" if need.start or len(parts) > 1 else "LoRA stands"
        carrier = "clip before it stands" if need.goes_on else carrier
        why += f"; the {carrier} in for the reference pictures"
    if dubbed:
        why += "; it is mute, so a voice is laid over it, lips in sync"
    return Casting(parts, waived, dubbed, why, need.short_side)


def _split(
    candidates: tuple[Endpoint, ...], need: Need, asked: Need, using: str | None, *, priced: bool
) -> Casting | None:
    """The cheapest model whose clips, each going on where the one before ends, cover a scene too long for one.

    One that shows the references to each of its clips is better than one that does not. Where it has to be `priced`,
    only models whose prices are known count.
    """
    if asked.seconds is None or asked.role != "clip":
        return None
    found: dict[str, tuple[Part, ...]] = {}
    for model in _models(candidates):
        own = tuple(endpoint for endpoint in candidates if endpoint.model == model)
        parts = _chain(own, need, asked, asked.seconds)
        if parts:
            found[model] = parts
    known = {model: parts for model, parts in found.items() if _is_priced(parts, asked)} if priced else found
    if not known:
        return None

    def order(model: str) -> tuple[bool, Decimal, int, str]:
        parts = known[model]
        blind = asked.references > 0 and not all(part.pictured for part in parts)
        dollars = (_cost(part.endpoint, asked, part.bought) for part in parts)
        return blind, sum(dollars, Decimal(0)), len(parts), model

    chosen = min(known, key=order)
    best = known[chosen]
    models = sum(order(model)[0] == order(chosen)[0] for model in known)
    return _casting(best, need, asked, using, models, others=len(known) < len(found), priced=_is_priced(best, asked))


def _chain(own: tuple[Endpoint, ...], need: Need, asked: Need, seconds: Fraction) -> tuple[Part, ...]:
    """The fewest clips of one model; empty where even many would not do."""

    def clip(index: int, count: int) -> Part | None:
        """Who makes that clip: the first begins as the scene does, the others on the last frame before them.

        Where the scene goes on from a clip, each goes on from the whole clip before, which grows by every one.
        """
        one = replace(asked, seconds=None, end=asked.end and index == count - 1)
        if index and asked.goes_on:
            one = replace(one, goes_on=own[0].model, given=asked.given + index * grows)
        elif index:
            one = replace(one, start=True)
        for way in (one, replace(one, references=0)) if index else (one,):
            fitting = [each for each in own if each.takes.seconds and not _lacks(each, way)]
            if fitting:
                who = min(fitting, key=lambda each: (_cost(each, way, each.takes.seconds[-1]), each.id))
                return Part(who, None, None, _pictured(who, need, way))
        return None

    grows = max((each.takes.seconds[-1] for each in own if each.takes.start_clip and each.takes.seconds), default=0)

    def legal(index: int, count: int) -> tuple[int, ...]:
        part = clip(index, count)
        return part.endpoint.takes.seconds if part else ()

    first = legal(0, 2)
    if not first or seconds <= first[-1]:
        return ()  # it is not too long: something else is missing, which splitting would hide
    chosen = lengths(legal, seconds)
    parts: list[Part] = []
    left = seconds
    for index, length in enumerate(chosen or ()):
        part = clip(index, len(chosen or ()))
        assert part is not None
        kept = min(left, Fraction(length))
        parts.append(replace(part, bought=length, kept=kept))
        left -= kept
    return tuple(parts)


def _cost(endpoint: Endpoint, need: Need, length: int | None = None) -> Decimal:
    """Dollars for the part as it would be bought, of a voice a thousand characters; an unknown price comes last.

    `length` is the seconds that are bought, where they are known already.
    """
    if length is None and need.seconds is not None:
        length = bought(endpoint, need.seconds)
    return _priced(endpoint, length, need.aspect, need.references, need.loras, need.short_side, speech=need.speech)


@lru_cache(maxsize=4096)
def _priced(
    endpoint: Endpoint,
    length: int | None,
    aspect: str | None,
    references: int,
    loras: int,
    short_side: int,
    *,
    speech: bool,
) -> Decimal:
    picture: Json = "picture"
    subjects: Json = [{"frontal": picture} for _ in range(references)]
    request = fill(
        endpoint,
        {
            "prompt": "",
            "text": "x" * 1000,
            "seconds": length,
            "milliseconds": length and 1000 * length,
            "aspect": aspect,
            "speech": speech,
            "resolution": resolution(endpoint, short_side),
            "subjects": subjects,
            "loras": [{"weights": picture} for _ in range(loras)],
            "steps": 1000,
        },
    )
    amount = price(endpoint, request, clip=None if length is None else Fraction(length), short_side=short_side)
    return UNKNOWN if amount.mark == "unknown" else amount.usd


def _asked(need: Need, *, one: bool) -> str:
    s = "s" if one else ""
    parts = [f"speak{s}"] if need.speech else []
    frames = ["references"] if need.references else []
    frames += ["a clip to go on from"] if need.goes_on else []
    if need.start and need.end:
        frames.append("a start and an end frame")
    elif need.start:
        frames.append("a start frame")
    elif need.end:
        frames.append("an end frame")
    loras = ["a LoRA"] if need.loras == 1 else [f"{need.loras} LoRAs"] if need.loras else []
    # Models take only the LoRAs that are trained for their family, so without it the sentence says too much.
    frames += [f"{each} of {need.lora_family}" if need.lora_family else each for each in loras]
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


def _clip(endpoint: Endpoint, need: Need) -> str:
    takes = endpoint.takes.start_clip
    if takes is None:
        return "goes on from no clip" if need.goes_on else ""
    if not need.goes_on:
        return "needs a clip to go on from"
    if need.goes_on not in takes.models:
        return f"goes on from clips of {_listed(takes.models)}, not of {need.goes_on}"
    return f"goes on from clips of at most {takes.longest} s" if need.given > takes.longest else ""


def _lender(endpoint: Endpoint, need: Need) -> str:
    return "makes clips that no model goes on from" if need.lenders and endpoint.model not in need.lenders else ""


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
    if 0 < (by := _lengthens(endpoint, need)) < need.seconds:
        return f"lengthens a clip of {seconds_text(need.given)} s by {by} s at most"
    return f"makes {_THING[need.role]} of at most {_longest(endpoint)} s"


def _longest(endpoint: Endpoint) -> int:
    return endpoint.takes.seconds[-1] if endpoint.takes.seconds else endpoint.takes.longest or 0


def _lengthens(endpoint: Endpoint, need: Need) -> int:
    """The seconds by which it can lengthen the clip that the part goes on from, again and again; 0 where it cannot."""
    takes = endpoint.takes.start_clip
    if takes is None or need.goes_on not in takes.models or need.given > takes.longest:
        return 0
    longest = _longest(endpoint)
    again = (takes.longest - need.given) // longest if endpoint.model in takes.models else 0
    return longest * (1 + int(again))


def _loras(endpoint: Endpoint, need: Need) -> str:
    if need.loras > endpoint.takes.loras:
        return "takes no LoRA" if not endpoint.takes.loras else f"takes {endpoint.takes.loras} LoRAs"
    if need.loras < endpoint.takes.loras_needed:
        return "needs a trained LoRA"
    if need.loras and need.lora_family != endpoint.lora_family:
        return f"takes LoRAs of {endpoint.lora_family}, not of {need.lora_family}"
    return ""


def _aspect(endpoint: Endpoint, need: Need) -> str:
    aspects = endpoint.takes.aspects
    if need.aspect is None or not aspects or need.aspect in aspects:
        return ""
    return f"makes {_listed(aspects)}, not {need.aspect}"


_RULES: Final[tuple[Callable[[Endpoint, Need], str], ...]] = (
    *(_references, _start, _clip, _lender, _end, _speech, _loras, _aspect, _length),
)
_ROLES: Final[Mapping[Role, str]] = {
    "clip": "clips",
    "still": "stills",
    "voice": "voices",
    "music": "music",
    "sound": "sounds",
    "lipsync": "lips move to a voice",
    "upscale": "larger clips",
    "cutout": "cut-outs of pictures",
    "transcription": "transcripts",
    "description": "descriptions of pictures",
    "training": "LoRAs",
}
"""What the models of a role make, behind the word `makes`."""

_THING: Final[Mapping[Role, str]] = {**_ROLES, "lipsync": "lip-sync"}


def _listed(words: Iterable[str]) -> str:
    *head, tail = words
    return f"{', '.join(head)} and {tail}" if head else tail


def _unknown_model(name: str, models: tuple[str, ...]) -> Refusal:
    hint = likeliest(name, models) or "models: " + ", ".join(f"`{model}`" for model in models)
    return Refusal(f"there is no model `{name}`", hint=hint)


def _refuse(candidates: tuple[Endpoint, ...], need: Need, using: str | None) -> Refusal:
    nearest: dict[str, tuple[str, ...]] = {}

    def order(endpoint: Endpoint) -> tuple[bool, int, tuple[int, int, Decimal, str]]:
        # Of a clip that is gone on from, and of what does so, only who can do that at all is near.
        far = bool(_lender(endpoint, need)) or (bool(need.goes_on) and endpoint.takes.start_clip is None)
        return far, len(_lacks(endpoint, need)), _distance(endpoint, need)

    for endpoint in sorted(candidates, key=order):
        nearest.setdefault(endpoint.model, _lacks(endpoint, need))
    lacks = tuple((model, _listed(reasons)) for model, reasons in list(nearest.items())[:NEAREST])
    hint = _hint(candidates, need)
    if using is None:
        return Refusal(f"no model makes {_described(need)}", lacks, hint)
    return Refusal(f"`{using}` cannot make this: it {lacks[0][1]}", lacks, hint)


def _distance(endpoint: Endpoint, need: Need) -> tuple[int, int, Decimal, str]:
    """Among endpoints that lack equally much: who takes more references, then who makes longer clips, is cheaper."""
    references = endpoint.takes.references if need.references else 0
    longest = _longest(endpoint)
    if need.seconds is None or not longest:
        return -references, 0, _cost(endpoint, need), endpoint.id
    within = replace(need, seconds=min(need.seconds, Fraction(longest)))
    return -references, -longest, _cost(endpoint, within), endpoint.id


_ONE: Final[Mapping[Role, str]] = {
    "clip": "a clip",
    "still": "a still",
    "voice": "a voice",
    "music": "music",
    "sound": "a sound",
    "lipsync": "lip-sync",
    "upscale": "larger clips",
    "cutout": "a cut-out",
    "transcription": "a transcript",
    "description": "a description",
    "training": "a LoRA",
}


def _described(need: Need) -> str:
    what = _ONE[need.role]
    shape = f"{need.aspect} " if need.aspect else ""
    length = f" of {seconds_text(need.seconds)} s" if need.seconds is not None else ""
    what = what.replace(" ", f" {shape}", 1) if shape else what
    bring = [f"{need.references} references"] if need.references > 1 else ["a reference"] if need.references else []
    bring += ["a start frame"] if need.start else []
    bring += [f"a clip of {need.goes_on} to go on from"] if need.goes_on else []
    bring += ["a clip that another goes on from"] if need.lenders else []
    bring += ["an end frame"] if need.end else []
    bring += ["speech"] if need.speech and need.role == "clip" else []
    bring += ["a LoRA"] if need.loras == 1 else [f"{need.loras} LoRAs"] if need.loras else []
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
        (
            bool(need.goes_on),
            replace(need, goes_on="", start=True),
            "begin on its last frame alone: `start frame of …`",
        ),
        (
            bool(need.lenders),
            replace(need, lenders=()),
            "begin the other scene on the last frame alone: `start frame of …`",
        ),
        (not need.start and not need.goes_on, replace(need, start=True), "give the scene a start frame"),
        (need.end, replace(need, end=False), "leave out the end frame"),
        (need.references > 0, replace(need, references=0), "leave out the reference pictures"),
        (need.loras > 0, replace(need, loras=0), "leave out the LoRA, or train it for another model"),
    )
    for possible, changed, advice in changes:
        if possible and any(not _lacks(endpoint, way) for way in _ways(changed) for endpoint in candidates):
            return advice
    if need.seconds is not None and need.goes_on:
        longest = max((_lengthens(endpoint, need) for endpoint in candidates), default=0)
        return (
            "make the scene shorter, or write two: the second begins on the last frame alone, `start frame of …`"
            if 0 < longest < need.seconds
            else ""
        )
    longest = max((_longest(endpoint) for endpoint in candidates), default=0)
    if need.seconds is not None and longest < need.seconds:
        return f"the longest is {longest} s: make the scene shorter, or write two"
    return ""
