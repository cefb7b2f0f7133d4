"""The page behind a code: what it means, an example that is wrong, and the same example mended.

A page is `pages/CODE.md`: a heading, the text, then `## Wrong` and `## Mended` with fenced blocks. The first block of
each is the spec; a block `ad cast/maya.ad` is another file of the example, `ad latin-1` one in another encoding, and
`ad --set city=Denver` is compiled with that choice. The examples are specs like any other: the wrong one gives its code
and nothing else, the mended one gives nothing.

What only a model finds, no compiler can show. There the wrong example compiles too, and a block `json hook.clip 422`
holds what the model's endpoint answered to that step, with the HTTP status: the answer is what gives the code.
"""

import re
import struct
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO

from adc.compiler.catalogue import builtin
from adc.compiler.choices import Choices
from adc.compiler.files import MemoryFiles
from adc.compiler.frozen import frozen
from adc.compiler.pipeline import Compiled, compile_spec

SPEC = "main.ad"

_ANSWER = re.compile(r"^```json (?P<step>\S+) (?P<status>[0-9]{3})\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```ad(?P<file>[^\n]*)\n(?P<source>.*?)^```$", re.MULTILINE | re.DOTALL)


@frozen
class Answer:
    """What a model's endpoint answered to the request of a step: HTTP status and JSON, as it is shown."""

    step: str
    status: int
    body: str


@frozen
class Example:
    """The files of a small project as they are shown, by path, and as bytes; the first is the spec.

    `options` are words of the command line, `--set` or `--variant` and what is chosen. `answer` is there where only a
    model finds what is wrong.
    """

    sources: Mapping[str, str]
    contents: Mapping[str, bytes]
    options: tuple[str, ...]
    answer: Answer | None = None

    def compile(self) -> Compiled:
        """What the compiler says about it, with the pictures at hand that pages may refer to."""
        project = MemoryFiles({**pictures(), **self.contents})
        return compile_spec(SPEC, project, builtin(), Choices(self._chosen("--set"), self._chosen("--variant")))

    def _chosen(self, flag: str) -> dict[str, str]:
        pairs = zip(self.options[::2], self.options[1::2], strict=True)
        return dict(chosen.split("=", 1) for given, chosen in pairs if given == flag)


@frozen
class Page:
    """A page as it is written, its text alone, and its two examples."""

    code: str
    markdown: str
    text: str
    wrong: Example
    mended: Example


def page(code: str) -> Page:
    """The page of a code of the catalogue."""
    markdown = files("adc.compiler").joinpath("pages", f"{code}.md").read_text(encoding="utf-8")
    text, wrong, mended = re.split(r"^## (?:Wrong|Mended)$", markdown, flags=re.MULTILINE)
    return Page(code, markdown, text.removeprefix(f"# {code}").strip(), _example(wrong), _example(mended))


def _example(part: str) -> Example:
    sources, contents = {}, {}
    options: tuple[str, ...] = ()
    for block in _BLOCK.finditer(part):
        words = block["file"].split()
        if words and words[0].startswith("--"):
            options, words = tuple(words), []
        path = next((word for word in words if "." in word), SPEC)
        encoding = next((word for word in words if "." not in word), "utf-8")
        sources[path] = block["source"]
        contents[path] = block["source"].encode(encoding)
    answered = _ANSWER.search(part)
    answer = Answer(answered["step"], int(answered["status"]), answered["body"]) if answered else None
    return Example(sources, contents, options, answer)


@cache
def pictures() -> Mapping[str, bytes]:
    """The pictures that the examples may refer to: good ones, and one for each way in which a picture can be bad."""
    good = _picture(1024, 1024, "PNG")
    return {
        "refs/maya.png": good,
        "refs/serum.jpg": _picture(800, 1200, "JPEG"),
        "refs/look.webp": _picture(640, 480, "WEBP"),
        "refs/small.png": _picture(1024, 299, "PNG"),
        "refs/tall.png": _picture(320, 1000, "PNG"),
        "refs/heavy.png": good[:-12] + b"\0" * 10_000_000 + good[-12:],
        "refs/vast.png": good[:16] + struct.pack(">II", 30_000, 30_000) + good[24:],
        "refs/cut.png": good[: len(good) // 2],
        "refs/page.png": b"<!doctype html><title>404</title>",
        **{f"refs/maya/{number}.jpg": _picture(600 + number, 800, "JPEG") for number in range(1, 5)},
    }


def _picture(width: int, height: int, form: str) -> bytes:
    from PIL import Image

    data = BytesIO()
    Image.new("RGB", (width, height), "#c08060").save(data, form)
    return data.getvalue()
