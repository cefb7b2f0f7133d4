"""`--all-variants`: every combination of the choices that a spec's variants offer."""

from argparse import Namespace
from collections.abc import Mapping
from copy import copy
from itertools import product

from adc.runtime.cli.session import compile_or_complain


def combinations(arguments: Namespace) -> list[Namespace] | None:
    """The arguments of every combination, in the order of the page, those of the first variant slowest.

    A variant that `--variant` decides keeps that choice. None where the spec has errors, which are reported.
    """
    compilation = compile_or_complain(arguments, quiet=True)
    if compilation is None:
        return None
    decided = dict(arguments.variants)
    offered = {
        name: (decided[name],) if name in decided else tuple(variant.choices)
        for name, variant in compilation.script.variants.items()
    }
    return [_choosing(arguments, dict(zip(offered, keys, strict=True))) for keys in product(*offered.values())]


def _choosing(arguments: Namespace, chosen: Mapping[str, str]) -> Namespace:
    one = copy(arguments)
    one.variants = list(chosen.items())
    return one


def called(choices: Mapping[str, str]) -> str:
    """What people call a combination."""
    return ", ".join(f"{name}={key}" for name, key in choices.items()) or "the only variant"
