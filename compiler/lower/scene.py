"""A scene: the model that takes it, what it starts from and ends on, its clips, and the voices over it.

A scene is one clip, unless it is split: by hand into shots, or because it is longer than its model's longest clip. A
clip starts from words alone, from a picture, from a keyframe bought as a still, from the end of another scene, or on
the last frame of the clip before it: after `transition continue`, and from one clip of a scene to the next. That frame
is on screen already, so the film drops it at the head of the continued clip. Or it goes on from a whole clip, as do
further clips of such a scene: what comes back then is that clip lengthened, of which the film shows what has not been
seen.
"""

from fractions import Fraction

from adc.compiler.casting import Casting, Need, Part
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import Character, ClipOf, FrameOf, Keyframe, Line, Picture, Scene
from adc.compiler.frozen import frozen, replace
from adc.compiler.lower.asked import clip_asks
from adc.compiler.lower.identity import in_brief, pictured, subject
from adc.compiler.lower.keyframe import lower_keyframe
from adc.compiler.lower.purchase import buy
from adc.compiler.lower.sheet import Sheet
from adc.compiler.lower.speech import Said, Voice, buy_voice, in_clip, lower_voiceovers, places, shared_out
from adc.compiler.lower.upscale import enlarged
from adc.compiler.plan import Json, Step, StepRef
from adc.compiler.prompts import compose_avoid, compose_clip, look_of, without_pictures
from adc.compiler.request import carries, resolution
from adc.compiler.units import seconds_text, shared_frames


@frozen
class Clip:
    """A clip on the timeline: the reference to it, seconds bought and kept, and the film's frames that show it.

    `id` is the step that makes it, by `model`; `made` is the clip before anything was done to it, and `whole` how many
    seconds it lasts. `skip` counts the frames at its head that the film drops because they repeat the one before. Of
    a clip that lengthens another, the film shows its `last` seconds.
    """

    id: str
    ref: Json
    bought: Fraction
    kept: Fraction
    frames: int
    skip: int
    made: Json
    model: str
    whole: Fraction
    last: Fraction = Fraction(0)

    def unseen(self, rate: int) -> Fraction:
        """The seconds at its end that the film does not show."""
        return max((self.last or self.whole) - Fraction(self.frames, rate), Fraction(0))


@frozen
class Lowered:
    """A scene's clips in their order, and the voices over them, placed in frames from the scene's start.

    `said` tells of every line where it is heard.
    """

    scene: Scene
    clips: tuple[Clip, ...]
    voices: tuple[Voice, ...]
    said: tuple[Said, ...]


@frozen
class _Unit:
    """The scene, or one of its shots, with what it asks for and who makes it. `number` is 0 for a whole scene."""

    scene: Scene
    need: Need
    casting: Casting
    number: int
    frames: int


def lower_scene(
    sheet: Sheet, scene: Scene, frames: int, earlier: dict[str, Lowered], before: Clip | None, *, led_in: bool
) -> Lowered | None:
    """Put the scene's steps on the sheet; it lasts `frames`. None where a model is missing, which is reported.

    `before` is the clip that this one continues, if it does; `led_in` says that a morph ends on its first frame.
    """
    cut = _shots(scene)
    borders = shared_frames(frames, (shot.seconds for shot in cut))
    units: list[_Unit] = []
    for number, (shot, length) in enumerate(zip(cut, borders, strict=True), start=1):
        chained = before is not None if number == 1 else shot.start is None
        first = sum(len(unit.casting.parts) for unit in units)
        lends = number == len(cut) and is_gone_on(sheet, scene)
        need = _need(sheet, shot, earlier, chained=chained, lends=lends)
        casting = _cast(sheet, shot, need, first) if need else None
        if need and casting:
            units.append(_Unit(shot, need, casting, number if len(cut) > 1 else 0, length))
    if len(units) < len(cut):
        return None
    clips: list[Clip] = []
    said: list[Said] = []
    voices: list[Voice] = []
    several = sum(len(unit.casting.parts) for unit in units) > 1
    offset = 0
    over_all, *numbers = _voice_ids(scene, [unit.scene for unit in units])
    if scene.shots:
        voices += lower_voiceovers(sheet, scene, frames, over_all)
    for unit, ids in zip(units, numbers, strict=True):
        found = lower_voiceovers(sheet, unit.scene, unit.frames, ids)
        voices += [replace(voice, at=voice.at + offset) for voice in found]
        offset += unit.frames
        previous = clips[-1] if clips else before
        continued = previous if (clips and unit.scene.start is None) or not clips else None
        made = _lower_unit(sheet, unit, earlier, continued, len(clips), several=several, led_in=led_in and not clips)
        if made is None:
            return None
        clips += made[0]
        said += made[1]
    said += [voice.said for voice in voices]
    return Lowered(scene, tuple(clips), tuple(voices), tuple(said))


