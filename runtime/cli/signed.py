"""Signed plans at the terminal: `adc plan SPEC -o ad.plan`, then `adc build ad.plan` and `adc plan ad.plan`.

A build of a signed plan takes everything from its file: the spec, the choices, for whom it is. It compiles the spec as
it is now and refuses, before anything is sent, where something that matters has moved. And it buys by the signed list:
every purchase has a cap of its own, kept before each submit, so that nothing else is bought even where something moves
while the build is running.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import anyio

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.digest import digest_bytes
from adc.compiler.frozen import as_dict
from adc.compiler.plan import canonical
from adc.compiler.units import dollars_text
from adc.runtime.cli.again import again
from adc.runtime.cli.build import told_up_to_date
from adc.runtime.cli.choices import engine_name, film_file, names_plan, shown, store_folder
from adc.runtime.cli.delivery import place
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.notes import note_of
from adc.runtime.cli.session import (
    Compilation,
    Session,
    compile_or_complain,
    complain,
    handlers_for,
    open_session,
)
from adc.runtime.decisions import schema_digest
from adc.runtime.disk import digest_of_file
from adc.runtime.errors import AdcError, SpendRefused, StoreError
from adc.runtime.forecast import Forecast, forecast, plan_keys
from adc.runtime.ledger import Wanted
from adc.runtime.moved import bill_text, moved
from adc.runtime.purse import Agreed, Cap
from adc.runtime.signed import Accepted, Model, Signed, Standing, dump, load, sign
from adc.runtime.unchanged import finished, program_stamp


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A signed plan with the file that it is in, and the digest of that."""

    path: str
    digest: str
    plan: Signed

    @property
    def engine(self) -> str:
        """For whom it was signed."""
        return self.plan.engine


# Signing


def write(arguments: Namespace, ads: Sequence[tuple[Compilation, Sequence[Forecast]]]) -> str:
    """Sign how things stand, and write it into the file that was asked for. Gives the sentence that says so.

    Raises SpendRefused where the file is something else, and StoreError where it cannot be written.
    """
    path = Path(arguments.plan_file)
    _refuse_writing_over(path)
    with open_session(store_folder(arguments)) as session:
        signed = _signed(arguments, str(path), ads, session)
    try:
        place(path, lambda aside: aside.write_bytes(dump(signed)))
    except OSError as error:
        raise StoreError(f"{shown(str(path))} cannot be written: {error.strerror}; nothing was signed") from error
    name = shown(str(path))
    seller = {"fal": "", "sim": " at a stand-in", "draft": " as a free draft"}[signed.engine]
    return f"\n{name} is signed{seller}: {bill_text(signed.bill)}\nnext: {again(_building(arguments, str(path)))}"


def _building(arguments: Namespace, path: str) -> Namespace:
    """The build of a plan's file, in the same store and at the same stand-in."""
    from adc.runtime.cli.arguments import parser

    build = parser().parse_args(["build", path])
    for name in ("store", "fal_url", "strict"):
        setattr(build, name, getattr(arguments, name))
    return build


def _refuse_writing_over(path: Path) -> None:
    """Raises SpendRefused where a file would be lost that is no plan, and StoreError for a folder."""
    if path.is_dir():
        raise StoreError(f"{shown(str(path))} is a folder; nothing was signed, choose a file with -o")
    if path.exists() and path.stat().st_size and not names_plan(str(path)):
        raise SpendRefused(f"{shown(str(path))} is no plan, and was not written over; nothing was signed")


def _signed(
    arguments: Namespace, plan_file: str, ads: Sequence[tuple[Compilation, Sequence[Forecast]]], session: Session
) -> Signed:
    """How things stand now, as the plan that would be signed."""
    engine = engine_name(arguments)
    inputs: dict[str, str] = {}
    models: dict[str, Model] = {}
    for ad, _ in ads:
        folder = os.path.abspath(ad.folder)
        lock = os.path.abspath(ad.lock_path)  # what counts of it is told by its decisions
        inputs |= {
            Path(os.path.relpath(path, folder)).as_posix(): digest for path, digest in ad.inputs.items() if path != lock
        }
        for endpoint in sorted({step.endpoint for step in ad.plan.steps if step.endpoint} - models.keys()):
            models[endpoint] = _model(ad.catalogue.endpoint(endpoint))
    spent = _spent(session, {ad.plan.name for ad, _ in ads}, engine)
    return sign(
        [
            Standing(ad.plan, said, {step: Accepted(one.take, one.artifact) for step, one in ad.decisions.items()})
            for ad, said in ads
        ],
        engine=engine,
        spec=Path(os.path.relpath(arguments.spec, os.path.dirname(os.path.abspath(plan_file)))).as_posix(),
        settings=dict(arguments.settings),
        variants=dict(arguments.variants),
        several=arguments.all_variants,
        refresh=arguments.refresh,
        inputs=inputs,
        models=models,
        spent=lambda key: spent.get(key, Decimal(0)),
    )


