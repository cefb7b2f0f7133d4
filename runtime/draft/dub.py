"""A clip with a voice over it: the pictures as they are, the sound put in, as long as the clip."""

from pathlib import Path

from adc.runtime.media import run, tools

_LIMIT = 300.0
"""Seconds that ffmpeg may take; the pictures are only copied."""


async def dub(clip: Path, voice: Path, target: Path) -> None:
    """Write the clip with the voice from its first frame on; where the voice is shorter, silence follows.

    Raises ToolError where one of them cannot be read, and StoreFull.
    """
    await run.encode(tools.ffmpeg().path, arguments_for(clip, voice), target, limit=_LIMIT)


def arguments_for(clip: Path, voice: Path) -> list[str]:
    """What ffmpeg is told, but for the file that it writes; bit-exact."""
    return [
        *("-i", f"file:{clip}", "-i", f"file:{voice}", "-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy"),
        *("-af", "apad", "-shortest", "-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2"),
        *("-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "1", "-movflags", "+faststart"),
        *("-f", "mp4"),
    ]
