"""The film is what the platforms that it is made for take: as long, in a shape and at a rate that they show well."""

from collections.abc import Iterator
from fractions import Fraction

from adc.compiler.checks.durations import film_seconds
from adc.compiler.definitions import Name, Script
from adc.compiler.diagnostics import Diagnostic, Severity
from adc.compiler.platforms import Platform, platform
from adc.compiler.units import seconds_text


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0427, AD0428."""
    seconds = film_seconds(script)
    for name in script.ad.platforms:
        known = platform(name.value)
        yield from _length(name, known, seconds)
        yield from _shape(name, known, [str(aspect) for aspect in script.ad.deliver])
        yield from _rate(name, known, script.ad.rate)


def _length(name: Name, known: Platform, seconds: Fraction) -> Iterator[Diagnostic]:
    lasts = seconds_text(seconds)
    if known.least is not None and seconds < known.least:
        message = f"{known.title} last at least {known.least}s, and this film {lasts}s"
        yield Diagnostic("AD0427", message, name.span, "refused", "add film, or name another platform")
    elif known.most is not None and seconds > known.most:
        message = f"{known.title} last at most {known.most}s, and this film {lasts}s"
        yield Diagnostic("AD0427", message, name.span, "refused", "cut film, or name another platform")
    elif known.advised is not None and not known.advised[0] <= seconds <= known.advised[1]:
        least, most = known.advised
        advice = f"{least}s to {most}s" if least else f"at most {most}s"
        message = f"{known.title} do best at {advice}, and this film lasts {lasts}s"
        hint = "add film" if seconds < least else "cut film, or make a shorter version as a spec of its own"
        yield Diagnostic("AD0428", message, name.span, "taken, and shown badly", hint, severity=Severity.WARNING)


def _shape(name: Name, known: Platform, delivered: list[str]) -> Iterator[Diagnostic]:
    taken = [aspect for aspect in delivered if aspect in known.ratios]
    best = " or ".join(aspect for aspect, how in known.ratios.items() if how == "best")
    have = f"this film is delivered in {' and '.join(delivered)}"
    hint = f"write `deliver {', '.join([*delivered, best.split(' or ')[0]])}`"
    if not taken:
        message = f"{known.title} are {best}, and {have}"
        yield Diagnostic("AD0427", message, name.span, "refused", hint)
    elif all(known.ratios[aspect] == "poor" for aspect in taken):
        message = f"{known.title} are best in {best}, and {have}"
        yield Diagnostic("AD0428", message, name.span, "shown small or cropped", hint, severity=Severity.WARNING)


def _rate(name: Name, known: Platform, rate: int) -> Iterator[Diagnostic]:
    if known.rates is not None and not known.rates[0] <= rate <= known.rates[1]:
        least, most = known.rates
        message = f"{known.title} run at {least} to {most} frames a second, and this film at {rate}"
        yield Diagnostic("AD0428", message, name.span, "shown badly", "write `rate 30fps`", severity=Severity.WARNING)
