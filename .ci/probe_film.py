"""Check a delivered film by decoding it: length, size, rate, codecs, and that it can start before it is whole."""

import sys
from fractions import Fraction
from pathlib import Path

import av


def main(path: str, seconds: int, width: int, height: int, rate: int) -> None:
    """Exit with a message where the film is not what was asked for."""
    with av.open(path) as film:
        video, audio = film.streams.video[0], film.streams.audio[0]
        frames = sum(1 for _ in film.decode(video))
        facts = {
            "frames": (frames, seconds * rate),
            "size": ((video.width, video.height), (width, height)),
            "rate": (video.average_rate, Fraction(rate)),
            "video": (video.codec_context.name, "h264"),
            "pixels": (video.codec_context.pix_fmt, "yuv420p"),
            "audio": (audio.codec_context.name, "aac"),
            "samples a second": (audio.codec_context.sample_rate, 48000),
            "channels": (audio.codec_context.channels, 2),
        }
    data = Path(path).read_bytes()
    facts["index before the pictures"] = (data.index(b"moov") < data.index(b"mdat"), True)
    wrong = [f"{name}: {found}, expected {wanted}" for name, (found, wanted) in facts.items() if found != wanted]
    if wrong:
        sys.exit(f"{path}: " + "; ".join(wrong))
    print(f"{path}: {frames} frames, {width}x{height}, {rate} fps, h264 and aac: as asked")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
