"""Whether a build may begin to spend: every reason why not, told together before the first request leaves."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from adc.compiler.plan import Step
from adc.compiler.units import dollars_text
from adc.runtime.forecast import usd_of
from adc.runtime.purse import Cap


def over(cap: Cap, ahead: Sequence[Step]) -> Iterator[str]:
    """Why a cap cannot be kept by a build that may yet buy `ahead`; nothing where it can."""
    unknown = [step.id for step in ahead if step.price.mark == "unknown"]
    if unknown:
        yield f"nobody knows what {', '.join(unknown)} costs, so the {cap.words} cannot be kept"
    most = usd_of(ahead)
    if most > cap.left:
        of_it = f", of which {dollars_text(cap.spent)} is spent or committed" if cap.spent else ""
        yield f"it may spend up to {dollars_text(most)}, more than the {cap.words} allows{of_it}"


def unsettled(step: str, usd: Decimal, attempt: int) -> str:
    """Why a build that does not wait for lost answers cannot begin."""
    return f"{step} may have been bought for {dollars_text(usd)} already (attempt {attempt})"


def together(reasons: Iterable[str]) -> str:
    """The reasons as one sentence, each on a line of its own where there are several; empty without any."""
    found = tuple(dict.fromkeys(reasons))
    if len(found) < 2:
        return "".join(f"this build did not begin: {reason}; nothing was spent" for reason in found)
    return "\n  ".join(("this build did not begin, and nothing was spent:", *found))
