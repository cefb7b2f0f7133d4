"""The catalogue for people: a table of models, and a page about one of them."""

import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from adc.compiler.catalogue import Endpoint, Limits, PriceRule, file_limits
from adc.compiler.plan import Json
from adc.compiler.price import SIZE, amounts
from adc.compiler.settings import Setting, settings
from adc.compiler.units import unit_price_text
from adc.runtime.reporters.columns import columns

UNITS = {"1k chars": "1,000 characters", "audio": "piece"}
"""Units of prices whose word in the catalogue is not the one in a sentence."""

WIDTH = 116
"""Columns of a page; the table is as wide as it has to be."""

_MARGIN = 12


def table_lines(models: Sequence[tuple[Endpoint, ...]]) -> Iterator[str]:
    """One line a model."""
    heads = ("name", "role", "takes", "lengths", "price", "as of")
    rows = [
        (
            model[0].model,
            model[0].role,
            ", ".join(takes_words(model)),
            lengths_words(model),
            price_range(model),
            max(endpoint.price.as_of for endpoint in model),
        )
        for model in models
    ]
    yield from columns(heads, rows)


def page_lines(model: Sequence[Endpoint]) -> Iterator[str]:
    """All that is known of a model, endpoint by endpoint."""
    yield f"{model[0].model}: {model[0].role}"
    for endpoint in model:
        yield ""
        yield endpoint.id
        yield f"  {endpoint.title}: {endpoint.use}"
        for head, lines in _paragraphs(endpoint):
            wrapped = [part for line in lines for part in _wrapped(line)]
            for number, line in enumerate(wrapped):
                yield f"  {head if number == 0 else '':<{_MARGIN - 2}}{line}"


def _paragraphs(endpoint: Endpoint) -> Iterator[tuple[str, list[str]]]:
    takes = endpoint.takes
    yield "takes", [", ".join(takes_words([endpoint]))]
    yield "makes", [endpoint.makes if not endpoint.lora_family else f"{endpoint.makes} ({endpoint.lora_family})"]
    if lengths := lengths_words([endpoint]):
        yield "lengths", [lengths]
    if takes.aspects:
        yield "shapes", [", ".join(takes.aspects)]
    if takes.resolutions:
        yield "sizes", [", ".join(takes.resolutions)]
    if takes.prompt_chars:
        yield "prompt", [f"at most {takes.prompt_chars:,} characters"]
    yield "price", list(price_lines(endpoint.price))
    if limits := limited(endpoint):
        yield "files", [f"{place}: {limits_words(found)}" for place, found in limits]
    if options := settings(endpoint):
        width = max(len(option.name) for option in options)
        yield "set", [f"{option.name:<{width}}  {setting_words(option)}" for option in options]
    if endpoint.notes:
        yield "notes", list(endpoint.notes)
    yield "source", list(endpoint.source)
    yield "since", [endpoint.as_of]


def takes_words(model: Sequence[Endpoint]) -> list[str]:
    """What requests may carry, over all endpoints of a model, in the words of the table."""
    match model[0].role:
        case "training":
            return ["photos in a zip"]
        case "lipsync":
            return ["a clip and a voice"]
        case "description" | "cutout":
            return ["a picture"]
        case "upscale":
            return ["a clip"]
        case "transcription":
            return ["a voice"]
        case "voice" | "music" | "sound":
            return ["words"]
    takes = [endpoint.takes for endpoint in model]
    references, loras = max(each.references for each in takes), max(each.loras for each in takes)
    words = {
        "words alone": any(each.references_needed == 0 and each.start_frame != "required" for each in takes)
        and not loras,
        f"up to {references} references" if references > 1 else "a reference": references > 0,
        "a start frame": any(each.start_frame != "no" for each in takes),
        "an end frame": any(each.end_frame != "no" for each in takes),
        "a clip to go on from": any(each.start_clip is not None for each in takes),
        "speech": any(each.speech for each in takes),
        f"up to {loras} LoRAs" if loras > 1 else "a LoRA": loras > 0,
    }
    return [word for word, holds in words.items() if holds]


def lengths_words(model: Sequence[Endpoint]) -> str:
    """The lengths that the endpoints make together: `3 to 10 s`, `4, 6, 8 s`; empty where they have none."""
    listed = sorted({seconds for endpoint in model for seconds in endpoint.takes.seconds})
    if listed:
        whole = len(listed) > 2 and listed == list(range(listed[0], listed[-1] + 1))
        return f"{listed[0]} to {listed[-1]} s" if whole else f"{', '.join(map(str, listed))} s"
    least = [endpoint.takes.shortest for endpoint in model if endpoint.takes.shortest is not None]
    most = [endpoint.takes.longest for endpoint in model if endpoint.takes.longest is not None]
    if least and most:
        return f"{min(least)} to {max(most)} s"
    return f"up to {max(most)} s" if most else ""


