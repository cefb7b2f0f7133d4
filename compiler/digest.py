"""Digests, and the one constructor of step keys.

A step key names a result before it exists: the same key is the same work, already done or still to do. It is
made of what decides the result and nothing else: the engine, the endpoint or operation, the arguments with every
reference replaced by the digest of its bytes, and the take. Because references become digests of *content*, an
input that was made again with the same bytes changes no key (early cutoff); because the engine is part of it, a
draft never satisfies a live build, nor the other way round. A scene may be renamed without buying it again: ids
are not in the key.

Planning and running both call `step_key`, so they cannot disagree.
"""

import hashlib
from collections.abc import Callable

from adc.compiler.frozen import frozen
from adc.compiler.plan import Json, Ref, Step, canonical, substitute

DERIVATION = 1
"""Raised only when keys must change for the same work, with a migration: raising it buys the world again."""


@frozen
class Engine:
    """Who does a step: `fal`, `draft/1`, a media tool with its build. `reads_brief` puts the brief into the key."""

    name: str
    reads_brief: bool = False


def digest_bytes(data: bytes) -> str:
    """`sha256:<hex>` of the bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def step_key(step: Step, digest_of: Callable[[Ref], str], engine: Engine) -> str:
    """The key of `step` done by `engine`, with `digest_of` giving the content behind each reference."""
    material: dict[str, Json] = {
        "derivation": DERIVATION,
        "engine": engine.name,
        "kind": step.kind,
        "endpoint": step.endpoint,
        "output": step.output,
        "take": step.take,
        "arguments": substitute(step.arguments, lambda ref: {"$blob": digest_of(ref)}),
    }
    if engine.reads_brief:
        material["brief"] = step.brief
    return digest_bytes(canonical(material))
