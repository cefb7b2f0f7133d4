"""The sheet: everything that is written and shown on one board, read from the storyboard's brief or from the request.

The brief tells a board what the request only implies: the scene's name, who is who, which words are spoken. Without a
brief (a stand-in for the queue has only the request) the prompt is the text, what it says in quotes is the speech,
and the pictures of the arguments are the cast.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError
from PIL import Image, ImageOps, UnidentifiedImageError

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.runtime.draft.request import Pictures, speaks, words
from adc.runtime.errors import MediaError
from adc.runtime.media.pictures import UNREADABLE, opened
from adc.runtime.media.typography import printable

LARGEST = 1600
"""Pixels on the long side beyond which a reference picture is of no use to a draft."""

_QUOTED = re.compile(r"(?:[:,]|\b(?:says?|said|asks?|whispers?))\s*(?:“([^”]+)”|\"([^\"]+)\")")
_NOTES = ("camera", "light", "mood", "sound")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody or something in the scene."""

    display: str
    picture: Image.Image | None
    thing: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Words of a scene.

    `spoken` says that the clip itself says them. `place` is where a voice is laid over the clip later: the second at
    which it begins, and how many it may last; None for words whose time nobody knows.
    """

    who: str
    text: str
    spoken: bool
    place: tuple[float, float] | None = None

    @property
    def captioned(self) -> bool:
        """Whether captions can follow the words."""
        return self.spoken or self.place is not None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one board says and shows. `notes` are pairs such as ("camera", "slow push-in")."""

    title: str
    model: str
    view: str
    setting: str
    action: str
    notes: tuple[tuple[str, str], ...]
    cast: tuple[Member, ...]
    lines: tuple[Line, ...]
    start: Image.Image | None
    end: Image.Image | None
    continues: bool

    @property
    def camera(self) -> str:
        """The words for the camera; the whole text where none are set apart."""
        return dict(self.notes).get("camera", "" if self.setting else self.action)


def sheet_for(endpoint: Endpoint, arguments: Mapping[str, Json], brief: Mapping[str, Json], shown: Pictures) -> Sheet:
    """The sheet of a still or a clip. Raises MediaError for a picture that cannot be read."""
    prompt = printable(words(arguments))
    lines = _lines(endpoint, arguments, brief, prompt)
    over = ", ".join(dict.fromkeys(line.who for line in lines if line.place is not None and line.who))
    notes = (("voice-over", over), *((name, _text(brief, name)) for name in _NOTES))
    return Sheet(
        title=_text(brief, "scene") or _text(brief, "title"),
        model=_text(brief, "model") or printable(endpoint.title),
        view=_text(brief, "view"),
        setting=_text(brief, "setting"),
        action=_text(brief, "action") or _text(brief, "words") or prompt,
        notes=tuple((name, text) for name, text in notes if text),
        cast=_cast(brief, shown, lines),
        lines=lines,
        start=open_picture(shown.start) if shown.start else None,
        end=open_picture(shown.end) if shown.end else None,
        continues=brief.get("continues") is True,
    )


def _text(brief: Mapping[str, Json], name: str) -> str:
    value = brief.get(name)
    return printable(str(value)) if isinstance(value, str | int | float) else ""


def _lines(
    endpoint: Endpoint, arguments: Mapping[str, Json], brief: Mapping[str, Json], prompt: str
) -> tuple[Line, ...]:
    aloud = speaks(endpoint, arguments)
    given = brief.get("lines")
    if isinstance(given, list):
        found = [
            Line(_text(item, "who"), _text(item, "text"), aloud and item.get("on_camera") is not False, _place(item))
            for item in given
            if isinstance(item, dict)
        ]
    elif aloud and not brief:
        found = [Line("", (curly or straight).strip(), True) for curly, straight in _QUOTED.findall(prompt)]
    else:
        found = []
    return tuple(line for line in found if line.text)


def _place(item: Mapping[str, Json]) -> tuple[float, float] | None:
    at, most = item.get("at"), item.get("most")
    return (float(str(at)), float(str(most))) if at is not None and most is not None else None


def _cast(brief: Mapping[str, Json], shown: Pictures, lines: tuple[Line, ...]) -> tuple[Member, ...]:
    """The cast of the brief with its pictures; else one nameless member for each reference picture.

    A member is a thing where the brief's `kind` says so; without a kind, everything after the first that never speaks.
    """
    speakers = {line.who for line in lines}
    given = brief.get("cast")
    members: list[Member] = []
    for item in given if isinstance(given, list) else []:
        if isinstance(item, dict):
            display, kind, picture = (
                _text(item, "display") or _text(item, "name"),
                item.get("kind"),
                item.get("picture"),
            )
            thing = kind == "product" if kind else bool(members) and display not in speakers
            members.append(Member(display, open_picture(Path(picture)) if isinstance(picture, str) else None, thing))
    if any(member.picture for member in members):
        return tuple(members)
    pictures = [open_picture(path) for path in shown.references]
    names = [member.display for member in members] + [""] * len(pictures)
    return tuple(Member(names[index], picture, index > 0) for index, picture in enumerate(pictures)) or tuple(members)


def open_picture(path: Path) -> Image.Image:
    """A picture upright in RGB, transparency on a light ground; of a video, its first frame.

    Raises MediaError when the file cannot be read as either.
    """
    if not _is_picture(path):
        picture = _first_frame(path)
    else:
        with opened(path, f"the picture {path.name}") as file:
            file.draft("RGB", (LARGEST, LARGEST))
            picture = ImageOps.exif_transpose(file)
            if picture.mode in ("RGBA", "LA", "P", "PA"):
                layer = picture.convert("RGBA")
                picture = Image.new("RGB", layer.size, (240, 237, 232))
                picture.paste(layer, mask=layer.getchannel("A"))
            picture = picture.convert("RGB")
    if max(picture.size) > LARGEST:
        picture.thumbnail((LARGEST, LARGEST), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return picture


def _is_picture(path: Path) -> bool:
    """Whether the file begins as a picture does, whatever follows."""
    try:
        with Image.open(path):
            return True
    except UnidentifiedImageError:
        return False
    except UNREADABLE:
        return True  # it is one, and not in order: reading it whole says so


def _first_frame(path: Path) -> Image.Image:
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                return Image.fromarray(frame.to_ndarray(format="rgb24"))
    except (FFmpegError, IndexError) as error:
        raise MediaError(f"{path.name} is neither a picture nor a video") from error
    raise MediaError(f"{path.name} holds no picture")
