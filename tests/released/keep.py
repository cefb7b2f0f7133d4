"""Keep what this version of adc makes of its ads, when it is released: `python tests/released/keep.py`.

Writes the folder of the version of `runtime/version.py` anew: the specs, the examples of the language reference, the
ads of all endpoints and those of `features.ad`, with their plans and keys, and the digests of schemas and wordings.
`tests/compiler/test_released.py` holds every later version to it. What is published stays as it is: a version that
the changelog does not call unreleased is not kept again.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests"))

from support.released import RELEASED, line_of, published, read_ads  # noqa: E402
from support.spec_cases import SPEC, Case, picture, pictures, read_cases  # noqa: E402

from adc.compiler.catalogue import builtin  # noqa: E402
from adc.compiler.files import MemoryFiles  # noqa: E402
from adc.compiler.pipeline import compile_spec  # noqa: E402
from adc.runtime.disk import DiskFiles  # noqa: E402
from adc.runtime.version import __version__  # noqa: E402

LIBRARY = {"cast/maya.ad": b'character maya { reference "../refs/maya.png" }'}
"""What an example of the language reference imports."""


def main() -> int:
    """Write the folder; gives the exit code."""
    folder = RELEASED / __version__
    changes = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    if folder.exists() and f"## {__version__} (unreleased)" not in changes:
        print(f"{__version__} is published: raise the version in runtime/version.py first", file=sys.stderr)
        return 1
    print(f"{keep(folder)} ads are kept in {folder}")
    return 0


def keep(folder: Path) -> int:
    """Write a folder anew; gives how many ads are in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    sources = list(_specs()) + list(_cases())
    (folder / "ads.ad").write_text("\n".join(_written(case) for case, _ in sources), encoding="utf-8")
    for path, data in _files(sources).items():
        target = folder / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    ads = read_ads(folder)
    (folder / "plans.jsonl").write_text("".join(f"{line_of(ad)}\n" for ad in ads), encoding="utf-8")
    (folder / "digests.json").write_text(json.dumps(published(REPOSITORY), indent=2) + "\n", encoding="utf-8")
    return len(ads)


def _specs() -> Iterator[tuple[Case, dict[str, bytes]]]:
    """The specs, each with pictures of the same sizes as its own."""
    folder = REPOSITORY / "specs"
    for spec in sorted(folder.glob("*.ad")):
        compiled = compile_spec(spec.name, DiskFiles(folder, REPOSITORY), builtin())
        texts = {SPEC if path == spec.name else path: text.encode() for path, text in compiled.texts.items()}
        used = [path for path in compiled.inputs if path not in compiled.texts and (folder / path).is_file()]
        yield Case(f"specs: {spec.stem}", texts, ()), {path: _plain(folder / path) for path in used}


def _plain(path: Path) -> bytes:
    with Image.open(path) as image:
        return picture(image.width, image.height, image.format or "PNG")


def _cases() -> Iterator[tuple[Case, dict[str, bytes]]]:
    """The ads that tests have already, with the pictures of the cases."""
    reference = (REPOSITORY / "grammar" / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```ad\n(.*?)^```", reference, re.MULTILINE | re.DOTALL)
    cases = [
        *(Case(f"language: {n}", {SPEC: each.encode(), **LIBRARY}, ()) for n, each in enumerate(examples, start=1)),
        *read_cases(REPOSITORY / "tests" / "e2e"),
        *read_cases(RELEASED),
    ]
    for case in cases:
        found = compile_spec(SPEC, MemoryFiles({**pictures(), **case.contents}), builtin(), case.choices)
        contents = {path: data for path, data in case.contents.items() if path in found.texts}
        used = {path: data for path, data in pictures().items() if path in found.inputs}
        yield Case(case.name, contents, (), case.choices), used


def _files(sources: list[tuple[Case, dict[str, bytes]]]) -> dict[str, bytes]:
    """All pictures by path, which mean the same in every ad."""
    files: dict[str, bytes] = {}
    for case, used in sources:
        for path, data in used.items():
            assert files.setdefault(path, data) == data, f"{case.name}: another picture has the path {path}"
    return files


def _written(case: Case) -> str:
    """A case in its own format."""
    chosen = {"--set": case.choices.settings, "--variant": case.choices.variants}
    parts = [f"--- {case.name}"]
    for path, data in case.contents.items():
        parts += [f">>> {path}", data.decode().rstrip("\n")]
    for option, values in chosen.items():
        for name, value in values.items():
            parts += [f">>> {option} {name}", f"{name}={value}"]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
