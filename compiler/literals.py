"""From a token to its value: texts lose their quotes, numbers with units become exact values.

Text is where care is needed: a template error inside `"…"` has to be underlined where it stands in the file, so
every character of the value keeps the place it came from, through escapes and through the dedent of long texts.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from lark import Token

from adc.compiler import nodes
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.source import Span, span_at

LONGEST_NUMBER = 18
SHORT_SIDES = {"4k": 2160}
UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "msecs", "millis"), "ms"),
    **dict.fromkeys(("p", "px"), "p"),
    **dict.fromkeys(("fps", "hz"), "fps"),
    **dict.fromkeys(("db",), "dB"),
    **dict.fromkeys(("lufs", "lkfs"), "LUFS"),
}

SIGNED = frozenset({"db", "lufs", "lkfs"})
"""Units whose amount may be below zero."""

_VALUE = re.compile(r"\$?[0-9]+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?m?s|[0-9]+(?::[0-9]+|p|fps)")

Report = Callable[[Diagnostic], None]


def value(token: Token, span: Span, source: str, report: Report) -> nodes.Value:
    """The value that `token` is. A number beyond all use comes back as `Odd`, reported."""
    written = str(token)
    match token.type:
        case "NAME":
            return nodes.Word(written, span)
        case "TEXT" | "UNCLOSED_TEXT":
            return _text(span, source, span.start + 1, span.end - (token.type == "TEXT"), report)
        case "LONG_TEXT" | "UNCLOSED_LONG_TEXT":
            return _long_text(span, source, span.start + 3, span.end - 3 * (token.type == "LONG_TEXT"), report)
        case _ if token.type == "ODD" or len(written) > LONGEST_NUMBER:
            report(odd(written, span))
            return nodes.Odd(written, span)
        case "DURATION":
            amount, unit = _split(written)
            return nodes.Duration(Fraction(amount) / (1000 if unit == "ms" else 1), written, span)
        case "MONEY":
            return nodes.Money(Decimal(written[1:]), written, span)
        case "ASPECT":
            width, height = written.split(":")
            return nodes.Ratio(int(width), int(height), written, span)
        case "RESOLUTION":
            return nodes.Resolution(SHORT_SIDES.get(written) or int(written[:-1]), written, span)
        case "RATE":
            return nodes.Rate(int(written[:-3]), written, span)
        case "LEVEL":
            amount, unit = _split(written)
            return nodes.Level(Decimal(amount), "dB" if unit == "dB" else "LUFS", written, span)
        case "NUMBER":
            return nodes.Number(Decimal(written) if "." in written else int(written), written, span)
    raise AssertionError(f"a terminal without a value: {token.type}")


def odd(written: str, span: Span) -> Diagnostic:
    """The diagnostic for a number with a wrong sign or an unknown unit, with the mend where it is plain."""
    message = f"`{written}` is not a value that can be read"
    unsigned = written.translate({ord("-"): None, ord("+"): None})
    if len(written) > LONGEST_NUMBER:
        return Diagnostic("AD0305", message, span, "far too long", "shorten it")
    if _split(written)[1].lower() in SIGNED:
        return Diagnostic("AD0305", message, span, "unknown unit or form", _mended(written))
    if "-" in written:
        hint = f"write `{unsigned}`" if _VALUE.fullmatch(unsigned) else _mended(unsigned)
        return Diagnostic("AD0305", f"`{written}` is negative, which it cannot be", span, "less than nothing", hint)
    hint = f"did you mean `{unsigned}`?" if _VALUE.fullmatch(unsigned) else _mended(unsigned)
    return Diagnostic("AD0305", message, span, "unknown unit or form", hint)


def _mended(written: str) -> str:
    """The hint that gives a value its right unit, or all forms there are."""
    amount, unit = _split(written)
    hint = "values carry their unit: `10s`, `500ms`, `$15`, `9:16`, `1080p`, `30fps`"
    known = UNITS.get(unit.lower())
    if unit == "$":
        hint = f"the dollar sign comes first: `${amount}`"
    elif unit.lower() in SHORT_SIDES or written.lower() in SHORT_SIDES:
        hint = f"did you mean `{written.lower()}`?"
    elif known == "fps" and "." in amount:
        hint = f"frame rates are whole: `{round(Decimal(amount))}fps`"
    elif known is not None and amount and not (known == "p" and "." in amount):
        hint = f"did you mean `{amount}{known}`?"
    return hint


def _split(written: str) -> tuple[str, str]:
    found = re.match(r"-?[0-9]+(?:\.[0-9]+)?", written)
    amount = found.group() if found else ""
    return amount, written[len(amount) :]


def _text(span: Span, source: str, start: int, end: int, report: Report) -> nodes.String | nodes.Odd:
    return _string(span, source, range(start, end), report)


def _long_text(span: Span, source: str, start: int, end: int, report: Report) -> nodes.String | nodes.Odd:
    """Dedented by the smallest indent of its lines; a blank first line and the closing line's indent go."""
    lines: list[range] = []
    line_start = start
    for place in [*(index for index in range(start, end) if source[index] == "\n"), end]:
        lines.append(range(line_start, place))
        line_start = place + 1
    inner = [line for line in lines[1:] if source[line.start : line.stop].strip()]
    indent = min((_indent(source, line) for line in inner), default=0)
    kept = lines[:1] + [line[indent:] if source[line.start : line.stop].strip() else range(0) for line in lines[1:]]
    if not source[lines[0].start : lines[0].stop].strip():
        kept = kept[1:]
        lines = lines[1:]
    if kept and len(kept[-1]) == 0:
        kept = kept[:-1]
        lines = lines[:-1]
    places: list[int] = []
    for number, line in enumerate(kept):
        places += line
        if number < len(kept) - 1:
            places.append(lines[number].stop)
    return _string(span, source, places, report)


def _indent(source: str, line: range) -> int:
    text = source[line.start : line.stop]
    return len(text) - len(text.lstrip(" \t"))


def _string(span: Span, source: str, places: range | list[int], report: Report) -> nodes.String | nodes.Odd:
    """The text that stands at `places`, escapes undone; `Odd` where one of them is unknown."""
    written = source[span.start : span.end]
    characters: list[str] = []
    offsets: list[int] = []
    known = True
    remaining = iter(places)
    for place in remaining:
        character = source[place]
        if character == "\\":
            following = next(remaining, None)
            character = "" if following is None else source[following]
            if character not in ('"', "\\"):
                report(_unknown_escape(span.path, source, place, character))
                known = False
        characters.append(character)
        offsets.append(place)
    return nodes.String("".join(characters), written, span, tuple(offsets)) if known else nodes.Odd(written, span)


def _unknown_escape(path: str, source: str, place: int, escaped: str) -> Diagnostic:
    hint = r"for a backslash write `\\`, for a quote `\"`"
    if escaped == "n":
        hint = 'for several lines write the text between `"""` and `"""`'
    elif escaped.isalnum():
        hint = r"folders in paths are parted by `/`; for a backslash write `\\`"
    shown = "\\" + escaped if escaped.isprintable() else "\\"
    return Diagnostic(
        "AD0108",
        f"`{shown}` is not an escape",
        span_at(path, source, place, place + len(shown)),
        "unknown escape",
        hint,
    )
