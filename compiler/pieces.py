"""Scenes and cards to definitions."""

import re
from decimal import Decimal
from fractions import Fraction

from adc.compiler.definitions import (
    PARTS,
    Card,
    Character,
    FrameOf,
    Keyframe,
    Line,
    Name,
    Option,
    Picture,
    Product,
    Scene,
)
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.fields import Body, describe, length, take
from adc.compiler.nodes import Duration, Number, Odd, Statement, String, Value, Word
from adc.compiler.scope import Scope
from adc.compiler.source import Span
from adc.compiler.vocabulary import CARD, SCENE, TOP

BACKGROUND = "#f4efe8"
MOST_TAKES = 999
LARGEST_SEED = 2**31 - 1
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def seconds(declaration: Statement, scope: Scope) -> tuple[Fraction, Span] | None:
    """How long a scene or card lasts, and where that is written."""
    values = take(declaration, (Word, Duration), TOP, scope.report)
    if values is None or not isinstance(values[1], Duration):
        return None
    written = length(values[1], scope.report)
    return None if written is None else (written, values[1].span)


def scene(name: Word, declaration: Statement, time: tuple[Fraction, Span], scope: Scope) -> Scene:
    """One continuous piece of film."""
    body = Body(declaration, SCENE, scope.report)
    texts = {part: scope.text(body, part) for part in PARTS}
    using = body.only("using", Word)
    return Scene(
        name=name.written,
        seconds=time[0],
        using=Name(using.written, using.span) if using else None,
        cast=_cast(body, scope),
        parts={part: text for part, text in texts.items() if text is not None},
        prompt=scope.text(body, "prompt"),
        avoid=scope.text(body, "avoid"),
        style=scope.style(body),
        lines=_lines(declaration, body, scope),
        start=_start(body, scope),
        seed=body.whole("seed", 0, LARGEST_SEED),
        take=body.whole("take", 1, MOST_TAKES) or 1,
        options=_options(body, scope),
        span=name.span,
        seconds_span=time[1],
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
        image=scope.picture(body, "image"),
        span=name.span,
    )


def _cast(body: Body, scope: Scope) -> tuple[Character | Product, ...]:
    statement = body.one("cast")
    if statement is None:
        return ()
    subjects = (scope.subject(word) for word in scope.names(statement, SCENE.usage["cast"]))
    return tuple(subject for subject in subjects if subject is not None)


def _lines(declaration: Statement, body: Body, scope: Scope) -> tuple[Line, ...]:
    """Spoken lines in the order in which they are written, whoever speaks them."""
    spoken = {*body.every("says"), *body.every("voiceover")}
    lines = (_line(statement, scope) for statement in declaration.block or () if statement in spoken)
    return tuple(line for line in lines if line is not None)


def _line(statement: Statement, scope: Scope) -> Line | None:
    on_camera = statement.keyword.written == "says"
    values = statement.values
    match values[-2:]:
        case (Word(written="by"), Word(written="model")) if not on_camera:
            message = "`by model` is not built yet in this version"
            scope.report(Diagnostic("AD0118", message, values[-2].span, hint="remove it; a voice of its own speaks"))
            values = values[:-2]
    if not on_camera and len(values) == 1 and isinstance(values[0], String):
        return Line(None, scope.template(values[0]), on_camera, statement.span)
    shape = Statement(statement.keyword, (values,), statement.block, statement.span)
    taken = take(shape, (Word, String), SCENE, scope.report)
    if taken is None or not isinstance(taken[0], Word) or not isinstance(taken[1], String):
        return None
    text, who = scope.template(taken[1]), scope.speaker(taken[0])
    return Line(who, text, on_camera, statement.span) if who else None


def _start(body: Body, scope: Scope) -> Picture | Keyframe | FrameOf | None:
    statement = body.one("start")
    if statement is None:
        return None
    match statement.values:
        case (String() as path,):
            return scope.shelf.picture(path)
        case (Word(written="keyframe"), String() as prompt):
            return Keyframe(scope.template(prompt), None, statement.span)
        case (Word(written="keyframe"), String() as prompt, Word(written="using"), Word(written=model, span=span)):
            return Keyframe(scope.template(prompt), Name(model, span), statement.span)
        case (Word(written="frame"), Word(written="of"), Word(written=other, span=span)):
            return FrameOf(Name(other, span))
    hint = (
        'write `start "refs/first.png"`, `start keyframe "{{ maya }} on a bench" using flux_2` or `start frame of hook`'
    )
    if not any(isinstance(value, Odd) for value in statement.values):
        found = describe(statement.values[0]) if statement.values else "nothing"
        message = f"`start` takes a file, a keyframe or a frame of another scene, found {found}"
        scope.report(Diagnostic("AD0301", message, statement.span, hint=hint))
    return None


def _options(body: Body, scope: Scope) -> tuple[Option, ...]:
    options: dict[str, Option] = {}
    for statement in body.every("set"):
        match statement.values:
            case (Word() as name, value) if name.written in options:
                message = f"the option `{name.written}` is set twice"
                scope.report(Diagnostic("AD0207", message, name.span, hint="keep one of them"))
            case (Word() as name, Number() | String() | Word() as value):
                options[name.written] = Option(Name(name.written, name.span), _plain(value), statement.span)
            case (Word(), value) if not isinstance(value, Odd):
                message = f"`set` takes a number, `true`, `false` or a text, found {describe(value)}"
                hint = "options have the form that the model's endpoint gives them, as in `set cfg_scale 0.5`"
                scope.report(Diagnostic("AD0301", message, value.span, "a raw value is expected", hint))
            case values if not any(isinstance(value, Odd) for value in values):
                found = f"found {len(values)} values" if len(values) > 2 else "something is missing"
                message = "`set` takes the name of an option and its value"
                hint = f"write it as `{SCENE.usage['set']}`"
                scope.report(Diagnostic("AD0302", message, statement.span, found, hint))
    return tuple(options.values())


def _plain(value: Value) -> bool | int | str | Decimal:
    match value:
        case Word(written="true" | "false" as written):
            return written == "true"
        case Number(value=number):
            return number
        case String(value=text):
            return text
    return value.written


def _colour(body: Body, scope: Scope) -> str:
    string = body.only("background", String)
    if string is None:
        return BACKGROUND
    if _COLOUR.fullmatch(string.value):
        digits = string.value[1:].lower()
        return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))
    message = f"`{string.written}` is not a colour"
    label = "red, green and blue as three or six hexadecimal digits"
    scope.report(Diagnostic("AD0306", message, string.span, label, f"write it as `{CARD.usage['background']}`"))
    return BACKGROUND
