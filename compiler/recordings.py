"""Whether a file is a recording, by its first bytes: enough to refuse a web page that was saved as `.mp3`.

Formats: RIFF WAVE, MPEG audio (with or without ID3), MPEG-4 (ISO 14496-12), FLAC, Ogg.
"""


def is_recording(data: bytes) -> bool:
    """Whether `data` begins like a sound file of a known format."""
    if data[:4] == b"RIFF":
        return data[8:12] == b"WAVE"
    if data[4:8] == b"ftyp" or data[:4] in (b"fLaC", b"OggS") or data[:3] == b"ID3":
        return True
    return len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06 != 0
