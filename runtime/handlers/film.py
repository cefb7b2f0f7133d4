"""The `film` step: every scene, card and morph in its order, exactly as long as planned, with its words and music.

Measure each piece, decide what is done to it, draw the words, write the sound, encode once, and hold the result against
the plan before it counts. What is done otherwise than planned, or cannot be shown whole, is told in a note. Media
libraries are imported when a film is made, not before: naming the engine is part of planning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adc.compiler.plan import Json, StepRef, as_ref
from adc.runtime import engines
from adc.runtime.media import tools
from adc.runtime.ports import Made, Receipt

if TYPE_CHECKING:
    from adc.compiler.digest import Engine
    from adc.compiler.plan import Step
    from adc.runtime.media.film import Overlay, Piece, Target
    from adc.runtime.media.music import Music
    from adc.runtime.media.sound import Effect, Voice
    from adc.runtime.media.words import Text
    from adc.runtime.ports import Workspace

SECONDS_PER_FRAME = 2
"""Time-out of the encoder for each frame of film; a slow machine under load needs a tenth of it."""


LOUDNESS = "-14"
"""LUFS of a film whose plan does not say how loud it is."""

_BROKEN = {
    "cut": "does not continue (the picture jumps)",
    "repeats a frame": "does not continue (a frame is shown twice)",
}
"""What a look at a join says where the plan lets a scene continue the one before it."""


class FilmHandler:
    """Cuts the film. `quality` is `draft` (quick, for an animatic) or `final`."""

    remote = False

    def __init__(self, quality: Literal["draft", "final"]) -> None:
        self._quality: Literal["draft", "final"] = quality

    def engine(self, step: Step) -> Engine:  # noqa: ARG002 - every film is made alike
        """The film's bytes depend on the encoder's build, its threads and the processor. Raises ToolError."""
        return engines.film(self._quality)

    async def run(self, step: Step, workspace: Workspace) -> Made:
        """Make the film. Raises MediaError for a piece or a result that is not as planned, and ToolError."""
        from anyio import to_thread

        from adc.runtime.media import run
        from adc.runtime.media.film import cropped, starts

        target, pieces = await to_thread.run_sync(_measured, step.arguments, workspace)
        frames = starts(pieces)[-1]
        notes = [cropped(pieces)]
        overlays = await to_thread.run_sync(_words, step.arguments, pieces, target, workspace, notes.append)
        pcm, output = workspace.folder / "sound.f32", workspace.folder / "film.mp4"
        await to_thread.run_sync(_sound, step.arguments, pcm, pieces, target, workspace, notes.append)
        for note in filter(None, notes):
            workspace.note(note)
        arguments = self._arguments(pieces, overlays, pcm, target, workspace)
        await run.encode(
            tools.ffmpeg().path,
            arguments,
            output,
            limit=60 + SECONDS_PER_FRAME * frames,
            progress=_tenths(workspace.note, frames / target.rate),
        )
        for note in await to_thread.run_sync(_checked, output, pieces, target):
            workspace.note(note)
        return Made({step.output: output}, Receipt(self.engine(step).name))

    def _arguments(
        self, pieces: Sequence[Piece], overlays: Sequence[Overlay], pcm: Path, target: Target, workspace: Workspace
    ) -> list[str]:
        from adc.runtime.media import argv
        from adc.runtime.media.film import why_not_copied

        reason = why_not_copied(pieces, overlays, target)
        if reason:
            workspace.note(f"encoding the picture: {reason}")
            return argv.encoded(pieces, overlays, pcm, target, self._quality, tools.THREADS)
        workspace.note("copying the picture: all clips are encoded alike")
        listing = workspace.folder / "clips.ffconcat"
        listing.write_text(argv.listing(pieces, target.rate), encoding="utf-8")
        return argv.copied(listing, pcm, self._quality)


def _measured(arguments: Mapping[str, Any], workspace: Workspace) -> tuple[Target, list[Piece]]:
    """The film's frame, and its pieces made to measure."""
    from fractions import Fraction

    from adc.runtime.media.film import Fade, Segment, Target, clip_piece, still_piece
    from adc.runtime.media.pictures import opened
    from adc.runtime.media.probe import probe

    target = Target(arguments["width"], arguments["height"], arguments["rate"])
    pieces: list[Piece] = []
    for item in arguments["segments"]:
        source: Json = item.get("video", item.get("image"))
        path, name = _file(source, item["id"], workspace)
        fade = Fade(**item["fade"]) if "fade" in item else None
        if "video" in item:
            media = probe(path, name)
            skip = item.get("skip", 0)
            if "last" in item and media.picture is not None:
                skip = media.picture.before(Fraction(item["last"]))
            segment = Segment(item["id"], name, path, item["frames"], skip, fade)
            pieces.append(clip_piece(segment, media, target))
        else:
            segment = Segment(item["id"], name, path, item["frames"], fade=fade)
            with opened(path, name) as picture:
                pieces.append(still_piece(segment, picture.size, target))
    return target, pieces


