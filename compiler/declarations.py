"""Declarations to definitions: the ad, its characters, products, styles and voices, its params and variants."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from adc.compiler import platforms
from adc.compiler.definitions import (
    Ad,
    Character,
    Lora,
    Music,
    Name,
    Param,
    Picture,
    Product,
    Recording,
    Style,
    Text,
    Variant,
    Voice,
    Wish,
)
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.fields import NOUNS, Body, describe, length, parted_by_commas, take
from adc.compiler.intended import ABSENT, as_kind, intended, line, quoted
from adc.compiler.nodes import (
    Duration,
    Level,
    Money,
    Number,
    Odd,
    Rate,
    Ratio,
    Resolution,
    Statement,
    String,
    Value,
    Word,
)
from adc.compiler.scope import Scope
from adc.compiler.source import Span
from adc.compiler.units import Aspect, pixels
from adc.compiler.vocabulary import AD, CAPTIONS, CHARACTER, PRODUCT, STYLE, TOP, VIEWS, VOICE, likeliest

SHORT_SIDE = 1080
ASPECT = Aspect(9, 16)
RATE = 30
SHORT_SIDES = range(144, 4321)
RATES = range(1, 121)
LONGEST_ASPECT = 4
LOUDNESS = Decimal(-14)
MUSIC_LEVEL = Decimal(-22)
MUSIC_DUCK = Decimal(9)
LORA_STEPS = 1000
RECORDING = re.compile(r"\.(?:wav|mp3|m4a|aac|flac|ogg|opus)$", re.IGNORECASE)
"""The text of `music` is the name of a file where it ends like one."""

_PLATFORMS = {
    "instagram": "reels",
    "facebook": "feed",
    "youtube_shorts": "shorts",
    "tik_tok": "tiktok",
    "yt": "youtube",
}
_VIEWS = {"side": "profile", "face": "front", "happy": "smile", "smiling": "smile", "rear": "back", "behind": "back"}
_SHAPE_NAMES = {
    **dict.fromkeys(("vertical", "portrait", "story", "stories"), "9:16"),
    **dict.fromkeys(("horizontal", "landscape", "widescreen", "wide"), "16:9"),
    **dict.fromkeys(("hd", "fullhd", "fhd"), "1080p"),
    "square": "1:1",
    "uhd": "4k",
}
"""What people call platforms, views and shapes."""

_SHAPES = f"at most {LONGEST_ASPECT} times as long as wide"


def character(name: Word, declaration: Statement, scope: Scope) -> Character:
    """A person."""
    body = Body(declaration, CHARACTER, scope.report)
    photos = _photos(body, scope)
    return Character(
        name=name.written,
        display=_display(name, declaration, scope),
        reference=scope.picture(body, "reference"),
        photos=photos,
        looks=None if _automatic(body, scope) else scope.text(body, "looks"),
        looks_auto=_automatic(body, scope),
        wears=scope.text(body, "wears"),
        voice=_voice_of(body, scope),
        pack=_pack(body, scope),
        lora=_lora(name, body, photos, scope),
        span=name.span,
        views=_manifest(body, scope),
        cutout=scope.wish(body, "cutout"),
    )


def product(name: Word, declaration: Statement, scope: Scope) -> Product:
    """A thing."""
    body = Body(declaration, PRODUCT, scope.report)
    return Product(
        name=name.written,
        display=_display(name, declaration, scope),
        reference=scope.picture(body, "reference"),
        photos=_photos(body, scope),
        looks=None if _automatic(body, scope) else scope.text(body, "looks"),
        looks_auto=_automatic(body, scope),
        span=name.span,
        cutout=scope.wish(body, "cutout"),
    )


def voice(name: Word, declaration: Statement, scope: Scope) -> Voice:
    """A text-to-speech voice."""
    take(declaration, (Word,), TOP, scope.report)
    body = Body(declaration, VOICE, scope.report)
    return Voice(name.written, scope.using(body), scope.text(body, "id"), scope.options(body), name.span)


def param(name: Word, declaration: Statement, scope: Scope) -> Param | None:
    """A typed input with its default, or with what was set instead."""
    values = declaration.values
    if any(isinstance(value, Odd) for value in values):
        return None
    if len(values) != 2:
        found = "a name only" if len(values) == 1 else f"{len(values)} values"
        message = f"`param` takes a name and a value, found {found}"
        words = " ".join(value.written for value in values[1:])
        plain = words and all(isinstance(value, Word | Number) for value in values[1:])
        usage = f"param {name.written} {quoted(words)}" if plain else TOP.usage["param"]
        hint = f"write it as `{usage}`"
        scope.report(Diagnostic("AD0302", message, declaration.span, "a name and a value are expected", hint))
        return None
    return Param(name.written, _value(values[1], scope), name.span)


def variant(name: Word, declaration: Statement, chosen: str | None, scope: Scope) -> Variant | None:
    """A named choice; the first is the default. `chosen` is a key that was asked for, which exists."""
    if _unkeyed(name, declaration, scope):
        return None
    take(declaration, (Word,), TOP, scope.report)
    choices: dict[str, Text | str] = {}
    kinds: dict[type, Value] = {}
    keys: dict[str, Span] = {}
    for statement in declaration.block or ():
        key, values = statement.keyword.written, statement.values
        if any(isinstance(value, Odd) for value in values):
            continue
        if len(values) != 1 or statement.block is not None:
            message = f"a choice is a key and one value, found {len(values)} values"
            words = line(statement).partition(" ")[2]
            plain = words and '"' not in words and statement.block is None
            usage = f"{key} {quoted(words)}" if plain else 'doubt "I almost gave up."'
            hint = f"write it as `{usage}`"
            scope.report(Diagnostic("AD0302", message, statement.span, "one value is expected", hint))
        elif key in choices:
            message = f"`{key}` is written twice in this block"
            notes = (Label(keys[key], "first written here"),)
            hint = "call one of them otherwise"
            scope.report(Diagnostic("AD0204", message, statement.keyword.span, hint=hint, notes=notes))
        else:
            keys[key] = statement.keyword.span
            first = next(iter(kinds), type(values[0]))
            if type(values[0]) is not first:
                message = f"the choices of a variant are alike: {NOUNS[first]}, found {describe(values[0])}"
                notes = (Label(kinds[first].span, "the first choice"),)
                scope.report(Diagnostic("AD0301", message, values[0].span, f"{NOUNS[first]} is expected", notes=notes))
            kinds.setdefault(first, values[0])
            choices[key] = _value(values[0], scope)
    if not choices and declaration.block:
        return None
    if not choices:
        hint = f"write it as `{TOP.usage['variant']}`"
        message = f"`{name.written}` offers no choice"
        scope.report(Diagnostic("AD0302", message, name.span, "a variant of nothing", hint))
        return None
    return Variant(name.written, choices, chosen if chosen in choices else next(iter(choices)), name.span)


def _unkeyed(name: Word, declaration: Statement, scope: Scope) -> bool:
    """Report the choices of a variant that stand on its line."""
    texts = [value.written if isinstance(value, String) else quoted(value.written) for value in declaration.values[1:]]
    if declaration.block is not None or not texts:
        return False
    message = f"the choices of `{name.written}` stand in a block, each behind a name of its own"
    hint = f"write it as `variant {name.written} {{`, then a line such as `first {texts[0]}` for each, then `}}`"
    scope.report(Diagnostic("AD0302", message, declaration.span, "a block is missing", hint))
    return True


def _value(value: Value, scope: Scope) -> Text | str:
    """What a param or a choice puts into a text."""
    return scope.template(value) if isinstance(value, String) else value.written


def style(name: Word, declaration: Statement, scope: Scope) -> Style:
    """A look."""
    take(declaration, (Word,), TOP, scope.report)
    body = Body(declaration, STYLE, scope.report)
    look, avoid = scope.text(body, "look"), scope.text(body, "avoid")
    return Style(name.written, look, avoid, scope.picture(body, "reference"), name.span)


def ad(name: Word, declaration: Statement, scope: Scope) -> Ad:
    """What is delivered, with its defaults: 1080p, 9:16, 30fps, one deliverable, -14LUFS."""
    body = Body(declaration, AD, scope.report)
    duration = body.only("duration", Duration)
    budget = body.only("budget", Money)
    short_side, aspect = _size(body, scope)
    captions, heard = _captions(body, scope)
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
        captions=captions,
        music=music(body, scope),
        deliver=_deliver(body, aspect, scope),
        platforms=_platforms(body, scope),
        loudness=_level(body, "loudness", "LUFS", LOUDNESS, range(-40, 0), scope),
        span=name.span,
        seconds_span=duration.span if duration else None,
        budget_span=budget.span if budget else None,
        captions_heard=heard,
        upscale=scope.wish(body, "upscale"),
    )


def music(body: Body, scope: Scope) -> Music | None:
    """What plays under the film: a prompt, or a file where the text is the name of one."""
    statement = body.one("music")
    values = take(statement, (String,), AD, scope.report) if statement else None
    if statement is None or values is None or not isinstance(values[0], String):
        return None
    inner = Body(statement, AD.blocks["music"], scope.report)
    written = values[0]
    source: Text | Recording | None = scope.template(written)
    if RECORDING.search(written.value):
        source = scope.shelf.recording(written)
    level = _level(inner, "level", "dB", MUSIC_LEVEL, range(-60, 1), scope)
    duck = _level(inner, "duck", "dB", MUSIC_DUCK, range(41), scope)
    options = scope.options(inner)
    return Music(source, level, duck, scope.using(inner), options, statement.span) if source else None


def _level(body: Body, word: str, unit: str, default: Decimal, allowed: range, scope: Scope) -> Decimal:
    level = body.only(word, Level)
    if level is None:
        return default
    usage = f"write it as `{body.table.usage[word]}`"
    if level.unit != unit:
        message = f"`{word}` is in {unit}, found `{level.written}`"
        scope.report(Diagnostic("AD0301", message, level.span, f"{unit} is expected", usage))
    elif not allowed.start <= level.amount < allowed.stop:
        message = f"`{level.written}` is out of range for `{word}`"
        label = f"from {allowed.start}{unit} to {allowed.stop - 1}{unit}"
        scope.report(Diagnostic("AD0303", message, level.span, label, usage))
    return level.amount


def _captions(body: Body, scope: Scope) -> tuple[str, Name | None]:
    """The style of captions, and the model behind `using` that hears when their words are said."""
    statement = body.one("captions")
    heard = None
    word: Word | None
    match statement.values if statement else ():
        case (Word() as word, Word(written="using"), Word() as model):
            heard = scope.model(model)
        case _:
            word = body.only("captions", Word)
    if word is None or word.written in CAPTIONS:
        return (word.written, heard) if word else ("", None)
    hint = likeliest(word.written, CAPTIONS) or "styles: " + ", ".join(f"`{style}`" for style in CAPTIONS)
    if word.written in ABSENT:
        hint = "to have no captions, leave this line out"
    message = f"`{word.written}` is not a style of captions"
    scope.report(Diagnostic("AD0304", message, word.span, "unknown style", hint))
    return "", None


def _deliver(body: Body, aspect: Aspect, scope: Scope) -> tuple[Aspect, ...]:
    """The aspects to deliver, each once; the film's own where none is written."""
    statement = body.one("deliver")
    found: dict[Aspect, Value] = {}
    for value in statement.values if statement else ():
        usage = f"write it as `{AD.usage['deliver']}`"
        if isinstance(value, Ratio) and not _is_shape(value.width, value.height):
            message = f"`{value.written}` is no shape of a film"
            scope.report(Diagnostic("AD0303", message, value.span, _SHAPES, usage))
        elif isinstance(value, Ratio) and Aspect(value.width, value.height) in found:
            scope.report(Diagnostic("AD0207", f"`{value.written}` is named twice", value.span, hint="remove it"))
        elif isinstance(value, Ratio):
            found[Aspect(value.width, value.height)] = value
        elif not isinstance(value, Odd):
            message = f"`deliver` lists aspect ratios, found {describe(value)}"
            hint = _shape(value) or usage
            scope.report(Diagnostic("AD0301", message, value.span, "an aspect ratio is expected", hint))
    if statement is not None:
        parted_by_commas(statement, "shapes", scope.report)
    if statement is not None and not statement.values:
        scope.report(Diagnostic("AD0302", "`deliver` lists nothing", statement.span, hint="write `deliver 9:16, 1:1`"))
    return tuple(found) or (aspect,)


