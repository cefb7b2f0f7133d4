"""What a model has answered, brought home: the files of an answer fetched and decoded, its words written down.

The catalogue says at which place of an answer each output is, as in `images/0`. An answer without it was charged for
all the same, so what is not there is `Gone`: asking again would bring the same answer.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import httpx

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json, at
from adc.runtime.errors import Expired, Gone, RemoteError
from adc.runtime.fal.download import Fetching, download
from adc.runtime.fal.hosts import Hosts
from adc.runtime.fal.patience import Patience, Sleep
from adc.runtime.fal.poll import fetch
from adc.runtime.fal.submit import Accepted
from adc.runtime.heard import dump, from_answer
from adc.runtime.ports import Workspace

T = TypeVar("T")


async def bring(
    http: httpx.AsyncClient,
    hosts: Hosts,
    endpoint: Endpoint,
    request_id: str,
    result: Json,
    workspace: Workspace,
    *,
    step: str,
    sleep: Sleep,
    patience: Patience,
) -> Mapping[str, Path]:
    """The outputs of a request as files in the workspace: words in UTF-8, everything else decoded.

    Where the address of a file has expired, the new one serves that fal's answer may have by now. Raises Broken, Gone,
    StoreFull and StoreError as `download` does, and OSError where the workspace cannot be written.
    """

    async def fetched(url: str, output: str) -> Path:
        wanted = Fetching(url, endpoint.makes, workspace.folder, output, step)
        return await download(http, wanted, sleep=sleep, patience=patience, note=workspace.note)

    async def renewed(place: str) -> str | None:
        accepted = Accepted(request_id, "", hosts.request_url(endpoint.id, request_id))
        try:
            return url_at((await fetch(http, accepted, step, sleep=sleep, patience=patience)).result, place)
        except RemoteError:
            return None

    files: dict[str, Path] = {}
    for output, place in endpoint.outputs.items():
        if endpoint.makes == "text":
            files[output] = workspace.folder / f"{output}.txt"
            files[output].write_text(_there(text_at(result, place), step, output), encoding="utf-8")
        elif endpoint.makes == "words":
            files[output] = workspace.folder / f"{output}.json"
            files[output].write_bytes(_there(words_at(endpoint, result, place), step, output))
        else:
            url = _there(url_at(result, place), step, output)
            try:
                files[output] = await fetched(url, output)
            except Expired:
                fresh = await renewed(place)
                if fresh is None or fresh == url:
                    raise
                files[output] = await fetched(fresh, output)
    return files


def holds(endpoint: Endpoint, result: Json) -> bool:
    """Whether an answer has all outputs of its endpoint."""
    for place in endpoint.outputs.values():
        match endpoint.makes:
            case "text":
                found: object = text_at(result, place)
            case "words":
                found = words_at(endpoint, result, place)
            case _:
                found = url_at(result, place)
        if found is None:
            return False
    return True


def _there(found: T | None, step: str, output: str) -> T:
    if found is None:
        raise Gone(f"fal charged for {step} and its answer has no {output}")
    return found


def url_at(result: Json, place: str) -> str | None:
    """The address of the file at a place such as `images/0` of an answer, or None."""
    value = at(result, place)
    if isinstance(value, Mapping):
        value = value.get("url")
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else None


def text_at(result: Json, place: str) -> str | None:
    """The text at a place of an answer without the blanks around it, or None where there are no words."""
    value = at(result, place)
    return value.strip() or None if isinstance(value, str) else None


def words_at(endpoint: Endpoint, result: Json, place: str) -> bytes | None:
    """The words at a place of an answer with their times, as they are kept, or None where there is no list of any."""
    words = from_answer(endpoint, at(result, place))
    return None if words is None else dump(words)
