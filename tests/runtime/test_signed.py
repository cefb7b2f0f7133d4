"""Signed plans as values: the file says all of them, what moved is told, and a purse buys nothing else."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.planned import planned

from adc.compiler import frozen
from adc.compiler.digest import plan_keys
from adc.compiler.plan import Plan
from adc.runtime.errors import SpendRefused
from adc.runtime.forecast import Forecast
from adc.runtime.moved import bill_text, moved
from adc.runtime.purse import Agreed, Cap, Purse
from adc.runtime.signed import Accepted, Ad, Item, Model, Signed, Spent, Standing, dump, load, sign

SPEC = """\
ad glow {{ size 720p 9:16 }}

variant opener {{
  doubt  "Hm."
  secret "Psst."
}}

character maya {{
  reference "refs/maya.png"
  pack      front
}}

scene hook 5s {{
  using  kling_o3
  cast   maya
  action "{{{{ maya }}}} leans {way}"
  says   maya "{{{{ opener }}}}"
}}

scene end 4s {{
  using  veo3_1_lite
  action "rain"
}}
"""

PAID = ("maya.pack.front", "hook.clip", "end.clip")
ONE = Decimal(1)
NOTHING = (Decimal(0), Decimal(0))


def glow(way: str = "in", opener: str = "doubt") -> Plan:
    return planned(SPEC.format(way=way), variants={"opener": opener})


def standing(
    plan: Plan, held: Mapping[str, str] | None = None, decisions: Mapping[str, Accepted] | None = None
) -> Standing:
    """A plan of which the store has what is `held`, step to status; the rest is still to be made."""
    found = held or {}
    keys = plan_keys(plan)
    forecasts = [Forecast(one.id, found.get(one.id, "will run"), None, keys[one.id]) for one in plan.steps]  # type: ignore[arg-type]
    return Standing(plan, forecasts, decisions or {})


def signed(
    *ads: Standing,
    engine: str = "fal",
    inputs: Mapping[str, str] | None = None,
    price: str = "p",
    spent: Mapping[str, Spent] | None = None,
) -> Signed:
    endpoints = {step.endpoint for ad in ads for step in ad.plan.steps if step.endpoint}
    return sign(
        ads,
        engine=engine,
        spec="glow.ad",
        settings={},
        variants={},
        several=len(ads) > 1,
        refresh=False,
        inputs=inputs or {"glow.ad": "sha256:1"},
        models={one: Model(one, "e" + price, "s", "r", price) for one in endpoints},
        spent=spent or {},
    )


def lines(before: Signed, now: Signed, *, kept: Iterable[str] = (), engine: str = "fal") -> tuple[str, ...]:
    return moved(before, now, engine=engine, kept=set(kept).__contains__, changed=lambda _was, _now: ())


# The file


@pytest.mark.parametrize("several", [False, True])
def test_what_is_written_is_read(several: bool) -> None:
    ads = [standing(glow(opener=opener)) for opener in (("doubt", "secret") if several else ("doubt",))]
    spent = {plan_keys(ads[0].plan)["end.clip"]: Spent(Decimal("0.30"), Decimal("0.12"))}
    before = signed(*ads, spent=spent)
    assert load(dump(before), "ad.plan") == before
    assert dump(load(dump(before), "ad.plan")) == dump(before)


def test_the_digest_sees_every_change() -> None:
    data = dump(signed(standing(glow())))

    def changes(value: Any) -> Iterable[Any]:
        """The document with one leaf changed, for every leaf."""
        match value:
            case dict():
                for name, item in value.items():
                    yield from ({**value, name: other} for other in changes(item))
            case list():
                for at, item in enumerate(value):
                    yield from ([*value[:at], other, *value[at + 1 :]] for other in changes(item))
            case str():
                yield value + "x"
            case bool():
                yield not value
            case int():
                yield value + 1

    changed = [json.dumps(one).encode() for one in changes(json.loads(data))]
    assert len(changed) > 100
    for one in changed:
        with pytest.raises(SpendRefused, match=r"^ad\.plan (was edited|is of|is no)"):
            load(one, "ad.plan")


@given(cut=st.integers(1, 4000))
def test_a_file_that_was_cut_is_never_a_plan(cut: int) -> None:
    data = dump(signed(standing(glow())))
    with pytest.raises(SpendRefused, match=r"ad\.plan (is cut short|is empty)"):
        load(data[: max(0, len(data) - 1 - cut)], "ad.plan")


def test_a_draft_has_no_bill() -> None:
    before = signed(standing(glow()), engine="draft")
    assert before.bill == ()
    assert bill_text(before.bill) == "nothing to buy"


def test_what_ads_share_is_in_the_first_bill() -> None:
    both = signed(standing(glow()), standing(glow(opener="secret")))
    assert [[item.step for item in ad.bill] for ad in both.ads] == [list(PAID), ["hook.clip"]]
    assert len(both.agreed()) == 4


# What has moved


def test_nothing_has_moved() -> None:
    before = signed(standing(glow()))
    assert lines(before, before) == ()


def test_a_part_that_was_bought_has_not_moved() -> None:
    now = signed(standing(glow(), {"maya.pack.front": "cached", "end.clip": "under way"}))
    assert lines(signed(standing(glow())), now) == ()


def test_a_text_that_says_the_same_has_not_moved() -> None:
    before = signed(standing(glow()))
    assert lines(before, replace(before, inputs={"glow.ad": "sha256:2"})) == ()


def test_a_plan_that_nothing_explains_is_told() -> None:
    (line,) = lines(signed(standing(glow())), signed(standing(glow("out"))))
    assert line.startswith("the same files make another plan; hook.clip is another, with 1 step made from that; $")


def test_a_version_with_another_plan_is_to_blame_for_it() -> None:
    now = replace(signed(standing(glow("out"))), version="9")
    (line,) = lines(signed(standing(glow())), now)
    assert ", is 9; hook.clip is another, with 1 step made from that; " in line


def test_a_version_is_not_to_blame_where_the_text_is() -> None:
    now = replace(signed(standing(glow("out")), inputs={"glow.ad": "sha256:2"}), version="9")
    version, text = lines(signed(standing(glow())), now)
    assert version.endswith("is 9")
    assert text.startswith("glow.ad was 1, is 2; hook.clip is another")


def test_of_a_price_that_moved_each_step_is_told() -> None:
    plan = glow()
    dearer = frozen.replace(
        plan,
        steps=tuple(
            frozen.replace(step, price=frozen.replace(step.price, usd=step.price.usd + ONE))
            if step.id in ("end.clip", "hook.clip")
            else step
            for step in plan.steps
        ),
    )
    now = signed(standing(dearer), price="q")
    told = lines(signed(standing(plan)), now)
    assert len(told) == 3  # three endpoints have another price, and that of the pack concerns no step
    assert sum("no step of this plan costs other" in line for line in told) == 1
    assert sum("$1.00 more" in line for line in told) == 2


def test_a_store_that_lost_what_was_not_to_be_bought() -> None:
    before = signed(standing(glow(), {"maya.pack.front": "cached", "end.clip": "under way"}))
    lost = lines(before, signed(standing(glow())))
    assert [line.partition(":")[0] for line in lost] == [
        "maya.pack.front was in the store, and is not any more",
        "end.clip was under way, and nothing came of it",
    ]
    keys = plan_keys(glow())
    assert lines(before, signed(standing(glow())), kept=[keys["maya.pack.front"], keys["end.clip"]]) == ()


def test_what_was_wasted_since_is_told_and_what_was_before_is_not() -> None:
    key = plan_keys(glow())["end.clip"]
    gone, unsure = Spent(ONE, ONE), Spent(ONE, Decimal(0))
    before, after = signed(standing(glow())), signed(standing(glow()), spent={key: gone})
    (line,) = lines(before, after)
    assert "$1.00 was spent on it in vain since" in line
    assert lines(after, after) == ()
    assert lines(before, signed(standing(glow()), spent={key: unsure})) == ()  # nobody knows yet: it is gone on with
    assert lines(signed(standing(glow()), spent={key: unsure}), after) == ()  # and was agreed to, as it was


def test_a_decision_that_a_build_of_this_plan_writes_has_not_moved() -> None:
    before = signed(standing(glow(), {"maya.pack.front": "cached"}))
    written = {step: Accepted(1, "sha256:a") for step in PAID}
    now = signed(standing(glow(), dict.fromkeys(PAID, "cached"), written))
    assert lines(before, now) == ()


@pytest.mark.parametrize(
    ("before", "after", "status", "told"),
    [
        (Accepted(1, "sha256:a"), Accepted(1, "sha256:b"), "cached", "was take 1 (a), is take 1 (b)"),
        (Accepted(1, "sha256:a"), Accepted(2, "sha256:b"), "cached", "was take 1 (a), is take 2 (b)"),
        (Accepted(1, "sha256:a"), None, "cached", "was take 1 (a), is undecided"),
        (None, Accepted(1, "sha256:b"), "stale", "was undecided, is take 1 (b)"),
    ],
)
def test_a_decision_that_moved(before: Accepted | None, after: Accepted | None, status: str, told: str) -> None:
    was = signed(standing(glow(), {"hook.clip": "cached"}, {"hook.clip": before} if before else {}))
    now = signed(standing(glow(), {"hook.clip": status}, {"hook.clip": after} if after else {}))
    (line,) = lines(was, now)
    assert line.startswith(f"what the lock holds of hook.clip {told}; ")


def test_another_engine_is_told_with_the_bill() -> None:
    before = signed(standing(glow()))
    (line,) = lines(before, before, engine="draft")
    assert line.startswith("it was signed to be bought at fal, $")
    assert line.endswith("; without a key it would be a free draft here")


def test_a_combination_that_is_new_or_gone() -> None:
    one, two = standing(glow()), standing(glow(opener="secret"))
    both, single = signed(one, two), signed(one)
    for before, now in ((both, single), (single, both)):
        (line,) = lines(before, now)
        assert line.startswith("the same files make another plan; ")


def test_an_unknown_price_is_no_amount() -> None:
    items = [Item("a.clip", Decimal("0.50"), "exact", *NOTHING), Item("b.clip", Decimal(0), "unknown", *NOTHING)]
    assert bill_text(items) == "$0.50 and an unknown amount for 2 purchases"


# Only what is on the list is bought


def purse(**steps: str) -> Purse:
    caps = {step: Cap(f"${usd} that ad.plan has for it", Decimal(usd)) for step, usd in steps.items()}
    return Purse((), Agreed("ad.plan", caps, "adc plan a.ad -o ad.plan"))


def test_a_purchase_that_nobody_agreed_to() -> None:
    with pytest.raises(SpendRefused, match=r"^more is none of the purchases of ad\.plan; nothing was sent") as refused:
        purse(hook="1.00").commit("more", Decimal("0.01"))
    assert refused.value.next_command == "adc plan a.ad -o ad.plan"


def test_a_free_step_that_is_not_on_the_list_is_not_asked_for_either() -> None:
    with pytest.raises(SpendRefused):
        purse(hook="1.00").commit("more", Decimal(0))


def test_a_purchase_above_its_price() -> None:
    bag = purse(hook="1.00", end="5.00")
    with pytest.raises(SpendRefused, match=r"^hook costs \$1\.01, more than the \$1\.00 that ad\.plan has for it;"):
        bag.commit("hook", Decimal("1.01"))
    bag.commit("hook", Decimal("1.00"))


def test_another_try_is_paid_only_where_the_first_was_free() -> None:
    bag = purse(hook="1.00")
    bag.commit("hook", ONE)
    with pytest.raises(SpendRefused, match=r"of which \$1\.00 is spent or committed"):
        bag.commit("hook", ONE)
    bag.settle("hook", ONE, Decimal(0))
    bag.commit("hook", ONE)


@given(
    tries=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 300), st.sampled_from(["paid", "free", "lost"])), max_size=40
    ),
    prices=st.fixed_dictionaries({step: st.integers(0, 300) for step in "ab"}),
)
def test_no_order_of_tries_passes_the_price_of_any_step(
    tries: Sequence[tuple[str, int, str]], prices: Mapping[str, int]
) -> None:
    bag = purse(**{step: str(Decimal(cents) / 100) for step, cents in prices.items()})
    gone = dict.fromkeys("abc", Decimal(0))
    for step, cents, end in tries:
        usd = Decimal(cents) / 100
        with suppress(SpendRefused):
            bag.commit(step, usd)
            if end != "lost":
                bag.settle(step, usd, usd if end == "paid" else Decimal(0))
            gone[step] += 0 if end == "free" else usd
    assert gone["c"] == 0
    assert all(gone[step] <= Decimal(cents) / 100 for step, cents in prices.items())


def test_an_ad_is_what_its_file_says() -> None:
    (ad,) = load(dump(signed(standing(glow()))), "ad.plan").ads
    assert isinstance(ad, Ad)
    assert [said.step_id for said in ad.standing] == [step.id for step in ad.plan.steps]
