"""What a run answers: the model's output in the shape of its own schema, or what is wrong with the input."""

from collections.abc import Mapping

from adc.compiler.catalogue import Endpoint
from adc.compiler.plan import Json
from adc.compiler.request import Problem

NOT_OURS = "Failed to download the file: it was not uploaded here"
"""The finding about an address that the stand-in did not give out."""


def answer(endpoint: Endpoint, arguments: Mapping[str, Json], outputs: Mapping[str, Json]) -> dict[str, Json]:
    """Each output, a file object or a text, at the place that the catalogue names.

    What else the schema requires has its plainest value.
    """
    body: dict[str, Json] = {}
    for output, place in endpoint.outputs.items():
        name, _, index = place.partition("/")
        body[name] = [outputs[output]] if index else outputs[output]
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
