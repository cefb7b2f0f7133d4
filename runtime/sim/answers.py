"""What a run answers: the model's output in the shape of its own schema, or what is wrong with the input."""

from collections.abc import Mapping

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.compiler.request import Problem
from adc.runtime.sim.faults import Fail

NOT_OURS = "Failed to download the file: it was not uploaded here"
"""The finding about an address that the stand-in did not give out."""


def answer(endpoint: Endpoint, arguments: Mapping[str, Json], outputs: Mapping[str, Json]) -> dict[str, Json]:
    """Each output, a file object or a text, at the place that the catalogue names.

    What else the schema requires has its plainest value.
    """
    body: dict[str, Json] = {}
    for output, place in endpoint.outputs.items():
        told = outputs[output]
        words = told if endpoint.word and isinstance(told, list) else None
        _put(body, place.split("/"), told if words is None else [_word(endpoint, place, word) for word in words])
    return _completed(body, endpoint, arguments)


def nothing(endpoint: Endpoint, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """An answer that says all is well, without the media: an empty list, or null where one file would be."""
    body: dict[str, Json] = {}
    for place in endpoint.outputs.values():
        name, *inner = place.split("/")
        body[name] = [] if inner and inner[0].isdecimal() else None
    return _completed(body, endpoint, arguments)


def found_by_model(fail: Fail, arguments: Json) -> Json:
    """A failure in the shape of a model's finding about the whole input, which it echoes, as fal does."""
    return {"detail": [{"loc": ["body"], "msg": fail.detail, "type": fail.type, "input": arguments}]}


def failed(detail: Json, error_type: str) -> dict[str, Json]:
    """A failure of the infrastructure, in its shape."""
    return {"detail": detail, "error_type": error_type}


def _put(body: dict[str, Json], place: list[str], value: Json) -> None:
    """The value at its place in the answer; a number stands for the first of a list."""
    for part in reversed(place[1:]):
        value = [value] if part.isdecimal() else {part: value}
    body[place[0]] = value


def _word(endpoint: Endpoint, place: str, told: Json) -> Json:
    """A word that was heard, `{"text", "start", "end"}`, in the shape in which this endpoint tells one."""
    assert isinstance(told, dict), "the draft engine tells each word so"
    body: dict[str, Json] = {}
    for name, where in endpoint.word.items():
        member, _, index = where.partition("/")
        if index:
            times = body.setdefault(member, [])
            assert isinstance(times, list)
            times.append(told[name])  # `word` names them in their order
        else:
            body[member] = told[name]
    properties = endpoint.output_schema.get("properties")
    items = properties.get(place) if isinstance(properties, dict) else None
    plain = _plain(items.get("items") if isinstance(items, dict) else None, endpoint.output_schema)
    return {**plain, **body} if isinstance(plain, dict) else body


def _completed(body: dict[str, Json], endpoint: Endpoint, arguments: Mapping[str, Json]) -> dict[str, Json]:
    schema = endpoint.output_schema
    properties, required = schema.get("properties"), schema.get("required")
    for member in required if isinstance(required, list) else ():
        if isinstance(member, str) and isinstance(properties, dict):
            body.setdefault(member, arguments.get(member) or _plain(properties.get(member), schema))
    return body


def _plain(schema: Json, whole: Mapping[str, Json]) -> Json:
    """The plainest value that keeps a schema, which is a part of `whole`."""
    if not isinstance(schema, dict):
        return {}
    definitions, name, choices = whole.get("$defs"), schema.get("$ref"), schema.get("anyOf")
    if isinstance(name, str) and isinstance(definitions, dict):
        return _plain(definitions.get(name.removeprefix("#/$defs/")), whole)
    if isinstance(choices, list):
        return _plain(choices[0], whole)
    kind, required, properties = schema.get("type"), schema.get("required"), schema.get("properties")
    if kind == "object" and isinstance(required, list) and isinstance(properties, dict):
        return {str(member): _plain(properties.get(str(member)), whole) for member in required}
    plain: dict[str, Json] = {"integer": 1, "number": 1.0, "string": "", "boolean": False, "array": []}
    return plain.get(kind, {}) if isinstance(kind, str) else {}


def finding(problem: Problem, arguments: Json) -> Json:
    """A problem in the shape of pydantic's, which echoes what was sent, as fal does."""
    place: list[Json] = ["body"]
    value = arguments
    kind = "file_download_error" if problem.message == NOT_OURS else "value_error"
    for part in filter(None, problem.path.split("/")):
        place.append(int(part) if part.isdecimal() else part)
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            kind = "missing"
    return {"loc": place, "msg": problem.message, "type": kind, "input": value}
