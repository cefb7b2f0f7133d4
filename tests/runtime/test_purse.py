"""No order of purchases, failures, retries and late bills passes a cap."""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adc.compiler.plan import Price, Step
from adc.runtime.admission import over, together
from adc.runtime.errors import SpendRefused
from adc.runtime.purse import Cap, Purse

CENT = Decimal("0.01")

dollars = st.integers(0, 400).map(lambda cents: cents * CENT)


@settings(max_examples=10_000, deadline=None)
@given(
    caps=st.lists(dollars, max_size=3),
    spent=dollars,
    build=st.lists(
        st.tuples(
            dollars,
            st.sampled_from(["paid", "paid less", "free failure", "billed failure", "lost"]),
            st.integers(0, 3),  # how many others are under way before its bill comes
            st.booleans(),  # whether it was in the plan, or is another try
        ),
        max_size=30,
    ),
)
def test_a_cap_is_never_passed(
    caps: list[Decimal], spent: Decimal, build: Sequence[tuple[Decimal, str, int, bool]]
) -> None:
    planned = sum((usd for usd, _, _, first in build if first), Decimal(0))
    purse = Purse([Cap("cap", usd, min(spent, usd), planned) for usd in caps])
    begun = [cap.spent for cap in purse.caps]
    under_way: list[tuple[Decimal, str]] = []
    money_gone = Decimal(0)

    def bills_come(room: int) -> None:
        nonlocal money_gone
        while len(under_way) > room:
            usd, end = under_way.pop(0)
            billed = {"paid": usd, "paid less": usd / 2, "free failure": Decimal(0)}.get(end, usd)
            money_gone += billed
            if end != "lost":  # what was lost stays committed
                purse.settle("step", usd, billed)

    for usd, end, others, first in build:
        bills_come(others)
        with suppress(SpendRefused):
            purse.commit("step", usd, reserved=usd if first else Decimal(0))
            under_way.append((usd, end))
        worst = money_gone + sum((usd for usd, _ in under_way), Decimal(0))
        for cap, before in zip(purse.caps, begun, strict=True):
            assert before + worst == cap.spent <= cap.usd
    bills_come(0)
    for cap, before in zip(purse.caps, begun, strict=True):
        assert before + money_gone == cap.spent <= cap.usd


@given(
    plan=st.lists(dollars, min_size=1, max_size=8),
    tries=st.lists(dollars, max_size=8),
    slack=dollars,
    data=st.data(),
)
def test_another_try_never_takes_what_the_plan_needs(
    plan: list[Decimal], tries: list[Decimal], slack: Decimal, data: st.DataObject
) -> None:
    total = sum(plan, Decimal(0))
    purse = Purse([Cap("plan", total + slack, reserved=total)])
    for usd in data.draw(st.permutations([*((usd, True) for usd in plan), *((usd, False) for usd in tries)])):
        if usd[1]:
            purse.commit("planned", usd[0], reserved=usd[0])  # which always fits
        else:
            with suppress(SpendRefused):
                purse.commit("another try", usd[0])
    assert purse.caps[0].spent <= total + slack


def test_a_refusal_counts_nothing_and_names_the_cap() -> None:
    purse = Purse([Cap("budget of $9.00", Decimal(9)), Cap("--max-cost of $1.00", Decimal(1))])
    purse.commit("hook.clip", Decimal("0.60"))
    with pytest.raises(SpendRefused, match=r"proof\.clip costs \$0\.50, and too much of the --max-cost of \$1\.00"):
        purse.commit("proof.clip", Decimal("0.50"))
    assert [cap.spent for cap in purse.caps] == [Decimal("0.60")] * 2
    purse.settle("hook.clip", Decimal("0.60"), Decimal("0.30"))
    purse.commit("proof.clip", Decimal("0.50"))
    assert purse.caps[1].left == Decimal("0.20")


def test_what_costs_nothing_is_never_refused() -> None:
    purse = Purse([Cap("--max-cost of $0.00", Decimal(0))])
    purse.commit("maya.cutout", Decimal(0))


def paid(step_id: str, usd: str, mark: str = "exact") -> Step:
    price = Price(Decimal(usd), "1", "image", "unknown" if mark == "unknown" else "exact")
    return Step(step_id, "generate", "studio/still", {}, "image", "a test", price)


def test_every_reason_is_told_at_once() -> None:
    ahead = [paid("hook.clip", "1.40"), paid("proof.clip", "1.40"), paid("odd.clip", "0", "unknown")]
    reasons = [
        *over(Cap("budget of $15.00", Decimal(15), Decimal("2.00")), ahead[:2]),
        *over(Cap("--max-cost of $1.00", Decimal(1)), ahead),
        *over(Cap("$20.00 a day of your settings", Decimal(20), Decimal("18.00")), ahead[:2]),
    ]
    assert together(reasons) == (
        "this build did not begin, and nothing was spent:\n"
        "  nobody knows what odd.clip costs, so the --max-cost of $1.00 cannot be kept\n"
        "  it may spend up to $2.80, more than the --max-cost of $1.00 allows\n"
        "  it may spend up to $2.80, more than the $20.00 a day of your settings allows,"
        " of which $18.00 is spent or committed"
    )
    assert together(reasons[:1]).startswith("this build did not begin: nobody knows")
    assert together([]) == ""