def _platforms(body: Body, scope: Scope) -> tuple[Name, ...]:
    statement = body.one("platform")
    if statement is None:
        return ()
    words = scope.names(statement, AD.usage["platform"])
    return _known(words, platforms.names(), _PLATFORMS, ("platform", "a platform"), scope)


def _known(
    words: Iterable[Word], known: Sequence[str], habits: Mapping[str, str], called: tuple[str, str], scope: Scope
) -> tuple[Name, ...]:
    """Those of a list's names that are `known`; of others, what is likely meant. `called` is what they all are."""
    found: list[Name] = []
    for word in words:
        if word.written in known:
            found.append(Name(word.written, word.span))
        else:
            habit = habits.get(word.written.lower(), "")
            hint = f"did you mean `{habit}`?" if habit else likeliest(word.written, known)
            hint = hint or f"{called[0]}s: " + ", ".join(f"`{name}`" for name in known)
            message = f"`{word.written}` is not {called[1]}"
            scope.report(Diagnostic("AD0304", message, word.span, f"unknown {called[0]}", hint))
    return tuple(found)


def _display(name: Word, declaration: Statement, scope: Scope) -> str:
    """The name that people see; made of the declared name where none is written."""
    values = take(declaration, (Word, String), TOP, scope.report, optional=1)
    written = values[1] if values and len(values) > 1 else None
    if isinstance(written, String) and written.value.strip():
        return written.value
    return name.written.rpartition(".")[2].replace("_", " ").capitalize()