def _model(endpoint: Endpoint) -> Model:
    price = as_dict(endpoint.price)
    for words in ("source", "as_of"):
        del price[words]
    request = [endpoint.request, list(endpoint.fixed), dict(endpoint.outputs), dict(endpoint.word)]
    return Model(
        name=endpoint.model,
        entry=digest_bytes(canonical(as_dict(endpoint))),
        schema=schema_digest(endpoint),
        request=digest_bytes(canonical(request)),
        price=digest_bytes(canonical(price)),
    )


def _spent(session: Session, ads: set[str], engine: str) -> Mapping[str, Decimal]:
    """What the ledger has committed by step key, for these ads."""
    found: dict[str, Decimal] = {}
    for ad in ads if engine != "draft" else ():
        for line in session.ledger.lines(Wanted(ad=ad, engine=engine)):
            found[line.key] = found.get(line.key, Decimal(0)) + line.usd
    return found


# Building what was signed


def build(arguments: Namespace) -> int:
    """Make what a plan's file says, or refuse. Returns an `Exit` code."""
    from adc.runtime.cli.make import make

    try:
        agreed = _read(arguments)
    except SpendRefused as refusal:
        return complain(refusal, Exit.REFUSED, arguments)
    if agreed is None:
        return Exit.USAGE
    if _engine_here(agreed) != agreed.signed.engine:
        return _refuse(agreed)
    wanted = _one_by_one(agreed)
    stamp = program_stamp()
    films = [finished(note_of(one), stamp=stamp, out=film_file(one)) for one in wanted]
    if all(films):
        for each in films:
            told_up_to_date(each or [])
        return Exit.OK
    code = make(wanted, typed=agreed)
    return _refuse(agreed) if code == Exit.SPEC and _moved_inputs(agreed) else code


def _read(arguments: Namespace) -> Namespace | None:
    """The arguments of the build that was signed; None where what was typed beside it says something else.

    Raises SpendRefused for a file that is not there, or no whole signed plan.
    """
    path = arguments.spec
    typed = [
        flag
        for flag, given in {
            "--set": arguments.settings,
            "--variant": arguments.variants,
            "--all-variants": arguments.all_variants,
            "--refresh": arguments.refresh,
            "--draft": arguments.draft,
            "-o": arguments.plan_file,
        }.items()
        if given
    ]
    if typed:
        sys.stderr.write(f"{shown(path)} says itself what is chosen and for whom; leave out {', '.join(typed)}\n")
        return None
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise SpendRefused(
            f"{shown(path)} cannot be read: {error.strerror}; nothing was sent and nothing was spent",
            next_command=f"adc plan SPEC -o {shown(path)}",
        ) from error
    signed = load(data, shown(path))
    chosen = {
        "spec": os.path.normpath(os.path.join(os.path.dirname(path), signed.spec)),
        "settings": list(signed.settings.items()),
        "variants": list(signed.variants.items()),
        "all_variants": signed.several,
        "refresh": signed.refresh,
        "draft": signed.engine == "draft",
        "signed": SignedFile(path, digest_bytes(data), signed),
    }
    return Namespace(**(vars(arguments) | chosen))


def _engine_here(agreed: Namespace) -> str:
    """The engine that a build of the spec would have here."""
    return engine_name(Namespace(**(vars(agreed) | {"signed": None})))


def _one_by_one(agreed: Namespace) -> list[Namespace]:
    """The arguments of each ad that was signed."""
    if not agreed.all_variants:
        return [agreed]
    return [
        Namespace(**(vars(agreed) | {"variants": list(ad.plan.choices.items())})) for ad in agreed.signed.plan.ads
    ]


