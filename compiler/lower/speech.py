"""Words: who says them, when, and the voices that are bought from a text-to-speech model.

What is said on camera takes the first seconds of a clip, by the length of its words. Voice-overs come behind it and
share the rest in proportion to theirs, one after the other; a check has seen to it that there is a rest. Where the
model of the clip is mute, its lines on camera become a voice as well, which is then laid over the lips.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

from adc.compiler.aloud import PACE, letters, rest
from adc.compiler.casting import Need
from adc.compiler.definitions import Line, Scene, Script
from adc.compiler.frozen import frozen
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import Json
from adc.compiler.prompts import inside
from adc.compiler.units import seconds_text


@frozen
class Said:
    """Where a line is heard: in `sound`, a clip or a voice of at most `seconds`; the step `id` can hear its words.

    `clip` is the index of that clip in its scene, None for a voice that lies over the scene.
    """

    line: Line
    sound: Json
    id: str
    seconds: Fraction
    clip: int | None = None


@frozen
class Voice:
    """A voice-over: the reference to its sound, and its place in frames from the start of its clip's scene."""

    sound: Json
    at: int
    frames: int
    said: Said


def in_clip(line: Line) -> bool:
    """Whether the line is part of the clip itself: said on camera, or off camera by the model."""
    return line.on_camera or line.by_model


def places(script: Script, scene: Scene, frames: int) -> dict[int, tuple[int, int]]:
    """Where each voice-over of a scene of `frames` has its place: by its index in `scene.lines`, start and length."""
    lines = [index for index, line in enumerate(scene.lines) if not in_clip(line)]
    spoken = letters((line for line in scene.lines if in_clip(line)), script)
    left = int(frames * rest(spoken, scene.seconds) / scene.seconds)
    counts = [letters([scene.lines[index]], script) for index in lines]
    borders = [frames - left + left * sum(counts[:count]) // max(1, sum(counts)) for count in range(len(lines) + 1)]
    return {index: (at, end - at) for index, (at, end) in zip(lines, pairwise(borders), strict=True)}


def when_said(script: Script, scene: Scene, frames: int) -> dict[int, tuple[int, int]]:
    """About when each line of a scene of `frames` is heard: by its index in `scene.lines`, start and length."""
    lines = [index for index, line in enumerate(scene.lines) if in_clip(line)]
    ends = accumulate((Fraction(letters([scene.lines[index]], script), PACE) for index in lines), initial=Fraction(0))
    borders = [min(frames, int(end * frames / scene.seconds)) for end in ends]
    said = {index: (at, end - at) for index, (at, end) in zip(lines, pairwise(borders), strict=True)}
    return dict(sorted({**said, **places(script, scene, frames)}.items()))


def shared_out(script: Script, scene: Scene, kept: Sequence[Fraction]) -> list[tuple[Line, ...]]:
    """The lines of the clip itself, over the clips that a scene is split into: each where it begins to be said."""
    shares: list[list[Line]] = [[] for _ in kept]
    ends = list(accumulate(kept))
    elapsed = Fraction(0)
    for line in scene.lines:
        if in_clip(line):
            index = next((index for index, end in enumerate(ends) if elapsed < end), len(kept) - 1)
            shares[index].append(line)
            elapsed += Fraction(letters([line], script), PACE)
    return [tuple(share) for share in shares]


def lower_voiceovers(sheet: Sheet, scene: Scene, frames: int, numbers: Mapping[int, str]) -> list[Voice]:
    """Put a step on the sheet for each voice-over of the scene, which lasts `frames`; `numbers` are their ids."""
    voices: list[Voice] = []
    for index, (at, length) in places(sheet.script, scene, frames).items():
        line = scene.lines[index]
        most = Fraction(length, sheet.script.ad.rate)
        who = line.who.display if line.who else "a voice"
        sound = buy_voice(sheet, scene, (line,), numbers[index], f"{who} over {scene.name}", most)
        voices.append(Voice(sound, at, length, Said(line, sound, f"{numbers[index]}.words", most)))
    return voices


def buy_voice(sheet: Sheet, scene: Scene, lines: Sequence[Line], step_id: str, purpose: str, most: Fraction) -> Json:
    """Put the voice that says `lines`, all of one speaker, on the sheet; `most` is the seconds there are for them."""
    line = lines[0]
    voice = line.who.voice if line.who else None
    using = voice.using if voice else None
    casting = sheet.cast(Need("voice", speech=True), using, line.span, step_id=step_id)
    if casting is None:
        return None
    scope = sheet.scope(scene)
    text = " ".join(words for words in (sheet.words(each.text, scope) for each in lines) if words.strip())
    if not text.strip():
        return None  # which is reported already
    owner = (voice.name or line.who.name) if voice and line.who else ""
    called = sheet.words(voice.id, inside(scope, owner)) if voice and voice.id and scope else None
    return buy(
        sheet,
        step_id,
        casting.endpoint,
        {"text": text, "voice": called},
        purpose=purpose,
        asked={"text": text, "voice": called},
        using=using,
        why=casting.why,
        brief={
            "who": line.who.display if line.who else "",
            "text": text,
            "most": seconds_text(most),
            "model": casting.endpoint.title,
        },
        span=line.text.span,
        options=voice.options if voice else (),
    )