def price_range(model: Sequence[Endpoint]) -> str:
    """The least and the most a unit costs over all endpoints of a model; `about` where some of it is estimated."""
    known = [endpoint.price for endpoint in model if endpoint.price.mark != "unknown"]
    found = [amount for rule in known for amount, _ in amounts(rule.usd, rule.by)]
    found += [Decimal(rule.first) for rule in known if rule.first]
    if not found:
        return "unknown"
    about = "about " if any(rule.mark == "estimated" for rule in known) else ""
    least, most = unit_price_text(min(found)), unit_price_text(max(found))
    return f"{about}{least if least == most else f'{least} to {most}'} per {_unit(known[0])}"


def price_lines(rule: PriceRule) -> Iterator[str]:
    """A price in full: what each choice costs, how it is counted, how sure it is."""
    unit = _unit(rule)
    if rule.mark != "unknown":
        if rule.first:
            first, further = unit_price_text(Decimal(rule.first)), unit_price_text(Decimal(str(rule.usd)))
            yield f"{first} for the first {unit}, {further} for each after it"
        else:
            for amount, choices in amounts(rule.usd, rule.by):
                with_them = ", ".join(_choice(name, value) for name, value in choices)
                yield f"{unit_price_text(amount)} per {unit}" + (f" with {with_them}" if with_them else "")
    for extra in rule.extras:
        yield f"{unit_price_text(Decimal(extra.usd))} more per {unit} with {extra.argument} {_plain(extra.value)}"
    if rule.rounding:
        yield f"paid up to the next {f'whole {unit}' if rule.rounding == 1 else f'{rule.rounding} {unit}s'}"
    if rule.unit in ("second", "minute") and not rule.of:
        yield "by the length of what is sent"
    if rule.inputs:
        counts = f"{rule.input_units} {unit}s" if rule.input_units > 1 else f"a {unit}"
        yield f"each picture of {rule.inputs} counts as {counts}"
    if rule.times:
        yield f"times {rule.times}"
    if rule.listed:
        yield f"fal lists {unit_price_text(Decimal(rule.listed))} for a unit of its own, in which bills are counted"
    yield f"{rule.mark}, as of {rule.as_of}, {rule.source}"


def setting_words(setting: Setting) -> str:
    """An option in a few words: `number from 0 to 1, default 0.5`."""
    words = "one of " + ", ".join(setting.choices) if setting.choices else setting.kind
    if setting.least is not None and setting.most is not None:
        words += f" from {setting.least} to {setting.most}"
    elif setting.least is not None:
        words += f" from {setting.least}"
    elif setting.most is not None:
        words += f" up to {setting.most}"
    if setting.longest is not None:
        words += f" of at most {setting.longest:,} characters"
    if setting.default is not None:
        words += f", default {_plain(setting.default)}"
    return f"{words}: {setting.doc}" if setting.doc else words


def limited(endpoint: Endpoint) -> list[tuple[str, Limits]]:
    """The places of a request at which a file goes that has to keep to limits."""
    places = dict.fromkeys(_places(endpoint.request))
    return [(place, limits) for place in places if (limits := file_limits(endpoint, place)) is not None]


def limits_words(limits: Limits) -> str:
    """`at least 300x300 pixels, 2:5 to 5:2, at most 10 MB`."""
    words: list[str] = []
    if limits.min_width is not None or limits.min_height is not None:
        words.append(f"at least {limits.min_width or 1}x{limits.min_height or 1} pixels")
    if limits.max_width is not None or limits.max_height is not None:
        words.append(f"at most {limits.max_width or '?'}x{limits.max_height or '?'} pixels")
    if limits.min_aspect_ratio is not None and limits.max_aspect_ratio is not None:
        words.append(f"{_ratio(limits.min_aspect_ratio)} to {_ratio(limits.max_aspect_ratio)}")
    if limits.max_bytes is not None:
        words.append(f"at most {limits.max_bytes / 2**20:g} MB")
    return ", ".join(words)


def _wrapped(line: str) -> list[str]:
    """A line in as many as it takes, those after the first a little further in."""
    return textwrap.wrap(
        line, WIDTH - _MARGIN, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    ) or [""]


def _places(slot: Json, place: str = "") -> Iterator[str]:
    if isinstance(slot, dict):
        for name, inner in slot.items():
            yield from _places(inner, f"{place}/{name}".lstrip("/"))
    elif isinstance(slot, list):
        for inner in slot:
            yield from _places(inner, place)
    else:
        yield place


def _choice(name: str, value: str) -> str:
    """What an amount is for: an argument with a value, or what comes out up to a size."""
    return f"up to {value} pixels on the short side" if name == SIZE else f"{name} {value}"


def _unit(rule: PriceRule) -> str:
    return UNITS.get(rule.unit, rule.unit)


def _ratio(ratio: Fraction) -> str:
    return f"{ratio.numerator}:{ratio.denominator}"


def _plain(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
