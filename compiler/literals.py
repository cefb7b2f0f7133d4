"""From a token to its value: texts lose their quotes, numbers with units become exact values.

Text is where care is needed: a template error inside `"…"` has to be underlined where it stands in the file, so
every character of the value keeps the place it came from, through escapes and through the dedent of long texts.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from math import gcd

from adc.compiler import nodes
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.source import Span, span_at
from adc.compiler.units import seconds_text

LONGEST_NUMBER = 18
LEAST_PIXELS = 100
"""From here on two numbers are a size and no ratio."""

SHORT_SIDES = {"4k": 2160}
UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "msecs", "millis"), "ms"),
    **dict.fromkeys(("p", "px"), "p"),
    **dict.fromkeys(("fps", "hz"), "fps"),
    **dict.fromkeys(("db",), "dB"),
    **dict.fromkeys(("lufs", "lkfs"), "LUFS"),
}

MINUTES = frozenset({"m", "min", "mins", "minute", "minutes"})

SIGNED = frozenset({"db", "lufs", "lkfs"})
"""Units whose amount may be below zero."""

CURRENCIES = frozenset({"usd", "dollar", "dollars", "$"})
FOREIGN = frozenset({"eur", "euro", "euros", "gbp", "€", "£", "¥"})

_VALUE = re.compile(r"\$?[0-9]+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?m?s|[0-9]+(?::[0-9]+|p|fps)")

Report = Callable[[Diagnostic], None]


def value(kind: str, span: Span, source: str, report: Report) -> nodes.Value:
    """The value of the terminal `kind` at `span`. A number beyond all use comes back as `Odd`, reported."""
    written = source[span.start : span.end]
    match kind:
        case "NAME":
            return nodes.Word(written, span)
        case "TEXT" | "UNCLOSED_TEXT":
            return _text(span, source, span.start + 1, span.end - (kind == "TEXT"), report)
        case "LONG_TEXT" | "UNCLOSED_LONG_TEXT":
            return _long_text(span, source, span.start + 3, span.end - 3 * (kind == "LONG_TEXT"), report)
        case "JUNK":
            return nodes.Odd(written, span)  # told already, by `slips`
        case "LOOSE":
            report(loose(written, span))
            return nodes.Odd(written, span)
        case _ if kind == "ODD" or len(written) > LONGEST_NUMBER:
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
    raise AssertionError(f"a terminal without a value: {kind}")


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


def loose(written: str, span: Span) -> Diagnostic:
    """The diagnostic for a value that is plain to a reader and written in a foreign way."""
    together = re.sub(r"\s", "", written)
    amount, unit = _split(together.lstrip("$€£¥"))
    unit = unit.lower()
    message = f"`{written}` is not a value that can be read"
    if unit in FOREIGN or together[0] in FOREIGN:
        return Diagnostic("AD0305", message, span, "not in dollars", f"amounts are US dollars: `${amount or 15}`")
    if unit in CURRENCIES:
        return Diagnostic(
            "AD0305", message, span, "not the form of an amount", f"the dollar sign comes first: `${amount}`"
        )
    if "," in together:
        plain = together.replace(",", "" if together[0] == "$" else ".")
        label = "commas part the items of a list"
        return Diagnostic("AD0305", message, span, label, f"did you mean `{plain}`?")
    if sides := re.fullmatch(r"([0-9]+)[:/×*xX]([0-9]+)p?", together):
        return Diagnostic("AD0305", message, span, "unknown unit or form", _sides(int(sides[1]), int(sides[2])))
    hint = _mended(together).removeprefix("did you mean ").removesuffix("?")
    shown = f"`{together}`" if _VALUE.fullmatch(together) or not hint.startswith("`") else hint
    hint = f"a value and its unit are written together: {shown}"
    return Diagnostic("AD0302", f"`{written}` is written in two parts", span, "one value", hint)


def _sides(width: int, height: int) -> str:
    """The hint for `16x9` or `1080x1920`: a ratio, or the short side with its ratio."""
    divisor = gcd(width, height)
    if not divisor:
        return "an aspect ratio is written `9:16`"
    ratio = f"{width // divisor}:{height // divisor}"
    if min(width, height) < LEAST_PIXELS:
        return f"did you mean `{width}:{height}`?"
    return f"did you mean `{min(width, height)}p {ratio}`?"


def _mended(written: str) -> str:
    """The hint that gives a value its right unit, or all forms there are."""
    amount, unit = _split(written)
    hint = "values carry their unit: `10s`, `500ms`, `$15`, `9:16`, `1080p`, `30fps`"
    if unit.isalpha() or unit == "%":
        hint = f'{hint}; words stand between quotes: `"{written}"`'
    known = UNITS.get(unit.lower())
    if unit.lower() in CURRENCIES:
        hint = f"the dollar sign comes first: `${amount}`"
    elif unit.lower() in MINUTES and amount:
        hint = f"durations are in seconds: `{seconds_text(Fraction(amount) * 60)}s`"
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
    return _string(span, source, [range(start, end)], report)


def _long_text(span: Span, source: str, start: int, end: int, report: Report) -> nodes.String | nodes.Odd:
    """Dedented by the smallest indent of its lines; a blank first line and the closing line's indent go."""
    lines: list[tuple[str, int]] = []
    place = start
    for line in source[start:end].split("\n"):
        lines.append((line, place))
        place += len(line) + 1
    indent = min((_indent(line) for line, _ in lines[1:] if line.strip()), default=0)
    kept = [range(place, place + len(line)) for line, place in lines[:1]]
    kept += [range(place + (indent if line.strip() else len(line)), place + len(line)) for line, place in lines[1:]]
    if not lines[0][0].strip():
        del kept[0]
    if kept and len(kept[-1]) == 0:
        del kept[-1]
    # A line end stands right behind its line, so it is part of the same run.
    runs = [range(run.start, run.stop + 1) for run in kept[:-1]] + kept[-1:]
    return _string(span, source, runs, report)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _string(span: Span, source: str, runs: list[range], report: Report) -> nodes.String | nodes.Odd:
    """The text that stands at `runs`, escapes undone; `Odd` where one of them is unknown."""
    written = source[span.start : span.end]
    if "\\" not in written:
        text = "".join([source[run.start : run.stop] for run in runs])
        return nodes.String(text, written, span, runs[0] if len(runs) == 1 else tuple(chain.from_iterable(runs)))
    characters: list[str] = []
    offsets: list[int] = []
    known = True
    remaining = chain.from_iterable(runs)
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
