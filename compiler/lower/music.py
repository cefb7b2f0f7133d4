"""What plays under the film: bought from a music model for the film's length, or a file."""

from fractions import Fraction
from math import ceil

from adc.compiler.casting import Need
from adc.compiler.definitions import Music, Recording
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.units import seconds_text


def lower_music(sheet: Sheet, music: Music, seconds: Fraction) -> Json:
    """The film's music: the reference to its sound with how loud it is, None where no model makes it (reported)."""
    sound = sheet.file(music.source) if isinstance(music.source, Recording) else _bought(sheet, music, seconds)
    if sound is None:
        return None
    return {"audio": sound, "level": str(music.level), "duck": str(music.duck)}


def _bought(sheet: Sheet, music: Music, seconds: Fraction) -> Json:
    casting = sheet.cast(Need("music", seconds), music.using, music.span, step_id="music")
    if casting is None:
        return None
    assert not isinstance(music.source, Recording)
    length = casting.seconds or ceil(seconds)
    words = sheet.words(music.source, sheet.scope(None, casting.endpoint))
    return buy(
        sheet,
        "music",
        casting.endpoint,
        {"prompt": words, "seconds": length, "milliseconds": 1000 * length},
        purpose=f"music for {seconds_text(seconds)} s",
        asked={"words": words, "seconds": seconds_text(seconds)},
        using=music.using,
        why=casting.why,
        brief={"title": "music", "words": words, "seconds": str(length), "model": casting.endpoint.title},
        span=music.span,
        options=music.options,
    )
