"""A clip with more film behind it: both as the new one is encoded, one after the other, sound and all."""

from pathlib import Path

from adc.runtime.draft.spoken import both_said, words_of
from adc.runtime.media import run, tools
from adc.runtime.media.probe import Media

_LIMIT = 300.0
"""Seconds that ffmpeg may take; both clips are short."""


async def lengthen(clips: tuple[Path, Path], media: tuple[Media, Media], size: tuple[int, int], target: Path) -> None:
    """Write the second clip behind the first, in the second's `size` and rate. Silence where one has no sound.

    What both say is noted in it, each word when it is heard there.

    Raises ToolError where one of them cannot be read, and StoreFull.
    """
    assert media[0].picture is not None, "a clip has a picture"
    said = both_said(words_of(clips[0]), words_of(clips[1]), float(media[0].picture.seconds))
    await run.encode(tools.ffmpeg().path, arguments_for(clips, media, size, said), target, limit=_LIMIT)


def arguments_for(
    clips: tuple[Path, Path], media: tuple[Media, Media], size: tuple[int, int], said: list[str]
) -> list[str]:
    """What ffmpeg is told, but for the file that it writes; bit-exact."""
    rate = media[1].picture.rate if media[1].picture else 30
    graph, joined = [], ""
    for index, each in enumerate(media):
        assert each.picture is not None, "a clip has a picture"
        scaled = f"scale={size[0]}:{size[1]}:force_original_aspect_ratio=increase,crop={size[0]}:{size[1]}"
        graph.append(f"[{index}:v:0]{scaled},fps={rate},setsar=1,format=yuv420p[v{index}]")
        sound = f"[{index}:a:0]" if each.sound else "anullsrc=r=48000:cl=stereo,"
        seconds = float(each.picture.seconds)
        plain = "aresample=48000,aformat=channel_layouts=stereo,apad,"
        graph.append(f"{sound}{plain}atrim=duration={seconds:.6f},asetpts=PTS-STARTPTS[a{index}]")
        joined += f"[v{index}][a{index}]"
    graph.append(f"{joined}concat=n=2:v=1:a=1[v][a]")
    return [
        *(part for clip in clips for part in ("-i", f"file:{clip}")),
        *("-filter_complex", ";".join(graph), "-map", "[v]", "-map", "[a]"),
        *("-c:v", "libx264", "-preset", "superfast", "-crf", "19", "-threads", "1", "-pix_fmt", "yuv420p"),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"),
        *("-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1", *said),
        *("-movflags", "+faststart", "-f", "mp4"),
    ]