def _words(
    arguments: Mapping[str, Any],
    pieces: Sequence[Piece],
    target: Target,
    workspace: Workspace,
    note: Callable[[str], None],
) -> list[Overlay]:
    """The pictures of the supers and captions; what a voice-over says is shown for as long as it is heard."""
    if "safe" not in arguments:
        return []
    from adc.runtime.media import words

    left, top, right, bottom = arguments["safe"]
    area = words.Area(left, top, right, bottom, min(target.width, target.height))
    supers = [
        words.Super(words.Text(item["text"], item["at"], item["frames"]), item["place"])
        for item in arguments.get("supers", ())
    ]
    overlays = words.supers(supers, area, workspace.folder, note)
    if "captions" in arguments:
        said = _said(arguments, pieces, target, workspace, note)
        style: words.Style = arguments["captions"]["style"]
        overlays += words.captions(said, style, area, overlays, workspace.folder, note)
    return overlays


def _said(
    arguments: Mapping[str, Any],
    pieces: Sequence[Piece],
    target: Target,
    workspace: Workspace,
    note: Callable[[str], None],
) -> list[Text]:
    """The lines of the captions with their time: where each word was heard, else about when the line is said."""
    from adc.runtime import heard
    from adc.runtime.media import sound, subtitles, words
    from adc.runtime.media.film import ClipPiece, starts

    lines = arguments["captions"]["lines"]
    voices = {(voice.at, voice.frames): voice for voice in _voices(arguments, workspace)}
    clips = {piece.segment.id: (at, piece) for at, piece in zip(starts(pieces), pieces, strict=False)}
    said: dict[int, Text] = {}
    sounds: dict[tuple[Path, str], list[int]] = {}
    for index, line in enumerate(lines):
        at, frames = line["at"], line["frames"]
        voice = voices.get((at, frames)) if "clip" not in line else None
        lasts = sound.heard(voice, target) if voice is not None else frames
        said[index] = words.Text(line["text"], at, lasts)
        if "heard" in line:
            path, _ = _file(line["heard"], "what was heard", workspace)
            sounds.setdefault((path, line.get("clip") or f"{at}"), []).append(index)
    for (path, _), indices in sounds.items():
        first = lines[indices[0]]
        if "clip" in first:
            at, piece = clips[first["clip"]]
            assert isinstance(piece, ClipPiece), "what is said in a clip"
            placed = subtitles.in_clip(heard.parse(path.read_bytes(), "what was heard"), piece, at, target)
        else:
            placed = subtitles.in_voice(
                heard.parse(path.read_bytes(), "what was heard"), voices[first["at"], first["frames"]], target
            )
        found = subtitles.set_to([said[index] for index in indices], placed, target.rate)
        if found is None:
            note(f"captions: the words of {first['text']!r} were not heard; it is shown about when it is said")
        else:
            said.update(zip(indices, found, strict=True))
    return [said[index] for index in range(len(lines))]


