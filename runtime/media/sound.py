"""The film's sound, as samples: every segment padded or trimmed to its picture, voices laid over, written as PCM.

Sound that is copied or joined in encoded form drifts by some 30 ms a cut. So each segment becomes exactly as many
samples as its frames last, with 5 ms fades against clicks, and one AAC stream is encoded from the whole. Segments are
made and written one after the other; a long film is never in memory. Where the picture cross-fades, so does the sound,
as loud in the middle as at both ends.

A clip that is slowed to fill its time is slowed in sound by resampling, as film is, so lips and voice stay together;
at most 2 % changes the pitch by a third of a semitone. A voice-over that is too long for its place is sped up instead
with its pitch kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.error import FFmpegError
from av.filter.graph import Graph

from adc.runtime.errors import MediaError
from adc.runtime.media.film import ClipPiece, Piece, Target, runs, shortly, starts

RATE = 48_000
FADE = 240
"""Samples of the fade at each cut: 5 ms."""

UNDER_VOICE = 0.4
"""How loud a clip's own sound stays under a voice-over: 8 dB lower."""

RAMP = 7_200
"""Samples over which it is lowered and raised: 150 ms."""

HURRY = Fraction(120, 100)
"""How much faster than spoken a voice-over may be played to fit its place."""

QUIET = 0.003
"""Samples below this, 50 dB under full scale, are silence at both ends of a voice."""

LEAD = 480
"""Samples that are kept before the first sound of a voice: 10 ms."""

Samples: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice-over that begins at frame `at` of the film and must end within `frames`."""

    name: str
    path: Path
    at: int
    frames: int


@dataclass(frozen=True, slots=True)
class Effect:
    """A sound that is laid over the film from frame `at` on and cut off after `frames`; nothing is lowered for it."""

    name: str
    path: Path
    at: int
    frames: int


def sample_of(frame: int, rate: int) -> int:
    """The sample at which a frame begins. Rounded from the film's start, so that nothing adds up over the cuts."""
    return round(Fraction(frame * RATE, rate))


def write(
    path: Path, pieces: Sequence[Piece], voices: Sequence[Voice], target: Target, effects: Sequence[Effect] = ()
) -> None:
    """Write the film's sound as 32-bit float stereo PCM at 48 kHz without a header.

    Raises MediaError when a sound cannot be decoded or a voice is too long for its place.
    """
    spoken = [(sample_of(voice.at, target.rate), _of_voice(voice, target)) for voice in voices]
    laid = [(sample_of(effect.at, target.rate), _of_effect(effect, target)) for effect in effects]
    with open(path, "wb") as output:
        for start, block in _clips(pieces, target):
            for at, sound in spoken:
                _duck(block, at - start, at - start + len(sound))
            for at, sound in (*spoken, *laid):
                _lay(block, at - start, sound)
            output.write(block.tobytes())


