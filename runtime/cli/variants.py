"""`--all-variants`: every combination of the choices that a spec's variants offer."""

from __future__ import annotations

from itertools import product

from adc.runtime.cli.planned import planned_or_complain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping


def combinations(arguments: Namespace) -> list[Namespace] | None:
    """The arguments of every combination, in the order of the page, those of the first variant slowest.

    A variant that `--variant` decides keeps that choice. None where the spec has errors, which are reported.
    """
    found = planned_or_complain(arguments, quiet=True)
    if found is None:
        return None
    decided = dict(arguments.variants)
    offered = {name: (decided[name],) if name in decided else keys for name, keys in found.offered.items()}
    return [_choosing(arguments, dict(zip(offered, keys, strict=True))) for keys in product(*offered.values())]


def _choosing(arguments: Namespace, chosen: Mapping[str, str]) -> Namespace:
    return type(arguments)(**{**vars(arguments), "variants": list(chosen.items())})


def called(choices: Mapping[str, str]) -> str:
    """What people call a combination."""
    return ", ".join(f"{name}={key}" for name, key in choices.items()) or "the only variant"