def _sound(
    arguments: Mapping[str, Any],
    pcm: Path,
    pieces: Sequence[Piece],
    target: Target,
    workspace: Workspace,
    note: Callable[[str], None],
) -> None:
    """Write the film's sound: clips and voices, music under them, all of it as loud as the film should be."""
    from adc.runtime.media import loudness, music, sound
    from adc.runtime.media.film import starts

    sound.write(pcm, pieces, _voices(arguments, workspace), target, _effects(arguments, workspace))
    if "music" in arguments:
        note(music.lay(pcm, _music(arguments["music"], workspace), starts(pieces)[-1], target))
    wanted = float(arguments.get("loudness", LOUDNESS))
    change = loudness.bring(pcm, wanted)
    if change is not None:
        had, has = change
        kept = "" if has == wanted else f", {wanted:g} was asked: more would bring up its noise"
        note(f"sound brought from {had:.1f} to {has:.1f} LUFS{kept}")


def _voices(arguments: Mapping[str, Any], workspace: Workspace) -> list[Voice]:
    from adc.runtime.media.sound import Voice

    voices = []
    for item in arguments.get("voices", ()):
        path, name = _file(item["audio"], "a voice-over", workspace)
        voices.append(Voice(name, path, item["at"], item["frames"]))
    return voices


def _effects(arguments: Mapping[str, Any], workspace: Workspace) -> list[Effect]:
    from adc.runtime.media.sound import Effect

    effects = []
    for item in arguments.get("effects", ()):
        path, name = _file(item["audio"], "an effect", workspace)
        effects.append(Effect(name, path, item["at"], item["frames"]))
    return effects


def _music(item: Mapping[str, Any], workspace: Workspace) -> Music:
    from adc.runtime.media.music import Music

    path, name = _file(item["audio"], "the music", workspace)
    return Music(name, path, float(item["level"]), float(item["duck"]))


def _file(source: Json, otherwise: str, workspace: Workspace) -> tuple[Path, str]:
    """The file behind a reference, and what people call it: the step that made it."""
    ref = as_ref(source)
    assert ref is not None, source
    return workspace.path_of(ref), ref.step if isinstance(ref, StepRef) else otherwise


def _checked(output: Path, pieces: Sequence[Piece], target: Target) -> list[str]:
    """Hold the film against its plan; what its joins look like, one line each."""
    from itertools import pairwise

    from adc.runtime.media.film import check_film, starts
    from adc.runtime.media.probe import probe
    from adc.runtime.media.seams import seam

    begins = starts(pieces)
    check_film(probe(output, "The film"), begins[-1], target)
    faded = [
        range(frame - 1, frame + piece.segment.fade.frames + 2)
        for frame, piece in zip(begins, pieces, strict=False)
        if piece.segment.fade
    ]
    notes = []
    for frame, (piece, following) in zip(begins[1:], pairwise(pieces), strict=False):
        join = f"join {piece.segment.id}|{following.segment.id}"
        if fade := following.segment.fade:
            notes.append(f"{join}: {fade.kind} over {fade.frames} frames")
        elif _has_neighbours(piece, following) and not any(frame in span for span in faded):
            verdict: str = seam(output, frame, target.rate, "The film").verdict
            if following.segment.skip:
                verdict = _BROKEN.get(verdict, verdict)
            elif verdict.startswith("continues"):
                verdict = "cut"  # two shots may look alike; only where the plan continues one is that news
            notes.append(f"{join}: {verdict}")
    return notes


def _has_neighbours(piece: Piece, following: Piece) -> bool:
    """Whether there are two frames on both sides of the join, which a look at it takes."""
    return piece.segment.frames >= 2 and following.segment.frames >= 2


def _tenths(note: Callable[[str], None], seconds: float) -> Callable[[float], None]:
    """Notes how far the encoder is, each tenth once."""
    told = 0

    def progress(done: float) -> None:
        nonlocal told
        tenth = min(int(10 * done / seconds), 10)
        if tenth > told:
            told = tenth
            note(f"encoding {tenth}0 %")

    return progress
