"""A signed plan: what somebody agreed to, with everything that it rests on, as a file that is sent around and built.

It holds the plan of each ad, what the store held of it, what would be bought at which price, and digests of whatever
could make it another plan or another bill: the spec and its files, the models, the decisions of the lock, this program.
To build it is to make the same document of how things are now and to hold the two against each other (`moved`).

    {"schema": "adc/signed/1", "digest": "sha256:…", "spec": "glow.ad", …, "plan": {…}, "store": {…}, "bill": […]}

With `--all-variants` there are several ads, and `plan`, `store`, `decisions` and `bill` stand in each of `ads`. What
ads have in common is in the bill of the first. The file holds no path of the machine, no clock, no key and no address:
the same situation gives the same bytes. Its digest tells a file that was edited or cut short from one that is whole; it
says nothing about who wrote it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from adc.compiler.digest import DERIVATION, digest_bytes, plan_keys
from adc.compiler.plan import Json, Plan, canonical, to_json
from adc.compiler.plan import load as load_plan
from adc.runtime.errors import SpendRefused
from adc.runtime.forecast import Forecast, purchases_ahead
from adc.runtime.version import __version__

SCHEMA: Final = "adc/signed/1"
_GONE: Final = ("spent", "wasted")


@dataclass(frozen=True, slots=True)
class Model:
    """An endpoint as the catalogue had it: its name in specs, and digests of its entry and of parts of that."""

    name: str
    entry: str
    schema: str
    request: str
    price: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the lock holds of a step: the take, and the digest of what it is."""

    take: int
    artifact: str


@dataclass(frozen=True, slots=True)
class Item:
    """A purchase that was agreed to: dollars, and how sure they are; of an `unknown` price nobody knows the amount.

    `spent` is what had been committed for the same purchase before, and `wasted` the part of that which surely came to
    nothing; of the rest nobody knew.
    """

    step: str
    usd: Decimal
    mark: str
    spent: Decimal
    wasted: Decimal