def is_gone_on(sheet: Sheet, scene: Scene) -> bool:
    """Whether another scene goes on from the clip of this one."""
    scenes = (piece for piece in sheet.script.pieces if isinstance(piece, Scene))
    starts = (act.start for each in scenes for act in _shots(each))
    return any(isinstance(start, ClipOf) and start.scene.value == scene.name for start in starts)


def last_frame(sheet: Sheet, clip: Clip, *, within: bool = False) -> Json:
    """The reference to the last frame of a clip that is on screen; asked for only where something starts from it.

    `within` says that the scene goes on from there.
    """
    arguments = _cut(sheet, clip, clip.frames, clip.skip)
    step_id = clip.id.replace(".clip", ".last_frame")
    scene, _, number = clip.id.partition(".clip")
    what = f"clip {number.removeprefix('.')} of {scene}" if within else scene
    return sheet.add(Step(step_id, "frame", None, arguments, "image", f"where {what} ends"))


def first_frame(sheet: Sheet, scene: str, clip: Clip) -> Json:
    """The reference to the first frame of a clip."""
    arguments = _cut(sheet, clip, 1, 0)
    return sheet.add(Step(_first_frame_id(scene), "frame", None, arguments, "image", f"where {scene} begins"))


def _cut(sheet: Sheet, clip: Clip, frames: int, skip: int) -> dict[str, Json]:
    """What of a clip a frame is taken from. It is not asked from an enlarged one: that is made for the eye alone."""
    arguments: dict[str, Json] = {
        "video": clip.made,
        "frames": frames,
        "rate": sheet.script.ad.rate,
        "skip": skip,
    }
    return arguments | ({"last": seconds_text(clip.last)} if clip.last else {})


def ends_on(scene: Scene) -> tuple[str, ...]:
    """The scenes on whose first frames this one, or a shot of it, ends."""
    return tuple(act.end.scene.value for act in _shots(scene) if isinstance(act.end, FrameOf))


def _first_frame_id(scene: str) -> str:
    return f"{scene}.first_frame"


def _shots(scene: Scene) -> tuple[Scene, ...]:
    """The shots of a scene, or the scene itself. What the scene starts from and ends on, its outer shots do."""
    if not scene.shots:
        return (scene,)
    first, *rest = scene.shots
    shots = [replace(first, start=first.start or scene.start), *rest]
    shots[-1] = replace(shots[-1], end=shots[-1].end or scene.end)
    return tuple(shots)


def _voice_ids(scene: Scene, cut: list[Scene]) -> list[dict[int, str]]:
    """The step ids of the voice-overs by their index: first of those over all shots, then of each shot in `cut`.

    They are numbered through the scene where it has several.
    """
    acts = [scene.lines if scene.shots else (), *(act.lines for act in cut)]
    over = [[index for index, line in enumerate(lines) if not in_clip(line)] for lines in acts]
    count = sum(len(indices) for indices in over)
    ids = iter([f"{scene.name}.voiceover"] if count == 1 else [f"{scene.name}.voiceover.{n + 1}" for n in range(count)])
    return [{index: next(ids) for index in indices} for indices in over]


def _need(sheet: Sheet, scene: Scene, earlier: dict[str, Lowered], *, chained: bool, lends: bool) -> Need | None:
    """What a scene or shot asks of its model; None where what it would go on from is not there (reported)."""
    given = _given(scene, earlier)
    if isinstance(scene.start, ClipOf) and given is None:
        return None  # that scene could not be lowered, which is reported already
    short_side = sheet.script.ad.short_side
    if lends:
        short_side = min(short_side, *(takes.short_side for takes in sheet.catalogue.start_clips()))
    members = pictured(scene.cast)
    styled = look_of(sheet.script, scene) is not None
    return Need(
        role="clip",
        seconds=scene.seconds,
        aspect=sheet.script.ad.aspect,
        # A style's picture takes a place beside the cast's; alone it asks for no model that takes references.
        references=len(members) + styled if members else 0,
        start=given is None and (scene.start is not None or chained),
        end=scene.end is not None,
        speech=any(in_clip(line) for line in scene.lines),
        short_side=short_side,
        goes_on=given.model if given else "",
        given=given.whole if given else Fraction(0),
        lenders=tuple(dict.fromkeys(m for each in sheet.catalogue.start_clips() for m in each.models)) if lends else (),
    )


