"""Where in a spec the arguments of a step come from: what a model says about its request, said about the spec.

The way back goes over the endpoint's own request skeleton. It tells which fact fills a place of the request, as in
`elements/0/frontal_image_url`; a fact is written in one of a few statements of the scene, character or ad that the step
is made for; and what no statement says stands at its name. A step's id tells what it is made for: `hook.clip.2`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adc.compiler.casting import views_of
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import PARTS, Character, Product, Scene, Script, Text, Transition
from adc.compiler.frozen import frozen
from adc.compiler.mentions import place
from adc.compiler.nodes import Statement
from adc.compiler.parse import Block, parse
from adc.compiler.plan import Json, Plan
from adc.compiler.prompts import look_of
from adc.compiler.source import Span

_SPOKEN: Final = ("says", "voiceover")

_WRITTEN_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "prompt": ("prompt", "action", *PARTS, *_SPOKEN),
    "text": _SPOKEN,
    "speech": _SPOKEN,
    "audio": _SPOKEN,
    "voice": _SPOKEN,
    "end_frame": ("end",),
    "subjects": ("cast",),
    "pictures": ("cast",),
    "loras": ("cast",),
    "reference": ("reference",),
    "avoid": ("avoid",),
    "seed": ("seed",),
    "aspect": ("size",),
    "resolution": ("size",),
    "archive": ("photos",),
    "trigger": ("trigger",),
    "steps": ("steps",),
}
"""The statements that say a fact, the likeliest first."""

_ASKED_BY: Final = {"keyframe": "start", "end_keyframe": "end", "voice": "says"}
"""The statement that asks for a kind of step, where it is called otherwise."""

_NUMBERED: Final = ("voiceover", "effect")
"""Kinds of steps that are numbered through the whole scene, one for each statement."""

_OF_PEOPLE: Final = ("pack", "looks", "photos", "lora", "cutout")
"""Kinds of steps that are made for a character or product; others of such a name belong to the scene called so."""

_BY_STEP: Final = frozenset({"prompt", "text", "speech", "audio", "voice"})
"""Facts that stand in the statement that asks for the step, where there is one."""

_UNSENT: Final = frozenset({"avoid", "supers"})
"""Fields of a scene or style whose texts are not among the words of a prompt."""

_TAG: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@frozen
class Origin:
    """What one step is made from.

    `name` is where the scene, character or ad has its name; `kind` and `number` are what stands behind it in the
    step's id. `blocks` are the statements about it, the closest first. Its words are made of `texts`, and of `shared`
    where those name them. `seconds` is where its length is written, `start` what says that it starts from a picture,
    `look` the picture of its style, `cast` the names of those who have pictures.
    """

    name: Span
    kind: str
    number: int
    blocks: tuple[Block, ...]
    texts: tuple[Text, ...]
    shared: tuple[Text, ...]
    seconds: Span | None = None
    start: Span | None = None
    look: Span | None = None
    cast: tuple[Span, ...] = ()


def origin_of(script: Script, sources: Mapping[str, str], plan: Plan, step_id: str) -> Origin:
    """Where a step of the script's plan comes from. `sources` are the texts of the files by path."""
    ad = _declaration(sources, script.ad.span)
    around = (ad.block or (),) if ad else ()
    named = (script.ad.style, tuple(script.params.values()), tuple(script.variants.values()))
    shared = tuple(_texts(named))
    owner, rest = _owner(script, step_id)
    kind, _, behind = rest.partition(".")
    number = int(behind) if behind.isdecimal() else 0
    if owner is None:
        return Origin(script.ad.span, kind, number, around, tuple(_texts(script.ad.music)), shared)
    declaration = _declaration(sources, owner.span)
    own = (declaration.block if declaration else None) or ()
    inner: Block = ()
    if not isinstance(owner, Scene):
        inner = next((each.block for each in own if each.keyword.written == kind and each.block), ())
        return Origin(owner.span, kind, number, (inner, own), tuple(_texts(owner)), shared)
    at = script.pieces.index(owner)
    join = script.joins[at - 1] if at else None
    if kind == "morph" and join is not None:
        return Origin(join.span, kind, number, (), tuple(_texts(join)), shared, seconds=join.span)
    shot = _shot(owner, plan, kind, number)
    act = owner
    if shot is not None:
        act = owner.shots[shot]
        inner = [each for each in own if each.keyword.written == "shot"][shot].block or ()
    blocks = (inner, own, *around)
    look = look_of(script, act)
    return Origin(
        owner.span,
        kind,
        number,
        blocks,
        tuple(_texts(act)),
        shared,
        seconds=act.seconds_span,
        start=_start(owner, inner, own, join, number),
        look=look.span if look else None,
        cast=_cast(act, blocks),
    )


def span_of(origin: Origin, endpoint: Endpoint, path: str) -> Span:
    """Where the spec says what stands at a place of the request."""
    for name in (path.replace("/", "."), path.partition("/")[0]):
        for statement in _statements(origin, "set"):
            if statement.values and statement.values[0].written == name:
                return statement.span
    found = (_span_of_fact(origin, fact, index) for fact, index in _facts(endpoint.request, path.split("/")))
    spans = [span for span in found if span is not None]
    parts = path.split("/")
    # Of a list, what is absent was left out: the number counts what is there.
    wanted = int(parts[1]) if len(parts) == 2 and parts[1].isdecimal() and len(spans) > 1 else 0
    return spans[min(wanted, len(spans) - 1)] if spans else _asked(origin) or origin.name


