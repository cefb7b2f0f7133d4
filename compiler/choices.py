"""What is chosen when a spec is compiled and not written in it: values of params, choices of variants."""

from collections.abc import Mapping

from adc.compiler.frozen import field, frozen


@frozen
class Choices:
    """`settings` are values of params as typed (`--set city=Denver`), `variants` choices by variant (`--variant`)."""

    settings: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)


DEFAULTS = Choices()
"""Every param and variant as the spec has it."""