def _cast(sheet: Sheet, scene: Scene, need: Need, first: int) -> Casting | None:
    """Who makes a scene or shot, whose first clip is that of the index `first`; None where nobody does (reported)."""

    def reads(endpoint: Endpoint) -> int:
        spoken = tuple(line for line in scene.lines if in_clip(line)) if endpoint.takes.speech else ()
        return len(
            sheet.composed(
                lambda: compose_clip(
                    sheet.script,
                    scene,
                    endpoint,
                    start=need.start,
                    goes_on=bool(need.goes_on),
                    end=need.end,
                    spoken=spoken,
                    write=sheet.write,
                )
            )
        )

    lora = scene.using is not None and scene.using.value.rpartition(".")[2] == "lora"
    hint = 'a LoRA makes stills: `start keyframe "{{ maya }} smiles" using maya.lora`' if lora else ""
    clip_id = f"{scene.name}.clip"
    step_id = clip_id if clip_id in sheet.pins.models else f"{clip_id}.{first + 1}"
    casting = sheet.cast(need, scene.using, scene.span, hint=hint, reads=reads, step_id=step_id)
    if casting is None:
        return None
    _speaks(sheet, scene, casting)
    _seeds(sheet, scene, casting)
    if casting.references_waived and scene.using is None and not need.goes_on:
        _waived(sheet, scene, casting)
    return casting


def _given(scene: Scene, earlier: dict[str, Lowered]) -> Clip | None:
    """The clip that the scene goes on from."""
    found = earlier.get(scene.start.scene.value) if isinstance(scene.start, ClipOf) else None
    return found.clips[-1] if found else None


def _waived(sheet: Sheet, scene: Scene, casting: Casting) -> None:
    """Say that clips do without the pictures of the cast, where nobody has chosen the model."""
    model = casting.endpoint.model
    message = f"no model takes the pictures of {scene.name}'s cast along with its start frame"
    label = f"{model} keeps the face by the start frame alone"
    hint = "name a model with `using`, or leave out what only few models do"
    shown = sum(part.pictured for part in casting.parts)
    if shown:
        message = f"no model is shown the pictures of {scene.name}'s cast in every clip of so long a scene"
        label = f"{model} sees them in {shown} of {len(casting.parts)} clips; each other starts on the frame before it"
        hint = "make the scene shorter, or split it by `transition continue`"
    sheet.report("AD0502", message, scene.span, label=label, hint=hint, warning=True)


def _speaks(sheet: Sheet, scene: Scene, casting: Casting) -> None:
    """Report voice-overs that a mute model is asked to say: what is laid over lips is said on camera."""
    for line in scene.lines if casting.dubbed else ():
        if line.by_model:
            message = f"`{casting.endpoint.model}` does not speak, so it cannot say this voice-over"
            hint = "leave `by model` out: then a voice is laid over the clip"
            sheet.report("AD0501", message, line.span, label="by a mute model", hint=hint)


def _seeds(sheet: Sheet, scene: Scene, casting: Casting) -> None:
    """Say that a seed reaches no clip: the models that have none give another clip at every attempt anyway."""
    if scene.seed is None or scene.seed_span is None or any(carries(part.endpoint, "seed") for part in casting.parts):
        return
    message = f"`{casting.endpoint.model}` takes no seed, so `seed {scene.seed}` has no effect on the clip"
    hint = "remove it; `take 2` asks for another attempt"
    if any(isinstance(frame, Keyframe) for frame in (scene.start, scene.end)):
        hint = "only the keyframe is made with it; `take 2` asks for another attempt at the clip"
    sheet.report("AD0507", message, scene.seed_span, label="not told to the model", hint=hint, warning=True)