def places_of(origin: Origin, sources: Mapping[str, str], words: "re.Pattern[str]") -> Iterator[Span]:
    """Where the texts behind a step say these words, names between braces aside."""
    for texts in (origin.texts, origin.shared):
        said = [
            place(text, *found.span(), sources[text.span.path])
            for text in dict.fromkeys(texts)
            for found in words.finditer(_TAG.sub(lambda tag: "\n" * len(tag.group()), text.value))
        ]
        if said:
            yield from said
            return


def _span_of_fact(origin: Origin, fact: str, index: int | None) -> Span | None:
    if fact in ("seconds", "milliseconds"):
        return origin.seconds
    if fact in ("start_frame", "video"):
        return origin.start if origin.kind == "clip" else None
    if fact == "style":
        return origin.look
    if fact == "subjects" and index is not None and index < len(origin.cast):
        return origin.cast[index]
    if fact in _BY_STEP and (asked := _asked(origin)) is not None:
        return asked
    written = (each for word in _WRITTEN_AS.get(fact, ()) for each in _statements(origin, word))
    return next((statement.span for statement in written), None)


def _asked(origin: Origin) -> Span | None:
    """The statement that asks for the step itself, which a clip does not have."""
    found = [each for each in _statements(origin, _ASKED_BY.get(origin.kind, origin.kind)) if not _by_model(each)]
    if origin.kind in _NUMBERED and 0 < origin.number <= len(found):
        return found[origin.number - 1].span
    return found[0].span if found else None


def _by_model(statement: Statement) -> bool:
    return [value.written for value in statement.values[-2:]] == ["by", "model"]


def _statements(origin: Origin, keyword: str) -> Iterator[Statement]:
    """The statements that begin with the keyword, the closest first; of a scene's shots too."""
    for block in origin.blocks:
        for statement in block:
            if statement.keyword.written == keyword:
                yield statement
    if not origin.blocks or origin.blocks[0]:
        return
    for statement in origin.blocks[1] if len(origin.blocks) > 1 else ():
        if statement.keyword.written == "shot":
            yield from (each for each in statement.block or () if each.keyword.written == keyword)


def _facts(skeleton: Json, path: Sequence[str], index: int | None = None) -> Iterator[tuple[str, int | None]]:
    """The facts that fill a place of a request, and the number of the person or thing where there are several."""
    match skeleton:
        case str() if skeleton.startswith("$"):
            yield skeleton[1:], index
        case str() if "{seconds}" in skeleton:
            yield "seconds", index
        case {"$by": str(fact)}:
            yield fact, index
        case {"$each": str(fact)}:
            yield fact, index
        case dict() if path and path[0] in skeleton:
            yield from _facts(skeleton[path[0]], path[1:], index)
        case list():
            number = int(path[0]) if path and path[0].isdecimal() else None
            for item in skeleton:
                yield from _facts(item, path[1:], number)


def _owner(script: Script, step_id: str) -> tuple[Scene | Character | Product | None, str]:
    """The scene, character or product that a step is made for, and what stands behind its name in the id."""
    scenes = {piece.name: piece for piece in script.pieces if isinstance(piece, Scene)}
    people: dict[str, Character | Product] = {**script.products, **script.characters}
    words = step_id.split(".")
    for count in range(len(words) - 1, 0, -1):
        name, rest = ".".join(words[:count]), ".".join(words[count:])
        if name in people and words[count] in _OF_PEOPLE:
            return people[name], rest
        if name in scenes:
            return scenes[name], rest
    return None, step_id


def _shot(scene: Scene, plan: Plan, kind: str, number: int) -> int | None:
    """Which shot of the scene a step is made for; None where the scene has none, or it cannot be told."""
    clips = sum(step.id.startswith(f"{scene.name}.clip") for step in plan.steps)
    if not 0 < number <= len(scene.shots) or kind in _NUMBERED:
        return None
    # A shot that is longer than its model's longest clip has several, and then numbers do not tell.
    return number - 1 if kind in ("keyframe", "end_keyframe") or clips == len(scene.shots) else None


def _start(scene: Scene, inner: Block, own: Block, join: Transition | None, number: int) -> Span | None:
    """What says that a clip of a scene starts from a picture: a statement, a transition, or that it is a later clip."""
    written = next((each.span for each in (*inner, *own) if each.keyword.written == "start"), None)
    if number > 1:
        return next((each.span for each in inner if each.keyword.written == "start"), scene.span)
    return written or (join.span if join is not None and join.kind == "continue" else None)


def _cast(act: Scene, blocks: Sequence[Block]) -> tuple[Span, ...]:
    """The names of those with pictures, where the scene or shot casts them."""
    for block in blocks:
        for statement in block:
            if statement.keyword.written == "cast" and len(statement.values) == len(act.cast):
                named = zip(statement.values, act.cast, strict=True)
                return tuple(value.span for value, member in named if views_of(member))
    return ()


def _declaration(sources: Mapping[str, str], name: Span) -> Statement | None:
    """The statement that declares what has its name there."""
    document, _ = parse(name.path, sources[name.path])
    return next(
        (each for each in document.statements if name in (each.span, *(value.span for value in each.values[:1]))), None
    )


def _texts(value: object) -> Iterator[Text]:
    """Every text inside a definition, in the order of its fields."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, tuple) and not isinstance(value, Span):
        for item in value:
            yield from _texts(item)
    elif not isinstance(value, Endpoint):
        for name in getattr(type(value), "__fields__", ()):
            if name not in _UNSENT:
                yield from _texts(getattr(value, name))