def _automatic(body: Body, scope: Scope) -> Wish | None:
    """What `looks auto`, perhaps `using` a model, asks for."""
    statement = body.one("looks")
    match statement.values if statement else ():
        case (Word(written="auto", span=span),):
            return Wish(None, span)
        case (Word(written="auto", span=span), Word(written="using"), Word() as model):
            return Wish(scope.model(model), span)
    return None


def _voice_of(body: Body, scope: Scope) -> Voice | None:
    """A voice by its name, or what a seller calls it, as a text."""
    statement = body.one("voice")
    match statement.values if statement else ():
        case (Word() as word,):
            return scope.voice(word)
    text = scope.text(body, "voice")
    return Voice("", None, text, (), text.span) if text else None


def _photos(body: Body, scope: Scope) -> tuple[Picture, ...]:
    pattern = body.only("photos", String)
    return scope.shelf.pictures(pattern) if pattern else ()


def _lora(name: Word, body: Body, photos: tuple[Picture, ...], scope: Scope) -> Lora | None:
    """What is trained. Its photos are the character's where it has none of its own; the trigger is made of the name."""
    statement = body.one("lora")
    if statement is None:
        return None
    take(statement, (), CHARACTER, scope.report)
    inner = Body(statement, CHARACTER.blocks["lora"], scope.report)
    own, trigger = _photos(inner, scope), inner.only("trigger", String)
    word = trigger.value if trigger else re.sub("[^A-Z]", "", name.written.upper()) + "X"
    if trigger and not re.fullmatch(r"\w{2,30}", trigger.value):
        message = f"`{trigger.value}` cannot be a trigger"
        scope.report(Diagnostic("AD0303", message, trigger.span, "one word of 2 to 30 letters and digits"))
    steps = inner.whole("steps", 1, 10_000) or LORA_STEPS
    return Lora(own or photos, word, steps, scope.using(inner), scope.options(inner), statement.keyword.span)