def _lower_unit(
    sheet: Sheet,
    unit: _Unit,
    earlier: dict[str, Lowered],
    before: Clip | None,
    made: int,
    *,
    several: bool,
    led_in: bool,
) -> tuple[list[Clip], list[Said]] | None:
    """The clips of a scene or shot, `made` of the scene's being on the sheet already, and where its lines are heard."""
    scene, parts = unit.scene, unit.casting.parts
    kept = [part.seconds[1] for part in parts]
    lines = shared_out(sheet.script, scene, kept)
    suffix = f".{unit.number}" if unit.number else ""
    start = _frame(sheet, scene, "start", earlier, suffix) if before is None else None
    end = _frame(sheet, scene, "end", earlier, suffix)
    given = _given(scene, earlier) if before is None else None
    begins = before is not None or scene.start is None or start is not None or given is not None
    if not begins or (scene.end is not None and end is None):
        return None  # what it would start from or end on could not be lowered, which is reported already
    clips: list[Clip] = []
    said: list[Said] = []
    previous = before
    for index, (part, frames) in enumerate(zip(parts, shared_frames(unit.frames, kept), strict=True)):
        last = index == len(parts) - 1
        clip_id = f"{scene.name}.clip.{made + index + 1}" if several else f"{scene.name}.clip"
        lent = (previous or given) if given else None
        cut_on = previous if lent is None else None
        ref, voice = _clip(
            sheet,
            unit,
            part,
            clip_id,
            lines[index],
            given=lent,
            start=last_frame(sheet, cut_on, within=made + index > 0) if cut_on else start,
            end=end if last else None,
            continues=cut_on is not None,
            frames=frames,
            place=(index + 1, len(parts)),
        )
        skip = int(cut_on is not None or (led_in and index == 0))
        bought, kept_seconds = part.seconds
        whole, last_seconds = bought + (lent.whole if lent else 0), Fraction(0)
        if lent:
            skip, last_seconds = 0, bought + lent.unseen(sheet.script.ad.rate)
        shown = enlarged(sheet, scene, clip_id, part.endpoint, ref, whole)
        previous = Clip(
            clip_id, shown, bought, kept_seconds, frames, skip, ref, part.endpoint.model, whole, last_seconds
        )
        heard = ref if voice is None else voice
        words_id = clip_id.replace(".clip", ".words")
        said += [Said(line, heard, words_id, whole, made + index) for line in lines[index]]
        clips.append(previous)
    return clips, said


def _clip(
    sheet: Sheet,
    unit: _Unit,
    part: Part,
    clip_id: str,
    lines: tuple[Line, ...],
    *,
    given: Clip | None,
    start: Json,
    end: Json,
    continues: bool,
    frames: int,
    place: tuple[int, int],
) -> tuple[Json, Json]:
    """One clip, and the voice on its lips where the model is mute: the references to the clip and to that voice.

    `given` is the clip that it goes on from.
    """
    scene, endpoint = unit.scene, part.endpoint
    members = pictured(scene.cast) if part.pictured else []
    look = look_of(sheet.script, scene) if part.pictured else None
    told = scene if part.pictured or not endpoint.takes.references else without_pictures(sheet.script, scene)
    spoken = () if unit.casting.dubbed else lines
    speakers = [line.who for line in lines if line.on_camera and line.who] if unit.casting.dubbed else []
    prompt = sheet.composed(
        lambda: compose_clip(
            sheet.script,
            told,
            endpoint,
            start=start is not None,
            goes_on=given is not None,
            end=end is not None,
            spoken=spoken,
            mimes=speakers[0] if speakers else None,
            part=place,
            write=sheet.write,
        )
    )
    bought, kept = part.seconds
    ref = buy(
        sheet,
        clip_id,
        endpoint,
        {
            "prompt": prompt,
            "seconds": part.bought,
            "aspect": sheet.script.ad.aspect,
            "resolution": resolution(endpoint, unit.casting.short_side),
            "speech": bool(spoken),
            "avoid": sheet.composed(lambda: compose_avoid(sheet.script, scene, endpoint)) or None,
            "seed": scene.seed,
            "start_frame": start,
            "video": given.made if given else None,
            "end_frame": end,
            "subjects": [subject(sheet, member).to_fact() for member in members],
            "style": sheet.file(look) if look else None,
        },
        purpose=_purpose(scene, bought, kept, place, unit.number) + (f", goes on from {given.id}" if given else ""),
        asked={}
        if sheet.rough
        else {
            **clip_asks(sheet, scene, unit.need, lines, members, look),
            "seconds": [seconds_text(scene.seconds), seconds_text(kept)],
            "part": [*place],
        },
        using=scene.using,
        templated=scene.prompt is None,
        why=unit.casting.why,
        take=scene.take,
        options=scene.options,
        brief=_brief(sheet, unit, lines, endpoint.title, kept, frames, starts=start is not None, continues=continues),
        span=scene.span,
    )
    return _dubbed(sheet, scene, clip_id, ref, lines, speakers, bought, kept) if speakers else (ref, None)


