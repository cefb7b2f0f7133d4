"""Declarations to definitions: the ad, its characters, products and styles."""

from adc.compiler.definitions import Ad, Character, Name, Product, Style, Text
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.fields import Body, describe, length, take
from adc.compiler.nodes import Duration, Money, Odd, Rate, Ratio, Resolution, Statement, String, Word
from adc.compiler.scope import Scope
from adc.compiler.units import Aspect, pixels
from adc.compiler.vocabulary import AD, CHARACTER, PRODUCT, STYLE, TOP, VIEWS, likeliest

SHORT_SIDE = 1080
ASPECT = Aspect(9, 16)
RATE = 30
SHORT_SIDES = range(144, 4321)
RATES = range(1, 121)
LONGEST_ASPECT = 4


def character(name: Word, declaration: Statement, scope: Scope) -> Character:
    """A person."""
    body = Body(declaration, CHARACTER, scope.report)
    return Character(
        name=name.written,
        display=_display(name, declaration, scope),
        reference=scope.picture(body, "reference"),
        looks=None if _automatic(body, scope) else scope.text(body, "looks"),
        wears=scope.text(body, "wears"),
        voice=_voice(body, scope),
        pack=_pack(body, scope),
        span=name.span,
    )


def product(name: Word, declaration: Statement, scope: Scope) -> Product:
    """A thing."""
    body = Body(declaration, PRODUCT, scope.report)
    reference, looks = scope.picture(body, "reference"), scope.text(body, "looks")
    return Product(name.written, _display(name, declaration, scope), reference, looks, name.span)


def style(name: Word, declaration: Statement, scope: Scope) -> Style:
    """A look."""
    take(declaration, (Word,), TOP, scope.report)
    body = Body(declaration, STYLE, scope.report)
    look, avoid = scope.text(body, "look"), scope.text(body, "avoid")
    return Style(name.written, look, avoid, scope.picture(body, "reference"), name.span)


def ad(name: Word, declaration: Statement, scope: Scope) -> Ad:
    """What is delivered, with its defaults: 1080p, 9:16, 30fps."""
    body = Body(declaration, AD, scope.report)
    duration = body.only("duration", Duration)
    budget = body.only("budget", Money)
    short_side, aspect = _size(body, scope)
    return Ad(
        name=name.written,
        title=_display(name, declaration, scope),
        seconds=length(duration, scope.report) if duration else None,
        size=pixels(short_side, aspect),
        short_side=short_side,
        aspect=str(aspect),
        rate=_rate(body, scope),
        budget=budget.usd if budget else None,
        style=scope.style(body),
        span=name.span,
        seconds_span=duration.span if duration else None,
        budget_span=budget.span if budget else None,
    )


def _display(name: Word, declaration: Statement, scope: Scope) -> str:
    """The name that people see; made of the declared name where none is written."""
    values = take(declaration, (Word, String), TOP, scope.report, optional=1)
    written = values[1] if values and len(values) > 1 else None
    if isinstance(written, String) and written.value.strip():
        return written.value
    return name.written.rpartition(".")[2].replace("_", " ").capitalize()


def _automatic(body: Body, scope: Scope) -> bool:
    """Whether `looks auto` is written."""
    statement = body.one("looks")
    match statement.values if statement else ():
        case (Word(written="auto", span=span),):
            message = "`looks auto` is not built yet in this version"
            hint = 'describe the person: `looks "late twenties, freckles"`'
            scope.report(Diagnostic("AD0118", message, span, hint=hint))
            return True
    return False


def _voice(body: Body, scope: Scope) -> Text | None:
    """A description, or the name of a voice."""
    statement = body.one("voice")
    match statement.values if statement else ():
        case (Word(written=written, span=span),):
            return Text(written, span, tuple(range(span.start, span.end)))
    return scope.text(body, "voice")


def _pack(body: Body, scope: Scope) -> tuple[Name, ...]:
    statement = body.one("pack")
    if statement is None:
        return ()
    views: list[Name] = []
    for word in scope.names(statement, CHARACTER.usage["pack"]):
        if word.written in VIEWS:
            views.append(Name(word.written, word.span))
        else:
            hint = likeliest(word.written, VIEWS) or "views: " + ", ".join(f"`{view}`" for view in VIEWS)
            message = f"`{word.written}` is not a view of a pack"
            scope.report(Diagnostic("AD0304", message, word.span, "unknown view", hint))
    return tuple(views)


def _rate(body: Body, scope: Scope) -> int:
    rate = body.only("rate", Rate)
    if rate is None or rate.fps in RATES:
        return rate.fps if rate else RATE
    message = f"`{rate.written}` is no frame rate of a film"
    scope.report(Diagnostic("AD0303", message, rate.span, "from 1fps to 120fps", "write `rate 30fps`"))
    return RATE


def _size(body: Body, scope: Scope) -> tuple[int, Aspect]:
    """`size 1080p 9:16`; either may be left out."""
    statement = body.one("size")
    short_side, aspect = SHORT_SIDE, ASPECT
    if statement is None or any(isinstance(value, Odd) for value in statement.values):
        return short_side, aspect
    usage = f"write it as `{AD.usage['size']}`"
    kinds = [type(value) for value in statement.values]
    if len(kinds) not in (1, 2) or len(set(kinds)) < len(kinds):
        message = f"`size` takes a resolution and an aspect ratio, found {len(kinds)} values"
        scope.report(Diagnostic("AD0302", message, statement.span, hint=usage))
        return short_side, aspect
    for value in statement.values:
        match value:
            case Resolution(short_side=side) if side in SHORT_SIDES and side % 2 == 0:
                short_side = side
            case Ratio(width=width, height=height) if _is_shape(width, height):
                aspect = Aspect(width, height)
            case Resolution():
                message = f"`{value.written}` is no size of a film"
                scope.report(Diagnostic("AD0303", message, value.span, "even, from 144p to 4320p", usage))
            case Ratio():
                message = f"`{value.written}` is no shape of a film"
                label = f"at most {LONGEST_ASPECT} times as long as wide"
                scope.report(Diagnostic("AD0303", message, value.span, label, usage))
            case _:
                message = f"`size` takes a resolution and an aspect ratio, found {describe(value)}"
                scope.report(Diagnostic("AD0301", message, value.span, "`1080p` or `9:16` is expected", usage))
    return short_side, aspect


def _is_shape(width: int, height: int) -> bool:
    return min(width, height) > 0 and max(width, height) <= LONGEST_ASPECT * min(width, height)