def _manifest(body: Body, scope: Scope) -> Mapping[str, Picture]:
    """The views of a pack that lies ready: `pack "maya.pack.json"`."""
    statement = body.one("pack")
    match statement.values if statement else ():
        case (String() as reference,):
            return scope.shelf.pack(reference)
    return {}


def _pack(body: Body, scope: Scope) -> tuple[Name, ...]:
    statement = body.one("pack")
    if statement is None or isinstance(next(iter(statement.values), None), String):
        return ()
    return _known(scope.names(statement, CHARACTER.usage["pack"]), VIEWS, _VIEWS, ("view", "a view of a pack"), scope)


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
        usage = f"write it as `{intended(statement, (Resolution, Ratio), AD) or AD.usage['size']}`"
        scope.report(Diagnostic("AD0302", message, statement.span, hint=usage))
        return short_side, aspect
    if len(statement.lists) < len(kinds):
        message, span = "`size` takes its values without commas", statement.values[1].span
        usage = f"a blank is enough: `size {' '.join(value.written for value in statement.values)}`"
        scope.report(Diagnostic("AD0113", message, span, "a comma stands before this", usage))
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
                scope.report(Diagnostic("AD0303", message, value.span, _SHAPES, usage))
            case _:
                message = f"`size` takes a resolution and an aspect ratio, found {describe(value)}"
                hint = _shape(value) or usage
                scope.report(Diagnostic("AD0301", message, value.span, "`1080p` or `9:16` is expected", hint))
    return short_side, aspect


def _shape(value: Value) -> str:
    """The hint for a shape or a size as people call it."""
    plain = value.value if isinstance(value, String) else value.written
    meant = _SHAPE_NAMES.get(plain.lower().replace("_", ""), "")
    meant = meant or as_kind(value, Ratio) or as_kind(value, Resolution)
    return f"did you mean `{meant}`?" if meant else ""


def _is_shape(width: int, height: int) -> bool:
    return min(width, height) > 0 and max(width, height) <= LONGEST_ASPECT * min(width, height)
