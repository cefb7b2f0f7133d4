"""Statements with a form of their own, when they are written in another: what is wrong, and what they most likely mean.

`intended` deals with statements that take one value after the other; supers, frames, voice-overs and colours do not.

    super "Day 30" top left from 1s to 3s       super "Day 30" at top_left from 1s for 2s
    start hook                                  start frame of hook
    background "white"                          background "#ffffff"
"""

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise, takewhile

from adc.compiler.diagnostics import Diagnostic
from adc.compiler.fields import describe
from adc.compiler.intended import as_kind, quoted
from adc.compiler.nodes import Duration, Number, Statement, String, Value, Word
from adc.compiler.source import Span
from adc.compiler.units import seconds_text
from adc.compiler.vocabulary import CARD, PLACES

SIDES = {
    "upper": "top",
    "above": "top",
    "lower": "bottom",
    "below": "bottom",
    "middle": "center",
    "centre": "center",
    "centered": "center",
}
"""Places as people call them."""

_PARTS = ("at", "from", "for")


def meant_super(values: Sequence[Value]) -> str:
    """The super that `values` plainly mean; empty where that is a guess."""
    words = list(takewhile(lambda value: value.written not in _PARTS, values))
    if not words:
        return ""
    text = words[0].written if isinstance(words[0], String) else quoted(" ".join(each.written for each in words))
    rest = {SIDES.get(value.written, value.written) for value in values if isinstance(value, Word)}
    place = max((name for name in PLACES if rest.issuperset(name.split("_"))), key=len, default="")
    place = next((name for name in PLACES if name in rest and "_" in name), place)
    times = {
        word.written: seconds
        for word, value in pairwise(values)
        if isinstance(word, Word) and (seconds := _seconds(value)) is not None
    }
    if "to" in times and "for" not in times:
        times["for"] = times["to"] - times.get("from", Fraction(0))
    told = [f"at {place}"] if place else []
    told += [f"{word} {seconds_text(times[word])}s" for word in ("from", "for") if times.get(word, Fraction(0)) > 0]
    return " ".join(("super", text, *told))


def _seconds(value: Value) -> Fraction | None:
    if isinstance(value, Duration):
        return value.seconds
    if isinstance(value, Number) and as_kind(value, Duration):
        return Fraction(value.value)
    return None


def turned_voiceover(values: Sequence[Value]) -> str:
    """The voice-over that `voiceover "…" by maya` and `voiceover by model "…"` mean; empty for others."""
    match values:
        case (String(written=text), Word(written="by"), Word(written=who)):
            return f"voiceover {who} {text}"
        case (Word(written="by"), Word(written="model"), String(written=text)):
            return f"voiceover {text} by model"
        case (Word(written="by"), Word(written=who), String(written=text)):
            return f"voiceover {who} {text}"
    return ""


def no_frame(word: str, statement: Statement) -> Diagnostic:
    """What is wrong with a `start` or `end` that names no frame."""
    values = statement.values
    found = describe(values[0]) if values else "nothing"
    message, label = f"`{word}` takes a file, a keyframe or a frame of another scene, found {found}", ""
    plain = [value.written for value in values if isinstance(value, Word)]
    text = next((value.written for value in values if isinstance(value, String)), "")
    file = "refs/first.png" if word == "start" else "refs/last.png"
    keyframe = f'{word} keyframe "{{{{ maya }}}} on a bench"'
    hint = f'write `{word} "{file}"`, `{keyframe} using flux_2` or `{word} frame of hook`'
    if word == "end" and plain[:2] == ["clip", "of"]:
        label = "a scene goes on from a clip, and ends on a frame"
        return Diagnostic("AD0301", message, statement.span, label, f"write it as `end frame of {plain[-1]}`")
    match plain:
        case ["keyframe"] if len(values) == 1:
            message = f"`{word} keyframe` does not say what the frame shows"
            label, hint = "a text is missing behind it", f"write it as `{keyframe}`"
            return Diagnostic("AD0302", message, statement.span, label, hint)
        case ["keyframe", *rest]:
            message = f"`{word} keyframe` takes a text, and perhaps `using` and a model"
            shown = text or quoted(" ".join(value.written for value in values[1:]))
            hint = f"write it as `{word} keyframe {shown}{f' using {rest[-1]}' if text and rest else ''}`"
        case ["clip", *_, name] if not text and word == "start" and name != "of":
            hint = f"write it as `start clip of {name}`"
        case [*_, name] if not text and name not in ("frame", "of", "last", "first", "clip"):
            hint = f"write it as `{word} frame of {name}`"
        case [_, *_] if text:
            hint = f"write it as `{word} keyframe {text}`, or the path of a file alone"
    return Diagnostic("AD0301", message, statement.span, label, hint)


def no_background(statement: Statement) -> Diagnostic:
    """What is wrong with a `background` of nothing."""
    message = "`background` takes a colour, found nothing"
    hint = f"without quotes a `#` begins a comment; write it as `{CARD.usage['background']}`"
    return Diagnostic("AD0302", message, statement.span, "something is missing", hint)


def no_colour(written: str, span: Span) -> Diagnostic:
    """What is wrong with a colour in another form than `#f4efe8`."""
    from PIL import ImageColor  # only a mistake needs the names of colours

    usage = CARD.usage["background"]
    for form in (written, f"#{written}"):
        with suppress(ValueError):
            red, green, blue = ImageColor.getrgb(form.replace(" ", ""))[:3]
            usage = f'background "#{red:02x}{green:02x}{blue:02x}"'
            break
    label = "a colour is `#` and six digits or letters from a to f"
    return Diagnostic("AD0306", f"`{written}` is not a colour", span, label, f"write it as `{usage}`")
