"""`adc models [NAME]`: what the catalogue knows. A table, a page about one model, or `schemas/models.v1.json`.

In the place of a name, `refresh-prices` compares its prices with fal's (see `refresh_prices`); no model can be called
so, since names have no hyphen.
"""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.frozen import as_dict
from adc.compiler.settings import settings
from adc.compiler.vocabulary import likeliest
from adc.runtime.cli.choices import ROLES
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.model_table import limited, page_lines, table_lines


def run(arguments: Namespace) -> int:
    """Print the models that were asked for. Returns an `Exit` code."""
    catalogue = builtin()
    endpoints = catalogue.endpoints if arguments.role is None else catalogue.of_role(arguments.role)
    if arguments.name == "refresh-prices":
        from adc.runtime.cli.refresh_prices import refresh

        return refresh(arguments, endpoints)
    models = _models(endpoints)
    if arguments.name is not None:
        if arguments.name not in models:
            _say_unknown(arguments.name, arguments.role, tuple(models))
            return Exit.USAGE
        models = {arguments.name: models[arguments.name]}
    if arguments.json:
        document = {"schema": "adc/models/1", "models": [_json(model) for model in models.values()]}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return Exit.OK
    listed = [models[name] for name in sorted(models, key=lambda name: (ROLES.index(models[name][0].role), name))]
    for line in page_lines(listed[0]) if arguments.name is not None else table_lines(listed):
        print(line)
    if arguments.name is None:
        print("\n`adc models NAME` tells all about one: its options, limits and sources.")
    return Exit.OK


def _models(endpoints: Sequence[Endpoint]) -> dict[str, tuple[Endpoint, ...]]:
    """The endpoints by the name of their model, sorted."""
    found: dict[str, tuple[Endpoint, ...]] = {}
    for endpoint in endpoints:
        found[endpoint.model] = (*found.get(endpoint.model, ()), endpoint)
    return dict(sorted(found.items()))


def _say_unknown(name: str, role: str | None, known: tuple[str, ...]) -> None:
    what = f"there is no model `{name}`" + (f" of the role {role}" if role else "")
    hint = likeliest(name, known) or "`adc models` lists them all"
    sys.stderr.write(f"{what}; {hint}\n")


def _json(model: tuple[Endpoint, ...]) -> dict[str, Any]:
    return {"name": model[0].model, "role": model[0].role, "endpoints": [_endpoint(endpoint) for endpoint in model]}


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    price = as_dict(endpoint.price)
    limits = {place: as_dict(found) for place, found in limited(endpoint)}
    for found in limits.values():
        for name in ("min_aspect_ratio", "max_aspect_ratio"):
            found[name] = None if found[name] is None else float(found[name])
    return {
        "id": endpoint.id,
        "title": endpoint.title,
        "use": endpoint.use,
        "makes": endpoint.makes,
        "takes": as_dict(endpoint.takes) | {"lora_family": endpoint.lora_family},
        "price": price | {"sizes": {name: list(size) for name, size in endpoint.price.sizes.items()}},
        "options": [as_dict(option) for option in settings(endpoint)],
        "files": limits,
        "notes": endpoint.notes,
        "source": endpoint.source,
        "as_of": endpoint.as_of,
    }