def refuse_moved(
    agreed: Namespace, ads: Sequence[tuple[Compilation, Sequence[Forecast]]], session: Session
) -> None:
    """Refuse a build that would not be what was signed. Raises SpendRefused, with every reason."""
    now = _signed(agreed, agreed.signed.path, ads, session)
    reasons = _reasons(agreed, now, session, ads[0][0].prefix)
    if reasons:
        raise _refusal(agreed, reasons, now)


def _reasons(agreed: Namespace, now: Signed, session: Session, prefix: str) -> tuple[str, ...]:
    return moved(
        agreed.signed.plan,
        now,
        engine=_engine_here(agreed),
        kept=lambda key: session.cache.lookup(key) is not None,
        prefix=prefix,
    )


def _refusal(agreed: Namespace, reasons: Sequence[str], now: Signed | None) -> SpendRefused:
    """The refusal in words; `now` is how things stand, where the spec can be compiled."""
    name = shown(agreed.signed.path)
    things = f"{len(reasons)} things have" if len(reasons) > 1 else "something has"
    told = "".join(f"\n  {reason}" for reason in reasons)
    bill = f"\nsigned: {bill_text(agreed.signed.plan.bill)}"
    if now is not None:
        bill += f"; signed anew it would be {bill_text(now.bill)}"
    return SpendRefused(
        f"{name} is not built, for {things} moved since it was signed; nothing was sent and nothing was spent:"
        f"{told}{bill}",
        next_command=sign_anew(agreed) if _engine_here(agreed) != "draft" or agreed.draft else "adc auth login",
    )


def sign_anew(agreed: Namespace) -> str:
    """The command that signs the same spec, with the same choices, into the same file."""
    anew = {"command": "plan", "signed": None, "plan_file": agreed.signed.path, "locked": False, "frozen": False}
    return again(Namespace(**(vars(agreed) | anew)))


def _refuse(agreed: Namespace) -> int:
    """Say what has moved where that is known before a build begins. Returns an `Exit` code."""
    try:
        refusal = _looked_at(agreed)[1]
    except AdcError as error:
        return complain(error, Exit.FAILED, agreed)
    assert refusal is not None, "something has moved"
    return complain(refusal, Exit.REFUSED, agreed)


def _looked_at(agreed: Namespace) -> tuple[Signed | None, SpendRefused | None, Catalogue]:
    """How things stand, where the spec can be compiled, why it would be refused, and the catalogue. Raises AdcError."""
    ads: list[Compilation] = []
    for number, one in enumerate(_one_by_one(agreed)):
        compilation = compile_or_complain(one, quiet=number > 0)
        if compilation is None:
            reasons = _moved_inputs(agreed)
            return None, _refusal(agreed, reasons, None) if reasons else None, builtin()
        ads.append(compilation)
    with open_session(store_folder(agreed)) as session:
        foreseen = [(ad, anyio.run(_forecast, agreed, ad, session)) for ad in ads]
        now = _signed(agreed, agreed.signed.path, foreseen, session)
        reasons = _reasons(agreed, now, session, ads[0].prefix)
    return now, _refusal(agreed, reasons, now) if reasons else None, ads[0].catalogue


async def _forecast(agreed: Namespace, ad: Compilation, session: Session) -> tuple[Forecast, ...]:
    """What a build would do; without a key, since nothing is asked for."""
    keyless = Namespace(**(vars(agreed) | {"locked": True}))
    async with handlers_for(agreed.signed.engine, keyless, ad, session) as handlers:
        return forecast(ad.plan, handlers, session.cache, opened=session.ledger.opened, holds=session.holds(ad))


def _moved_inputs(agreed: Namespace) -> tuple[str, ...]:
    """The files that are not what they were, for a spec that cannot be compiled any more."""
    folder = os.path.dirname(agreed.spec)
    found: list[str] = []
    for path, was in sorted(agreed.signed.plan.inputs.items()):
        place_ = os.path.join(folder, path)
        now = _digest(place_)
        if now != was:
            found.append(f"{shown(place_)} was {short(was)}, is {short(now) if now else 'gone'}; and no plan comes of it")
    return tuple(found)
