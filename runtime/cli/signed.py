"""Signed plans at the terminal: `adc plan SPEC -o ad.plan`, then `adc build ad.plan` and `adc plan ad.plan`.

A build of a signed plan takes everything from its file: the spec, the choices, for whom it is. It compiles the spec as
it is now and refuses, before anything is sent, where something that matters has moved. And it buys by the signed list:
every purchase has a cap of its own, kept before each submit, so that nothing else is bought even where something moves
while the build is running.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias

import anyio

from adc.compiler.catalogue import Endpoint
from adc.compiler.diff import compare
from adc.compiler.digest import digest_bytes, plan_keys
from adc.compiler.frozen import as_dict
from adc.compiler.plan import Plan, canonical
from adc.compiler.units import dollars_text
from adc.runtime.cli.again import again
from adc.runtime.cli.build import tell_up_to_date
from adc.runtime.cli.choices import engine_name, film_file, names_plan, shown, store_folder
from adc.runtime.cli.delivery import place
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.notes import note_of
from adc.runtime.cli.plan import print_plans, print_standing
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
from adc.runtime.entries import entry_digest, request_digest
from adc.runtime.errors import AdcError, SpendRefused, StoreError
from adc.runtime.forecast import Forecast, forecast
from adc.runtime.ledger import Wanted
from adc.runtime.moved import SELLERS, bill_text, moved, was_and_is
from adc.runtime.purse import Agreed, Cap
from adc.runtime.reporters.diff_sentences import called
from adc.runtime.signed import NOTHING_SPENT, Accepted, Model, Signed, Spent, Standing, dump, load, sign
from adc.runtime.unchanged import finished, program_stamp

Ads: TypeAlias = Sequence[tuple[Compilation, Sequence[Forecast]]]
"""The ads of a command, compiled, each with what a build of it would do."""

_SAYS_ITSELF: Final = {
    "settings": "--set",
    "variants": "--variant",
    "all_variants": "--all-variants",
    "refresh": "--refresh",
    "draft": "--draft",
    "plan_file": "-o",
    "explain": "--explain",
}
"""What cannot be typed beside a signed plan, because that says it."""


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


def write(arguments: Namespace, ads: Ads) -> str:
    """Sign how things stand, and write it into the file that was asked for. Gives the sentence that says so.

    Raises SpendRefused where the file is something else, and StoreError where it cannot be written.
    """
    path = Path(arguments.plan_file)
    name = shown(str(path))
    if path.is_dir():
        raise StoreError(f"{name} is a folder; nothing was signed, choose a file with -o")
    if path.exists() and path.stat().st_size and not names_plan(str(path)):
        raise SpendRefused(f"{name} is no plan, and was not written over; nothing was signed")
    with open_session(store_folder(arguments)) as session:
        signed = _signed(arguments, str(path), ads, session)
    try:
        place(path, lambda aside: aside.write_bytes(dump(signed)))
    except OSError as error:
        raise StoreError(f"{name} cannot be written: {error.strerror}; nothing was signed") from error
    seller = SELLERS[signed.engine]
    return f"\n{name} is signed, {seller}: {bill_text(signed.bill)}\nnext: {_build_of(str(path), arguments)}"


def _build_of(path: str, arguments: Namespace) -> str:
    """The command that builds a plan's file, in the same store and at the same stand-in."""
    from adc.runtime.cli.arguments import parser

    build = parser().parse_args(["build", path])
    for name in ("store", "fal_url", "strict"):
        setattr(build, name, getattr(arguments, name))
    return again(build)


def _signed(arguments: Namespace, plan_file: str, ads: Ads, session: Session) -> Signed:
    """How things stand now, as the plan that would be signed."""
    engine = engine_name(arguments)
    inputs: dict[str, str] = {}
    models: dict[str, Model] = {}
    for ad, _ in ads:
        folder = os.path.abspath(ad.folder)
        lock = os.path.abspath(ad.lock_path)  # what counts of it is told by its decisions
        inputs |= {_from(folder, path): digest for path, digest in ad.inputs.items() if path != lock}
        for endpoint in sorted({step.endpoint for step in ad.plan.steps if step.endpoint} - models.keys()):
            models[endpoint] = _model(ad.catalogue.endpoint(endpoint))
    spent = _spent(session, {ad.plan.name for ad, _ in ads}, engine)
    return sign(
        [
            Standing(ad.plan, said, {step: Accepted(one.take, one.artifact) for step, one in ad.decisions.items()})
            for ad, said in ads
        ],
        engine=engine,
        spec=_from(os.path.dirname(os.path.abspath(plan_file)), arguments.spec),
        settings=dict(arguments.settings),
        variants=dict(arguments.variants),
        several=arguments.all_variants,
        refresh=arguments.refresh,
        inputs=inputs,
        models=models,
        spent=spent,
    )


def _from(folder: str, path: str) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _model(endpoint: Endpoint) -> Model:
    price = as_dict(endpoint.price)
    for words in ("source", "as_of"):
        del price[words]
    return Model(
        name=endpoint.model,
        entry=entry_digest(endpoint),
        schema=schema_digest(endpoint),
        request=request_digest(endpoint),
        price=digest_bytes(canonical(price)),
    )