def heard(voice: Voice, target: Target) -> int:
    """The frames for which a voice is heard in its place, the last one begun. Raises MediaError as `write` does."""
    return min(-(-len(_of_voice(voice, target)) * target.rate // RATE), voice.frames)


def _clips(pieces: Sequence[Piece], target: Target) -> Iterator[tuple[int, Samples]]:
    """The sound of the pieces, mixed where they cross-fade: blocks in a row, each with the sample it begins at."""
    begins = starts(pieces)
    spans = [
        (sample_of(frame, target.rate), sample_of(frame + piece.segment.frames, target.rate))
        for frame, piece in zip(begins[:-1], pieces, strict=True)
    ]
    end = sample_of(begins[-1], target.rate)
    done, ready = 0, np.zeros((0, 2), np.float32)
    fading = [_crossing(pieces, begins, run, target) for run in runs(pieces)]
    for run, fades_in, fades_out in zip(runs(pieces), fading, [*fading[1:], None], strict=True):
        for index in run:
            begin, until = spans[index]
            block = _of_piece(pieces[index], until - begin)
            if fades_in is not None:
                block *= np.sin(_progress(begin, len(block), fades_in))
            if fades_out is not None:
                block *= np.cos(_progress(begin, len(block), fades_out))
            ready = np.pad(ready, ((0, max(0, until - done - len(ready))), (0, 0)))
            ready[begin - done : until - done] += block
            # A short piece at the end of a run may begin later than the run that fades in over it.
            settled = min((first for first, _ in spans[index + 1 :]), default=end) - done
            yield done, ready[:settled]
            done, ready = done + settled, ready[settled:]


def _crossing(pieces: Sequence[Piece], begins: Sequence[int], run: range, target: Target) -> tuple[int, int] | None:
    """The samples between which a run fades in; None for the first."""
    fade = pieces[run.start].segment.fade if run.start else None
    if fade is None:
        return None
    frame = begins[run.start]
    return sample_of(frame, target.rate), sample_of(frame + fade.frames, target.rate)


def _progress(begin: int, length: int, fade: tuple[int, int]) -> Samples:
    """How far a fade is at each of `length` samples from `begin`, as a quarter of a turn from 0 to pi / 2."""
    progress = (np.arange(begin, begin + length, dtype=np.float64)[:, None] - fade[0]) / (fade[1] - fade[0])
    return (np.clip(progress, 0, 1) * (np.pi / 2)).astype(np.float32)


def _of_piece(piece: Piece, length: int) -> Samples:
    block = np.zeros((length, 2), np.float32)
    if isinstance(piece, ClipPiece) and piece.media.sound is not None:
        sound, rate = decode(piece.segment.path, piece.segment.name, piece.picture.first + piece.drop)
        sound = resample(sound, round(rate / piece.stretch))[:length]
        _fade(sound)
        block[: len(sound)] = sound
    return block


def _of_effect(effect: Effect, target: Target) -> Samples:
    sound, rate = decode(effect.path, effect.name, Fraction(0))
    sound = resample(sound, rate)[
        : sample_of(effect.at + effect.frames, target.rate) - sample_of(effect.at, target.rate)
    ]
    _fade(sound)
    return sound


def pace(voice: Voice, target: Target) -> tuple[float, float]:
    """The seconds of silence that are cut off before a voice, and how much faster it is played than it was spoken.

    Raises MediaError when it cannot be decoded.
    """
    whole, sound = _trimmed(voice)
    room = sample_of(voice.at + voice.frames, target.rate) - sample_of(voice.at, target.rate)
    return whole / RATE, max(len(sound) / room, 1.0)


def _trimmed(voice: Voice) -> tuple[int, Samples]:
    """A voice without the silence around it, and how many samples of it were cut off before."""
    sound, rate = decode(voice.path, voice.name, Fraction(0))
    sound = resample(sound, rate)
    loud = np.flatnonzero(np.abs(sound).max(axis=1) > QUIET)
    first = max(int(loud[0]) - LEAD, 0) if len(loud) else 0
    return first, sound[first : loud[-1] + 1] if len(loud) else sound[:0]


def _of_voice(voice: Voice, target: Target) -> Samples:
    _, sound = _trimmed(voice)
    room = sample_of(voice.at + voice.frames, target.rate) - sample_of(voice.at, target.rate)
    if len(sound) > room * HURRY:
        raise MediaError(
            f"{voice.name} takes {shortly(Fraction(len(sound), RATE))} s to say, its place has "
            f"{shortly(Fraction(room, RATE))} s. Shorten the line or give it more time."
        )
    if len(sound) > room:
        sound = _hurried(sound, len(sound) / room)[:room]
    _fade(sound)
    return sound


def decode(path: Path, name: str, zero: Fraction) -> tuple[Samples, int]:
    """The first audio stream as stereo samples counted from the time `zero`, and its rate.

    Every decoded block is put where its time stamp says, so a gap is silence and a late start is late.
    """
    blocks: list[tuple[int, Samples]] = []
    try:
        with av.open(f"file:{path}") as container:
            stream = container.streams.audio[0]
            # One channel goes to both sides as loud as it is; the library's own rule makes it 3 dB quieter.
            layout = "mono" if stream.channels == 1 else "stereo"
            plain = av.AudioResampler(format="flt", layout=layout, rate=stream.rate)
            running = 0
            for frame in container.decode(stream):
                placed = running
                if frame.pts is not None and frame.time_base is not None:
                    placed = round((frame.pts * frame.time_base - zero) * stream.rate)
                if abs(placed - running) < stream.rate // 50:
                    placed = running if blocks else placed  # rounding of coarse time bases is no gap
                frame.pts = None
                for piece in plain.resample(frame):
                    samples = _samples(piece)
                    blocks.append((placed, samples))
                    running = placed + len(samples)
            rate = int(stream.rate)
    except (FFmpegError, IndexError) as error:
        raise MediaError(f"The sound of {name} cannot be decoded.") from error
    whole = np.zeros((max((at + len(samples) for at, samples in blocks), default=0), 2), np.float32)
    for at, samples in blocks:
        if at + len(samples) > 0:
            whole[max(at, 0) : at + len(samples)] = samples[max(-at, 0) :]
    return whole, rate


def resample(sound: Samples, rate: int) -> Samples:
    """Stereo samples at `rate` as samples at 48 kHz."""
    if rate == RATE or not len(sound):
        return sound
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE)
    frames = [*resampler.resample(_frame(sound, rate)), *resampler.resample(None)]
    return np.concatenate([_samples(frame) for frame in frames])


def _hurried(sound: Samples, speed: float) -> Samples:
    graph = Graph()
    source = graph.add_abuffer(format="flt", sample_rate=RATE, layout="stereo", time_base=Fraction(1, RATE))
    tempo, sink = graph.add("atempo", f"{speed:.6f}"), graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    graph.push(_frame(sound, RATE))
    graph.push(None)
    pieces: list[Samples] = []
    while True:
        try:
            pulled = graph.pull()
        except (EOFError, BlockingIOError):
            return np.concatenate(pieces) if pieces else sound[:0]
        assert isinstance(pulled, AudioFrame)
        pieces.append(_samples(pulled))


def _frame(sound: Samples, rate: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound).reshape(1, -1), format="flt", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


def _samples(frame: AudioFrame) -> Samples:
    samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels)).astype(np.float32, copy=False)
    return np.repeat(samples, 2, axis=1) if samples.shape[1] == 1 else samples


def _fade(sound: Samples) -> None:
    length = min(FADE, len(sound))
    ramp = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)[:, None]
    sound[:length] *= ramp
    sound[len(sound) - length :] *= ramp[::-1]


def _duck(block: Samples, start: int, end: int) -> None:
    """Lower the block from `start` to `end`, counted in samples from its beginning; ramps lie outside of it."""
    if start - RAMP < len(block) and end + RAMP > 0 and end > start:
        corners = [start - RAMP, start, end, end + RAMP]
        gain = np.interp(np.arange(len(block)), corners, [1, UNDER_VOICE, UNDER_VOICE, 1])
        block *= gain.astype(np.float32)[:, None]


def _lay(block: Samples, start: int, sound: Samples) -> None:
    """Add `sound` to the block at `start`, as much of it as falls inside."""
    begin, end = max(start, 0), min(start + len(sound), len(block))
    if begin < end:
        block[begin:end] += sound[begin - start : end - start]
