"""Reads the files of a spec through the port: each once, each remembered by digest, each failure a diagnostic."""

import json
import posixpath
import re
from fnmatch import fnmatchcase

from adc.compiler import digest
from adc.compiler.definitions import Picture, Recording
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.fields import Report
from adc.compiler.files import Escapes, Files, beside
from adc.compiler.frozen import replace
from adc.compiler.nodes import String
from adc.compiler.pictures import NotAPicture, measure
from adc.compiler.recordings import is_recording
from adc.compiler.source import Span, span_at
from adc.compiler.vocabulary import VIEWS, likeliest

PACK = "adc/pack/1"
"""The schema of a pack's manifest, `schemas/pack.v1.json`."""

_NAMED = re.compile("`(.+)`")

MOST_PIXELS = 50_000_000
"""A picture is unpacked when it is drawn, four bytes a pixel: beyond this, a file of a few kilobytes takes hundreds of
megabytes, and Pillow warns of a decompression bomb from 89 million on. Cameras make pictures of up to 50 million."""


class Shelf:
    """What has been read so far: `texts` of source files by path, `inputs` as digests of every file by path."""

    def __init__(self, files: Files, report: Report) -> None:
        self._files = files
        self._report = report
        self._contents: dict[str, bytes] = {}
        self.texts: dict[str, str] = {}
        self.inputs: dict[str, str] = {}

    def source(self, path: str, at: Span) -> str | None:
        """The text of a source file, with plain line ends and without a byte order mark. `at` is who asks for it."""
        data = self._read(path, at)
        if data is None:
            return None
        if b"\0" in data[:1000] and at.path != path:
            message, label = f"`{path}` is no text", "a spec is text"
            hint = "import files such as `cast/maya.ad`; a picture is named by a `reference`"
            self._report(Diagnostic("AD0103", message, at, label, hint))
            return None
        try:
            text = _plain(data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            text = self.texts[path] = _plain(data.decode("utf-8-sig", errors="replace"))
            # The decoder counts from behind the mark; what precedes the fault decodes.
            before = _plain(error.object[: error.start].decode())
            self._report(
                Diagnostic(
                    "AD0103",
                    f"`{path}` is not UTF-8",
                    span_at(path, text, len(before), len(before) + 1),
                    f"byte 0x{error.object[error.start]:02x} cannot stand here",
                    "save the file with the encoding UTF-8",
                )
            )
            return None
        self.texts[path] = text
        return text

    def picture(self, reference: String) -> Picture | None:
        """The picture that a statement names, relative to its file."""
        path = self.path(reference)
        data = None if path is None else self._read(path, reference.span)
        if path is None or data is None:
            return None
        try:
            measured = measure(data)
        except NotAPicture as error:
            message = f"`{path}` is not a picture that can be used"
            hint = "save it again as PNG, JPEG or WebP"
            self._report(Diagnostic("AD0117", message, reference.span, str(error), hint))
            return None
        if measured.size.width * measured.size.height > MOST_PIXELS:
            message = f"`{path}` has too many pixels"
            label = f"{measured.size} pixels; at most {MOST_PIXELS // 1_000_000} million"
            hint = "save it smaller; 4000 pixels on the long side are more than any film shows"
            self._report(Diagnostic("AD0311", message, reference.span, label, hint))
            return None
        return Picture(path, self.inputs[path], len(data), measured.size, measured.media_type, reference.span)

    def pictures(self, pattern: String) -> tuple[Picture, ...]:
        """The pictures that a pattern such as `maya/*.jpg` names, by name. Only its last part may be a pattern."""
        path = self.path(pattern)
        if path is None:
            return ()
        folder, _, name = path.rpartition("/")
        if not set("*?[").intersection(path):
            picture = self.picture(pattern)
            return (picture,) if picture else ()
        if set("*?[").intersection(folder):
            hint = 'write it as `photos "refs/maya/*.jpg"`'
            self._report(Diagnostic("AD0101", "only the name of a file can be a pattern", pattern.span, hint=hint))
            return ()
        names = self._names(folder or ".", pattern.span)
        if names is None:
            return ()
        matching = [each for each in names if fnmatchcase(each, name) and not each.startswith(".")]
        if not matching:
            label = f"`{folder or '.'}` holds {len(names)} files, and none matches"
            message, hint = f"no file matches `{path}`", "letters count as written"
            self._report(Diagnostic("AD0101", message, pattern.span, label, hint))
        beside, slash, _ = pattern.value.rpartition("/")
        found = (self.picture(replace(pattern, value=f"{beside}{slash}{each}")) for each in matching)
        return tuple(picture for picture in found if picture is not None)

    def pack(self, reference: String) -> dict[str, Picture]:
        """The pictures of a pack's manifest by view. Its paths are relative to the manifest."""
        path = self.path(reference)
        data = None if path is None else self._read(path, reference.span)
        if path is None or data is None:
            return {}
        try:
            manifest = json.loads(data)
            views = dict(manifest["views"]) if manifest["schema"] == PACK else {}
            named = {view: str(views[view]) for view in VIEWS if view in views}
        except (ValueError, TypeError, KeyError):
            named = {}
        if not named:
            message = f"`{path}` is not the manifest of a pack"
            hint = "`adc pack SPEC CHARACTER` writes one"
            self._report(Diagnostic("AD0123", message, reference.span, f"of the schema {PACK}, with views", hint))
        beside = reference.value.rpartition("/")
        found = {
            view: self.picture(replace(reference, value=f"{beside[0]}{beside[1]}{each}"))
            for view, each in named.items()
        }
        return {view: picture for view, picture in found.items() if picture is not None}

    def recording(self, reference: String) -> Recording | None:
        """The sound file that a statement names, relative to its file."""
        path = self.path(reference)
        data = None if path is None else self._read(path, reference.span)
        if path is None or data is None:
            return None
        if not is_recording(data):
            message = f"`{path}` is not a recording that can be used"
            hint = "save it as WAV, MP3, M4A, FLAC or Ogg"
            self._report(Diagnostic("AD0118", message, reference.span, "no sound of a known format", hint))
            return None
        return Recording(path, self.inputs[path], len(data), reference.span)

    def _names(self, folder: str, at: Span) -> tuple[str, ...] | None:
        try:
            names = self._files.names(folder)
        except Escapes:
            hint = "copy the files into the project and name them relative to this file"
            self._report(Diagnostic("AD0102", f"`{folder}` lies outside of the project", at, hint=hint))
        except OSError as error:
            reason = "not found" if isinstance(error, FileNotFoundError) else (error.strerror or "").lower()
            hint = self._near(folder) or "folders are named relative to the file that names them"
            self._report(Diagnostic("AD0101", f"there is no folder `{folder}`", at, reason, hint))
        else:
            # A picture that is put beside the others changes what is trained: the names are an input too.
            self.inputs[folder] = digest.digest_bytes("\n".join(names).encode())
            return names
        return None

    def path(self, reference: String) -> str | None:
        """The path that a text names, relative to the folder of the spec."""
        if "://" in reference.value:
            message, label = "this is an address of the web, and no path of a file", "is not fetched"
            hint = 'save the file beside the spec, and name it: `"refs/maya.png"`'
            self._report(Diagnostic("AD0101", message, reference.span, label, hint))
            return None
        if reference.value.strip() and reference.value.isprintable():
            return beside(reference.span.path, reference.value)
        hint = 'paths are written as in `"refs/maya.png"`'
        self._report(Diagnostic("AD0101", "this is no path of a file", reference.span, hint=hint))
        return None

    def _near(self, path: str, *, beside: str = "") -> str:
        """The hint that names what is there and is most like `path`; empty where nothing is."""
        folder, _, name = path.rpartition("/")
        try:
            names = self._files.names(folder or ".")
        except OSError:
            return ""
        stems = {(each.rpartition(".")[0] or each): each for each in reversed(names)}
        found = _NAMED.search(likeliest(name.rpartition(".")[0] or name, stems))
        if found is None:
            return ""
        home = posixpath.dirname(beside) or "."
        there = posixpath.join(folder, stems[found[1]])
        return f'did you mean `"{posixpath.relpath(there, home)}"`?' if beside else f"there is `{there}`"

    def _read(self, path: str, at: Span) -> bytes | None:
        if path in self._contents:
            return self._contents[path]
        try:
            data = self._files.read(path)
        except Escapes:
            hint = "copy the file into the project and name it relative to this file"
            self._report(Diagnostic("AD0102", f"`{path}` lies outside of the project", at, hint=hint))
        except FileNotFoundError:
            hint = self._near(path, beside=at.path)
            hint = hint or "paths are relative to the file that names them, and letters count as written"
            self._report(Diagnostic("AD0101", f"there is no file `{path}`", at, "not found", hint))
        except OSError as error:
            reason = "it is a folder" if isinstance(error, IsADirectoryError) else (error.strerror or "").lower()
            hint = "name a file in it" if isinstance(error, IsADirectoryError) else "see that you may read it"
            # The path of the folder that the spec was to lie in is empty.
            self._report(Diagnostic("AD0105", f"`{path or '.'}` cannot be read", at, reason, hint))
        else:
            self._contents[path] = data
            self.inputs[path] = digest.digest_bytes(data)
            return data
        return None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
