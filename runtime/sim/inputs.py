"""What the addresses in a request stand for: files of ours, or strangers; a stand-in fetches nothing from elsewhere."""

from collections.abc import Iterable

from adc.compiler.plan import Json
from adc.compiler.request import Problem
from adc.runtime.sim.answers import NOT_OURS
from adc.runtime.sim.files import Files


def strangers(value: Json, files: Files, path: str = "") -> list[Problem]:
    """Addresses among the arguments that are not files of ours."""
    if isinstance(value, str):
        ours = not value.startswith(("http://", "https://")) or files.local(value) is not None
        return [] if ours else [Problem(path, NOT_OURS)]
    parts: Iterable[tuple[object, Json]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    return [one for key, item in parts for one in strangers(item, files, f"{path}/{key}".lstrip("/"))]