def _spent(session: Session, ads: set[str], engine: str) -> Mapping[str, Spent]:
    """What the ledger has committed for these ads, by step key."""
    found: dict[str, Spent] = {}
    for ad in ads if engine != "draft" else ():
        for line in session.ledger.lines(Wanted(ad=ad, engine=engine)):
            before = found.get(line.key, NOTHING_SPENT)
            wasted = line.usd if line.wasted else Decimal(0)
            found[line.key] = Spent(before.usd + line.usd, before.wasted + wasted)
    return found


# Reading what was signed


def _read(arguments: Namespace) -> Namespace | None:
    """The arguments of the build that was signed; None where what was typed beside it says something else.

    Raises SpendRefused for a file that is not there, or no whole signed plan.
    """
    path = arguments.spec
    typed = [flag for name, flag in _SAYS_ITSELF.items() if getattr(arguments, name)]
    if typed:
        sys.stderr.write(f"{shown(path)} says itself what is chosen and for whom; leave out {', '.join(typed)}\n")
        return None
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise SpendRefused(
            f"{shown(path)} cannot be read: {(error.strerror or '').lower()}; nothing was sent and nothing was spent",
            next_command=f"adc plan SPEC -o {shown(path)}",
        ) from error
    signed = load(data, shown(path))
    said = {
        "spec": os.path.normpath(os.path.join(os.path.dirname(path), signed.spec)),
        "settings": list(signed.settings.items()),
        "variants": list(signed.variants.items()),
        "all_variants": signed.several,
        "refresh": signed.refresh,
        "draft": signed.engine == "draft",
        "signed": SignedFile(path, digest_bytes(data), signed),
    }
    return Namespace(**(vars(arguments) | said))


def _one_by_one(agreed: Namespace) -> list[Namespace]:
    """The arguments of each ad that was signed."""
    if not agreed.all_variants:
        return [agreed]
    return [Namespace(**(vars(agreed) | {"variants": list(ad.plan.choices.items())})) for ad in agreed.signed.plan.ads]


def _engine_here(agreed: Namespace) -> str:
    """The engine that a build of the spec would have here."""
    return engine_name(Namespace(**(vars(agreed) | {"signed": None})))


# What has moved since


@dataclass(frozen=True, slots=True)
class _Found:
    """How things stand now, None for a spec that has no plan any more, and what has moved."""

    now: Signed | None
    reasons: tuple[str, ...]


def refuse_moved(agreed: Namespace, ads: Ads, session: Session) -> None:
    """Refuse a build that would not be what was signed. Raises SpendRefused, with every reason."""
    found = _compared(agreed, ads, session)
    if found.reasons:
        raise _refusal(agreed, found)


def _look(agreed: Namespace) -> _Found:
    """Compile what was signed as it is now, and hold it against that. Raises AdcError."""
    ads: list[Compilation] = []
    for number, one in enumerate(_one_by_one(agreed)):
        compilation = compile_or_complain(one, quiet=number > 0)
        if compilation is None:
            return _Found(None, _moved_inputs(agreed))
        ads.append(compilation)
    with open_session(store_folder(agreed)) as session:
        foreseen = [(ad, anyio.run(_forecast, agreed, ad, session)) for ad in ads]
        return _compared(agreed, foreseen, session)


async def _forecast(agreed: Namespace, ad: Compilation, session: Session) -> tuple[Forecast, ...]:
    """What a build would do; without a key, since nothing is asked for."""
    keyless = Namespace(**(vars(agreed) | {"locked": True}))
    async with handlers_for(agreed.signed.engine, keyless, ad, session) as handlers:
        return forecast(ad.plan, handlers, session.cache, opened=session.ledger.opened, holds=session.holds(ad))


def _compared(agreed: Namespace, ads: Ads, session: Session) -> _Found:
    now = _signed(agreed, agreed.signed.path, ads, session)
    reasons = moved(
        agreed.signed.plan,
        now,
        engine=_engine_here(agreed),
        kept=lambda key: session.cache.lookup(key) is not None,
        changed=_changed_parts,
        prefix=ads[0][0].prefix,
    )
    return _Found(now, reasons)


def _changed_parts(before: Plan, after: Plan) -> Iterator[str]:
    """The scenes and other parts that differ in what a spec says of them, with what that is about."""
    for part in compare(before, after).parts:
        about = {change.name if change.about == "film" else change.about for change in part.changes}
        about -= {"picture", "price", "uses"}
        if about or part.state in ("added", "removed", "renamed", "moved"):
            yield f"{called(part)} ({', '.join(sorted(about)) or part.state})"


def _moved_inputs(agreed: Namespace) -> tuple[str, ...]:
    """The files that are not what they were, for a spec that has no plan any more."""
    folder = os.path.dirname(agreed.spec)
    found: list[str] = []
    for path, was in sorted(agreed.signed.plan.inputs.items()):
        now = _digest(os.path.join(folder, path))
        if now != was:
            found.append(f"{shown(os.path.join(folder, path))} {was_and_is(was, now)}; no plan comes of it any more")
    return tuple(found)


