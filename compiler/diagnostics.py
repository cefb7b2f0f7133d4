"""A diagnostic is data: what is wrong, where, what was expected, and the likeliest mend.

Checks return diagnostics and keep going; nothing here knows colour, width or JSON (see `render`).
"""

from enum import StrEnum

from adc.compiler.frozen import frozen
from adc.compiler.source import Span


class Severity(StrEnum):
    """How much a diagnostic matters: an error stops the build, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@frozen
class Label:
    """A remark at another place that is involved, such as the first of two declarations."""

    span: Span
    text: str


@frozen
class Diagnostic:
    """One finding. `code` is an entry of `codes.CODES` and is never renumbered or reused."""

    code: str
    message: str
    span: Span
    label: str = ""
    hint: str = ""
    notes: tuple[Label, ...] = ()
    severity: Severity = Severity.ERROR