def _dubbed(
    sheet: Sheet,
    scene: Scene,
    clip_id: str,
    clip: Json,
    lines: tuple[Line, ...],
    speakers: list[Character],
    bought: Fraction,
    kept: Fraction,
) -> tuple[Json, Json]:
    """The clip with a voice laid over its lips, and the voice."""
    if len({speaker.name for speaker in speakers}) > 1:
        message = f"`{scene.name}` has two speakers, and its model is mute"
        hint = "one voice can be laid over a clip: give each speaker a `shot`, or choose a model that speaks"
        sheet.report("AD0505", message, lines[-1].span, label="a second voice", hint=hint)
        return None, None
    lipsync = clip_id.replace(".clip", ".lipsync")
    casting = sheet.cast(Need("lipsync", bought), None, scene.span, step_id=lipsync)
    if casting is None:
        return None, None
    who = speakers[0].display
    on_camera = [line for line in lines if line.on_camera]
    voice = buy_voice(sheet, scene, on_camera, clip_id.replace(".clip", ".voice"), f"{who} in {scene.name}", kept)
    if voice is None:
        return None, None
    synced = buy(
        sheet,
        lipsync,
        casting.endpoint,
        {"video": clip, "audio": voice},
        asked={},
        purpose=f"{who}'s lips in {scene.name}",
        why=casting.why,
        brief={"title": f"{scene.name}.lipsync", "model": casting.endpoint.title},
        span=on_camera[0].span,
        take=scene.take,
        clip=bought,
    )
    return synced, voice


def _frame(sheet: Sheet, scene: Scene, side: str, earlier: dict[str, Lowered], suffix: str) -> Json:
    """What the scene starts from or ends on, as a reference; None where nothing is written or could be lowered."""
    frame = scene.start if side == "start" else scene.end
    match frame:
        case Picture():
            return sheet.file(frame)
        case Keyframe():
            name = "keyframe" if side == "start" else "end_keyframe"
            verb = "starts from" if side == "start" else "ends on"
            purpose = f"the frame that {scene.name} {verb}"
            return lower_keyframe(sheet, scene, frame, f"{scene.name}.{name}{suffix}", purpose)
        case FrameOf(name) if side == "start":
            found = earlier.get(name.value)
            return last_frame(sheet, found.clips[-1]) if found else None
        case FrameOf(name):
            return StepRef(_first_frame_id(name.value), "image").to_json()  # put on the sheet when that scene is
    return None


def _purpose(scene: Scene, bought: Fraction, kept: Fraction, place: tuple[int, int], shot: int) -> str:
    what = f"scene {scene.name}" + (f", shot {shot}" if shot else "")
    if place[1] > 1:
        what += f", clip {place[0]} of {place[1]}"
    if bought == kept:
        return f"{what}, {seconds_text(bought)} s"
    return f"{what}, buys {seconds_text(bought)} s, keeps {seconds_text(kept)} s"


def _brief(
    sheet: Sheet,
    unit: _Unit,
    lines: tuple[Line, ...],
    model: str,
    kept: Fraction,
    frames: int,
    *,
    starts: bool,
    continues: bool,
) -> dict[str, Json]:
    scene = unit.scene
    scope = sheet.scope(scene)
    voices = places(sheet.script, scene, unit.frames) if frames == unit.frames else {}

    def seconds(count: int) -> str:
        return seconds_text(Fraction(count, sheet.script.ad.rate))

    brief: dict[str, Json] = {
        "scene": scene.name,
        "model": model,
        "seconds": seconds_text(kept),
        "aspect": sheet.script.ad.aspect,
        "rate": sheet.script.ad.rate,
        "cast": [in_brief(sheet, member) for member in scene.cast],
        "lines": [
            {
                "who": line.who.display if line.who else "",
                "text": sheet.words(line.text, scope),
                "on_camera": in_clip(line),
                **({"at": seconds(voices[index][0]), "most": seconds(voices[index][1])} if index in voices else {}),
            }
            for index, line in enumerate(scene.lines)
            if index in voices or line in lines
        ],
        "start": starts,
        "continues": continues,
    }
    for part, text in scene.parts.items():
        brief[part] = sheet.words(text, scope)
    if scene.prompt is not None:
        brief["action"] = sheet.words(scene.prompt, scope)
    return brief