def _digest(path: str) -> str | None:
    """The digest of a file's bytes, or of a folder's names; None where there is neither."""
    try:
        if os.path.isdir(path):
            return digest_bytes("\n".join(sorted(os.listdir(path))).encode())
        return digest_of_file(path)
    except OSError:
        return None


def _refusal(agreed: Namespace, found: _Found) -> SpendRefused:
    things = f"{len(found.reasons)} things have" if len(found.reasons) > 1 else "something has"
    keyless = agreed.signed.engine == "fal" and _engine_here(agreed) == "draft"
    return SpendRefused(
        f"{shown(agreed.signed.path)} is not built, for {things} moved since it was signed; nothing was sent and "
        f"nothing was spent:\n{_told(agreed, found)}",
        next_command="adc auth login" if keyless else sign_anew(agreed),
    )


def _told(agreed: Namespace, found: _Found) -> str:
    """What has moved, and both bills."""
    bill = f"signed: {bill_text(agreed.signed.plan.bill)}"
    if found.now is not None:
        bill += f"; signed anew it would be {bill_text(found.now.bill)}"
    return "\n".join((*(f"  {reason}" for reason in found.reasons), bill))


def sign_anew(agreed: Namespace) -> str:
    """The command that signs the same spec, with the same choices, into the same file."""
    anew = {"command": "plan", "signed": None, "plan_file": agreed.signed.path, "locked": False, "frozen": False}
    return again(Namespace(**(vars(agreed) | anew)))


# Building what was signed


def build(arguments: Namespace) -> int:
    """Make what a plan's file says, or refuse. Returns an `Exit` code."""
    from adc.runtime.cli.make import make

    try:
        agreed = _read(arguments)
        if agreed is None:
            return Exit.USAGE
        if _engine_here(agreed) != agreed.signed.engine:
            raise _refusal(agreed, _look(agreed))
    except SpendRefused as refusal:
        return complain(refusal, Exit.REFUSED, arguments)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    wanted = _one_by_one(agreed)
    stamp = program_stamp()
    films = [finished(note_of(one), stamp=stamp, out=film_file(one)) or [] for one in wanted]
    if all(films):
        for each in films:
            tell_up_to_date(each)
        return Exit.OK
    code = make(wanted, typed=agreed)
    if code == Exit.SPEC and (reasons := _moved_inputs(agreed)):
        return complain(_refusal(agreed, _Found(None, reasons)), Exit.REFUSED, agreed)
    return code


def caps_of(signed: SignedFile, ads: Ads, session: Session, next_command: str) -> tuple[Agreed, ...]:
    """What may be bought for each ad: what was signed, at its price, less what was spent on it since."""
    agreed = signed.plan.agreed()
    spent = _spent(session, {ad.plan.name for ad, _ in ads}, signed.engine)
    name = shown(signed.path)
    caps: dict[str, Cap] = {}
    purses: list[Agreed] = []
    for ad, said in ads:
        known = {one.step_id: one.key for one in said}
        steps: dict[str, Cap] = {}
        for step, key in plan_keys(ad.plan).items():
            item = agreed.get(key)
            if item is None:
                continue
            if key not in caps:
                usd = Decimal("Infinity") if item.mark == "unknown" else item.usd
                since = spent.get(known[step] or "", NOTHING_SPENT).usd - item.spent
                caps[key] = Cap(f"{dollars_text(item.usd)} that {name} has for it", usd, max(since, Decimal(0)))
            steps[step] = caps[key]
        purses.append(Agreed(name, steps, next_command))
    return tuple(purses)


# Showing what was signed


def show(arguments: Namespace) -> int:
    """Print what was signed, and what has moved since. Returns an `Exit` code."""
    try:
        agreed = _read(arguments)
        if agreed is None:
            return Exit.USAGE
        signed = agreed.signed.plan
        if print_plans([ad.plan for ad in signed.ads], agreed):
            return Exit.OK
        found = _look(agreed)
    except SpendRefused as refusal:
        return complain(refusal, Exit.REFUSED, arguments)
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    if not agreed.status:
        name, seller = shown(agreed.signed.path), SELLERS[signed.engine]
        print(f"{name}: {shown(agreed.spec)}, signed with adc {signed.version}, {seller}\n")
    models = {endpoint: model.name for endpoint, model in signed.models.items()}
    print_standing([(ad.plan, ad.standing) for ad in signed.ads], models, signed.engine, agreed)
    if agreed.status:
        return Exit.OK
    if found.reasons:
        print(f"\nmoved since it was signed, so that it would not be built:\n{_told(agreed, found)}")
        print(f"next: {sign_anew(agreed)}")
        return Exit.OK
    print(f"\nsigned: {bill_text(signed.bill)}; nothing has moved since")
    if found.now is not None and len(found.now.bill) < len(signed.bill):
        print(f"a part of it is there already; left: {bill_text(found.now.bill)}")
    print(f"next: {_build_of(agreed.signed.path, agreed)}")
    return Exit.OK
