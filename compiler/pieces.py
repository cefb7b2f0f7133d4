"""Scenes and cards to definitions."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import zip_longest

from adc.compiler.definitions import (
    PARTS,
    Card,
    Character,
    ClipOf,
    Effect,
    FrameOf,
    Keyframe,
    Line,
    Name,
    Picture,
    Product,
    Scene,
    Super,
)
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.fields import Body, describe, length, take
from adc.compiler.frozen import replace
from adc.compiler.misread import SIDES, meant_super, no_background, no_colour, no_frame, turned_voiceover
from adc.compiler.nodes import Duration, Odd, Statement, String, Value, Word
from adc.compiler.scope import Scope
from adc.compiler.source import Span
from adc.compiler.vocabulary import CARD, PLACES, SCENE, SHOT, TOP, likeliest

BACKGROUND = "#f4efe8"
MOST_TAKES = 999
LARGEST_SEED = 2**31 - 1
OWN_TO_SHOTS = frozenset({"says", "voiceover", "super", "effect"})
"""What a shot does not take over from its scene: words are said once, and sounds are heard once."""

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def seconds(declaration: Statement, scope: Scope) -> tuple[Fraction, Span] | None:
    """How long a scene or card lasts, and where that is written."""
    values = take(declaration, (Word, Duration), TOP, scope.report)
    if values is None or not isinstance(values[1], Duration):
        return None
    written = length(values[1], scope.report)
    return None if written is None else (written, values[1].span)


def scene(name: Word, declaration: Statement, time: tuple[Fraction, Span], scope: Scope) -> Scene:
    """One continuous piece of film, with the shots that it is split into."""
    body = Body(declaration, SCENE, scope.report)
    whole = _scene(name, declaration, body, time, scope)
    shots = (_shot(name, declaration, shot, scope) for shot in body.every("shot"))
    return replace(whole, shots=tuple(shot for shot in shots if shot is not None))


def _shot(name: Word, scene: Statement, shot: Statement, scope: Scope) -> Scene | None:
    """A part of a scene: what it does not write itself, the scene says. Words are its own alone."""
    values = take(shot, (Duration,), SCENE, scope.report)
    duration = values[0] if values else None
    seconds = length(duration, scope.report) if isinstance(duration, Duration) else None
    if duration is None or seconds is None:
        return None
    own = {statement.keyword.written for statement in shot.block or ()}
    options = {_option(statement) for statement in shot.block or () if statement.keyword.written == "set"}
    kept = [
        statement
        for statement in scene.block or ()
        if statement.keyword.written in SHOT.usage
        and statement.keyword.written not in (own - {"set"}) | {*OWN_TO_SHOTS, "start", "end"}
        and (statement.keyword.written != "set" or _option(statement) not in options)
    ]
    merged = Statement(shot.keyword, shot.lists, (*kept, *(shot.block or ())), shot.span)
    body = Body(merged, SHOT, scope.report)
    return _scene(Word(name.written, shot.keyword.span), merged, body, (seconds, duration.span), scope)


def _option(statement: Statement) -> str:
    return statement.values[0].written if statement.values else ""


def _scene(name: Word, declaration: Statement, body: Body, time: tuple[Fraction, Span], scope: Scope) -> Scene:
    texts = {part: scope.text(body, part) for part in PARTS}
    return Scene(
        name=name.written,
        seconds=time[0],
        using=scope.using(body),
        cast=_cast(body, scope),
        parts={part: text for part, text in texts.items() if text is not None},
        prompt=scope.text(body, "prompt"),
        avoid=scope.text(body, "avoid"),
        style=scope.style(body),
        reference=scope.picture(body, "reference"),
        lines=_lines(declaration, body, scope),
        supers=tuple(found for found in (_super(each, scope) for each in body.every("super")) if found),
        start=_start(body, scope),
        end=_frame("end", body, scope),
        shots=(),
        seed=body.whole("seed", 0, LARGEST_SEED),
        take=body.whole("take", 1, MOST_TAKES) or 1,
        options=scope.options(body),
        span=name.span,
        seconds_span=time[1],
        seed_span=seed.span if (seed := body.one("seed")) else None,
        effects=tuple(found for found in (_effect(each, scope) for each in body.every("effect")) if found),
        upscale=scope.wish(body, "upscale"),
    )


def card(name: Word, declaration: Statement, time: tuple[Fraction, Span], scope: Scope) -> Card:
    """A still drawn here."""
    body = Body(declaration, CARD, scope.report)
    lines = (body.single(statement, String) for statement in body.every("line"))
    return Card(
        name=name.written,
        seconds=time[0],
        background=_colour(body, scope),
        headline=scope.text(body, "headline"),
        lines=tuple(scope.template(line) for line in lines if line is not None),
        button=scope.text(body, "button"),
        logo=scope.picture(body, "logo"),
        image=_image(body, scope),
        span=name.span,
    )


def _image(body: Body, scope: Scope) -> Picture | Character | Product | None:
    """The picture on a card: a file, or that of somebody or something by name."""
    statement = body.one("image")
    match statement.values if statement else ():
        case (Word() as word,):
            return scope.subject(word)
    return scope.picture(body, "image")


def _cast(body: Body, scope: Scope) -> tuple[Character | Product, ...]:
    statement = body.one("cast")
    if statement is None:
        return ()
    subjects = (scope.subject(word) for word in scope.names(statement, SCENE.usage["cast"]))
    return tuple(subject for subject in subjects if subject is not None)


def _lines(declaration: Statement, body: Body, scope: Scope) -> tuple[Line, ...]:
    """Spoken lines in the order in which they are written, whoever speaks them."""
    spoken = {id(statement) for word in ("says", "voiceover") for statement in body.every(word)}
    lines = (_line(statement, scope) for statement in declaration.block or () if id(statement) in spoken)
    return tuple(line for line in lines if line is not None)


def _line(statement: Statement, scope: Scope) -> Line | None:
    on_camera = statement.keyword.written == "says"
    values, by_model = statement.values, False
    match values[-2:]:
        case (Word(written="by"), Word(written="model")) if not on_camera:
            values, by_model = values[:-2], True
    if not on_camera and len(values) == 1 and isinstance(values[0], String):
        return Line(None, scope.template(values[0]), on_camera, statement.span, by_model)
    turned = "" if on_camera else turned_voiceover(values)
    if turned:
        message, hint = "who speaks stands before the words, and `by model` behind them", f"write it as `{turned}`"
        scope.report(Diagnostic("AD0302", message, statement.span, "in another order", hint))
        return None
    lists = statement.lists[: len(statement.lists) - 2] if by_model else statement.lists
    shape = Statement(statement.keyword, lists, statement.block, statement.span)
    taken = take(shape, (Word, String), SCENE, scope.report)
    if taken is None or not isinstance(taken[0], Word) or not isinstance(taken[1], String):
        return None
    text, who = scope.template(taken[1]), scope.speaker(taken[0])
    return Line(who, text, on_camera, statement.span, by_model) if who else None


def _super(statement: Statement, scope: Scope) -> Super | None:
    """`super "…" [at PLACE] [from T] [for T]`, the three in any order."""
    values = statement.values
    if any(isinstance(value, Odd) for value in values):
        return None
    usage = f"write it as `{meant_super(values) or SCENE.usage['super']}`"
    if not values or not isinstance(values[0], String):
        found = describe(values[0]) if values else "nothing"
        message = f"`super` takes a text, found {found}"
        scope.report(Diagnostic("AD0301", message, statement.span, "a text is expected first", usage))
        return None
    text = scope.template(values[0])
    said = _clauses(values[1:], ("at", "from", "for"), usage, scope)
    if said is None:
        return None
    start, lasts = _moment("from", said, usage, scope), _moment("for", said, usage, scope)
    return Super(text, _place(said.get("at"), scope), start or Fraction(0), lasts, statement.span)


def _effect(statement: Statement, scope: Scope) -> Effect | None:
    """`effect "…" [from T] [for T] [using MODEL]`, the three in any order."""
    values = statement.values
    if any(isinstance(value, Odd) for value in values):
        return None
    usage = f"write it as `{SCENE.usage['effect']}`"
    if not values or not isinstance(values[0], String):
        found = describe(values[0]) if values else "nothing"
        message = f"`effect` takes a text, found {found}"
        scope.report(Diagnostic("AD0301", message, statement.span, "a text is expected first", usage))
        return None
    text = scope.template(values[0])
    said = _clauses(values[1:], ("from", "for", "using"), usage, scope)
    if said is None:
        return None
    start, lasts = _moment("from", said, usage, scope), _moment("for", said, usage, scope)
    model = said.get("using")
    return Effect(
        text, start or Fraction(0), lasts, scope.model(model) if isinstance(model, Word) else None, statement.span
    )


_BEHIND = {"at": "a place", "from": "a duration", "for": "a duration", "using": "a model"}


def _clauses(values: Sequence[Value], known: tuple[str, ...], usage: str, scope: Scope) -> dict[str, Value] | None:
    """Pairs of a word and a value, such as `from 1s`; None where something else stands there, which is reported."""
    said: dict[str, Value] = {}
    *most, last = (f"`{word}`" for word in known)
    for word, value in zip_longest(values[::2], values[1::2]):
        if not isinstance(word, Word) or word.written not in known or word.written in said:
            message = f"`{word.written}` does not belong here"
            label = f"{', '.join(most)} or {last}, each once"
            scope.report(Diagnostic("AD0304", message, word.span, label, usage))
            return None
        if value is None:
            message = f"`{word.written}` is followed by {_BEHIND[word.written]}"
            scope.report(Diagnostic("AD0302", message, word.span, "something is missing", usage))
            return None
        said[word.written] = value
    return said


def _moment(word: str, said: Mapping[str, Value], usage: str, scope: Scope) -> Fraction | None:
    value = said.get(word)
    if value is None or isinstance(value, Duration):
        return value.seconds if value else None
    message = f"`{word}` takes a duration, found {describe(value)}"
    scope.report(Diagnostic("AD0301", message, value.span, "a duration is expected", usage))
    return None


def _place(value: Value | None, scope: Scope) -> str:
    if value is None:
        return PLACES[0]
    if isinstance(value, Word) and value.written in PLACES:
        return value.written
    habit = SIDES.get(value.written, "")
    hint = f"did you mean `{habit}`?" if habit else likeliest(value.written, PLACES)
    hint = hint or "places: " + ", ".join(f"`{place}`" for place in PLACES)
    message = f"`{value.written}` is not a place on the picture"
    scope.report(Diagnostic("AD0304", message, value.span, "unknown place", hint))
    return PLACES[0]


def _start(body: Body, scope: Scope) -> Picture | Keyframe | FrameOf | ClipOf | None:
    """What a scene starts from: a frame, or the whole clip of an earlier scene."""
    statement = body.one("start")
    match statement.values if statement else ():
        case (Word(written="clip"), Word(written="of"), Word(written=other, span=span)):
            return ClipOf(Name(other, span))
    return _frame("start", body, scope)


def _frame(word: str, body: Body, scope: Scope) -> Picture | Keyframe | FrameOf | None:
    statement = body.one(word)
    if statement is None:
        return None
    match statement.values:
        case (String() as path,):
            return scope.shelf.picture(path)
        case (Word(written="keyframe"), String() as prompt):
            return Keyframe(scope.template(prompt), None, statement.span)
        case (Word(written="keyframe"), String() as prompt, Word(written="using"), Word() as model):
            return Keyframe(scope.template(prompt), scope.model(model), statement.span)
        case (Word(written="frame"), Word(written="of"), Word(written=other, span=span)):
            return FrameOf(Name(other, span))
    if not any(isinstance(value, Odd) for value in statement.values):
        scope.report(no_frame(word, statement))
    return None


def _colour(body: Body, scope: Scope) -> str:
    statement = body.one("background")
    match statement.values if statement else (None,):
        case () if statement:
            scope.report(no_background(statement))
            return BACKGROUND
        case (Word(written=name, span=span),):
            scope.report(no_colour(name, span))
            return BACKGROUND
    string = body.only("background", String)
    if string is None:
        return BACKGROUND
    if _COLOUR.fullmatch(string.value):
        digits = string.value[1:].lower()
        return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))
    scope.report(no_colour(string.value, string.span))
    return BACKGROUND
