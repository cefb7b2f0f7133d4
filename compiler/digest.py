"""Digests, and the one constructor of step keys.

A step key names a result before it exists: the same key is the same work, already done or still to do. It is
made of what decides the result and nothing else: the engine, the endpoint or operation, the arguments with every
reference replaced by the digest of its bytes, and the take. Because references become digests of *content*, an
input that was made again with the same bytes changes no key (early cutoff); because the engine is part of it, a
draft never satisfies a live build, nor the other way round. A scene may be renamed without buying it again: ids
are not in the key.

Planning and running both call `step_key`, so they cannot disagree; what explains a key reads the same `material`.

Of a step of a kept plan (`kept.py`) the arguments and the brief are canonical text already. Its key is then made of
that text, in a frame of what else is in the material, made once for all steps that have it in common: a few joins and
one hash for a step.
"""

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from json.encoder import encode_basestring

from adc.compiler.frozen import frozen
from adc.compiler.plan import FileRef, Json, Output, Plan, Ref, Step, StepKind, canonical, filled, substitute

DERIVATION = 1
"""Raised only when keys must change for the same work, with a migration: raising it buys the world again."""


@frozen
class Engine:
    """Who does a step: `fal`, `draft/1`, a media tool with its build. `reads_brief` puts the brief into the key."""

    name: str
    reads_brief: bool = False


def digest_bytes(data: bytes) -> str:
    """`sha256:<hex>` of the bytes."""
    return "sha256:" + sha256(data).hexdigest()


def material(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> dict[str, Json]:
    """What is in the key of `step` done by `engine`, with `digest_of` giving the content behind each reference."""
    found: dict[str, Json] = {
        "derivation": DERIVATION,
        "engine": engine.name,
        "kind": step.kind,
        "endpoint": step.endpoint,
        "output": step.output,
        "take": step.take,
        "arguments": substitute(step.arguments, lambda ref: {"$blob": digest_of(ref)}),
    }
    if engine.reads_brief:
        found["brief"] = step.brief
    return found


def step_key(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> str:
    """The digest of the step's `material`."""
    texts = step.texts
    if texts is None:
        return digest_bytes(canonical(material(step, digest_of, engine)))
    text = texts.arguments(step.text_at)
    if step.text_refs:
        text = filled(text, [f'{{"$blob":{encode_basestring(digest_of(ref))}}}'.encode() for ref in step.text_refs])
    before, between, after = _frame(step.kind, step.endpoint, step.output, step.take, engine.name, engine.reads_brief)
    brief = texts.brief(step.text_at) if engine.reads_brief else b""
    return digest_bytes(b"".join((before, text, between, brief, after)))


@cache
def _frame(
    kind: StepKind, endpoint: str | None, output: Output, take: int, engine: str, reads_brief: bool
) -> tuple[bytes, bytes, bytes]:
    """The canonical material of such steps, as what stands before the arguments, between them and the brief, and after.

    It is cut out of the material of a step whose arguments and brief are marks; without a brief the middle is empty.
    """
    arguments: dict[str, Json] = {"\0": "arguments"}
    brief: dict[str, Json] = {"\0": "brief"}
    hollow = Step("", kind, endpoint, arguments, output, "", take=take, brief=brief)
    text = canonical(material(hollow, lambda _ref: "", Engine(engine, reads_brief)))
    before, mark, rest = text.partition(canonical(arguments))
    between, marked, after = rest.partition(canonical(brief))
    assert mark, text
    assert bool(marked) == reads_brief, text
    return (before, between, after) if reads_brief else (before, b"", rest)


def plan_keys(plan: Plan) -> Mapping[str, str]:
    """A key for each step that is known before anything is made: an input counts as how it is made, not as its bytes.

    Steps of one plan or of several that have the same key here are made once.
    """
    if plan.kept_keys is not None:
        return plan.kept_keys
    keys: dict[str, str] = {}

    def digest_of(ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else keys[ref.step]

    for step in plan.steps:
        keys[step.id] = step_key(step, digest_of, Engine("plan"))
    return keys


def seed_of(endpoint: str, arguments: Mapping[str, Json], take: int) -> int:
    """A seed where the spec gives none: it makes a request unlike any other, so that one whose answer was lost can be
    found again at the seller's, and another take another picture.

    It follows from what is asked and from no name or file, so that it stays when a scene is renamed.
    """
    asked = {name: substitute(value, lambda _ref: None) for name, value in arguments.items()}
    digest = digest_bytes(canonical({"endpoint": endpoint, "arguments": asked, "take": take}))
    return int(digest.removeprefix("sha256:")[:8], 16) >> 1