@dataclass(frozen=True, slots=True)
class Ad:
    """A plan with how it stood: what the store held of each step, the lock's decisions that counted, and its bill."""

    plan: Plan
    standing: tuple[Forecast, ...]
    decisions: Mapping[str, Accepted]
    bill: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed plan.

    `spec` is its path from the folder of the plan's file. `settings` and `variants` are what was typed of them,
    `several` whether all variants were asked for, `refresh` whether stale takes were to be made anew. `inputs` are
    digests by path from the spec's folder, `models` the endpoints that are used, by id.
    """

    version: str
    derivation: int
    engine: str
    spec: str
    settings: Mapping[str, str]
    variants: Mapping[str, str]
    several: bool
    refresh: bool
    inputs: Mapping[str, str]
    models: Mapping[str, Model]
    ads: tuple[Ad, ...]

    @property
    def bill(self) -> tuple[Item, ...]:
        """Every purchase, each once."""
        return tuple(item for ad in self.ads for item in ad.bill)

    @property
    def usd(self) -> Decimal:
        """What was agreed to be spent."""
        return sum((item.usd for item in self.bill), Decimal(0))

    def agreed(self) -> Mapping[str, Item]:
        """The purchases by plan key: those of equal work are one, in whichever ad it is needed."""
        found: dict[str, Item] = {}
        for ad in self.ads:
            keys = plan_keys(ad.plan)
            found |= {keys[item.step]: item for item in ad.bill}
        return found


@dataclass(frozen=True, slots=True)
class Spent:
    """What was committed for a step key, and the part of it that came to nothing; in dollars."""

    usd: Decimal
    wasted: Decimal


NOTHING_SPENT: Final = Spent(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Standing:
    """An ad as it stands now, before it is signed or held against what was signed."""

    plan: Plan
    forecasts: Sequence[Forecast]
    decisions: Mapping[str, Accepted]


def sign(
    ads: Sequence[Standing],
    *,
    engine: str,
    spec: str,
    settings: Mapping[str, str],
    variants: Mapping[str, str],
    several: bool,
    refresh: bool,
    inputs: Mapping[str, str],
    models: Mapping[str, Model],
    spent: Mapping[str, Spent],
) -> Signed:
    """The signed plan of how things stand now. `spent` is what the ledger has committed, by step key."""
    bills = _bills(ads, spent) if engine != "draft" else [() for _ in ads]
    return Signed(
        version=__version__,
        derivation=DERIVATION,
        engine=engine,
        spec=spec,
        settings=settings,
        variants=variants,
        several=several,
        refresh=refresh,
        inputs=inputs,
        models=models,
        ads=tuple(Ad(ad.plan, tuple(ad.forecasts), ad.decisions, bill) for ad, bill in zip(ads, bills, strict=True)),
    )


def _bills(ads: Sequence[Standing], spent: Mapping[str, Spent]) -> Iterable[tuple[Item, ...]]:
    """What each ad would buy, but for what one before it buys already."""
    bought = {id(step) for step in purchases_ahead([(ad.plan, ad.forecasts) for ad in ads])}
    for ad in ads:
        gone = {said.step_id: spent.get(said.key or "", NOTHING_SPENT) for said in ad.forecasts}
        yield tuple(
            Item(step.id, step.price.usd, step.price.mark, gone[step.id].usd, gone[step.id].wasted)
            for step in ad.plan.steps
            if id(step) in bought
        )


def dump(signed: Signed) -> bytes:
    """The file of a signed plan; indented, so that a diff reads well."""
    document = _document(signed)
    document["digest"] = digest_bytes(canonical(document))
    return json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"


def _document(signed: Signed) -> dict[str, Json]:
    ads = [_ad_json(ad) for ad in signed.ads]
    return {
        "schema": SCHEMA,
        "adc": signed.version,
        "derivation": signed.derivation,
        "engine": signed.engine,
        "spec": signed.spec,
        "choices": {
            "settings": dict(signed.settings),
            "variants": dict(signed.variants),
            "all_variants": signed.several,
            "refresh": signed.refresh,
        },
        "inputs": dict(signed.inputs),
        "models": {
            endpoint: {
                "model": model.name,
                "entry": model.entry,
                "schema": model.schema,
                "request": model.request,
                "price": model.price,
            }
            for endpoint, model in signed.models.items()
        },
        "usd": str(signed.usd),
        **({"ads": [*ads]} if signed.several else ads[0]),
    }


def _ad_json(ad: Ad) -> dict[str, Json]:
    return {
        "plan": to_json(ad.plan),
        "store": {
            said.step_id: _without_none({"status": said.status, "after": said.after, "key": said.key})
            for said in ad.standing
        },
        "decisions": {step: {"take": one.take, "artifact": one.artifact} for step, one in ad.decisions.items()},
        "bill": [_item_json(item) for item in ad.bill],
    }


def _item_json(item: Item) -> dict[str, Json]:
    gone = zip(_GONE, (item.spent, item.wasted), strict=True)
    line: dict[str, Json] = {name: str(usd) for name, usd in gone if usd}
    return {"step": item.step, "usd": str(item.usd), "mark": item.mark, **line}


def _without_none(pairs: Mapping[str, str | None]) -> dict[str, Json]:
    return {name: value for name, value in pairs.items() if value is not None}


def load(data: bytes, name: str) -> Signed:
    """The signed plan in the bytes of a file. Raises SpendRefused, with `name` in it, for anything but a whole one."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        begun = data.lstrip().startswith(b"{")
        why = "is cut short, or was edited" if begun else "is no signed plan" if data.strip() else "is empty"
        raise _refused(name, why) from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema == "adc/plan/1":
        raise _refused(name, "is a plan that nobody has signed")
    if schema != SCHEMA:
        newer = isinstance(schema, str) and schema.startswith(SCHEMA.rpartition("/")[0] + "/")
        raise _refused(name, f"is of {schema}, and adc {__version__} reads {SCHEMA}" if newer else "is no signed plan")
    said = document.pop("digest", None)
    try:
        if said != digest_bytes(canonical(document)):
            raise _refused(name, "was edited after it was signed")
        return _signed(document)
    except (AttributeError, InvalidOperation, KeyError, TypeError, ValueError):
        raise _refused(name, "was not written by adc") from None


def _refused(name: str, why: str) -> SpendRefused:
    return SpendRefused(
        f"{name} {why}; nothing was sent and nothing was spent", next_command=f"adc plan SPEC -o {name}"
    )


def _signed(document: Mapping[str, Any]) -> Signed:
    choices = document["choices"]
    several = choices["all_variants"]
    return Signed(
        version=document["adc"],
        derivation=document["derivation"],
        engine=document["engine"],
        spec=document["spec"],
        settings=choices["settings"],
        variants=choices["variants"],
        several=several,
        refresh=choices["refresh"],
        inputs=document["inputs"],
        models={
            endpoint: Model(one["model"], one["entry"], one["schema"], one["request"], one["price"])
            for endpoint, one in document["models"].items()
        },
        ads=tuple(_ad(one) for one in (document["ads"] if several else [document])),
    )


def _ad(document: Mapping[str, Any]) -> Ad:
    plan = load_plan(canonical(document["plan"]))
    store = document["store"]
    return Ad(
        plan=plan,
        standing=tuple(
            Forecast(step.id, said["status"], said.get("after"), said.get("key"))
            for step in plan.steps
            for said in (store[step.id],)
        ),
        decisions={step: Accepted(one["take"], one["artifact"]) for step, one in document["decisions"].items()},
        bill=tuple(
            Item(one["step"], Decimal(one["usd"]), one["mark"], *(Decimal(one.get(name, 0)) for name in _GONE))
            for one in document["bill"]
        ),
    )
