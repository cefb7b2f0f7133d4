"""The keys that earlier versions of adc made for the same work: an upgrade buys nothing again that is there by one.

Keys are derived in one way (`digest`), which carries a number: `digest.DERIVATION`. Now and then keys have to change
for work that stays the same: another field decides the result, or a request is written otherwise and means the same.
Then the number is raised, and what was derived until then becomes an entry of `OLDER`. An entry gives what its
derivation would put into the key of a step of today. Whatever the store or the ledger knows by such a key is gone on
with under it; nothing is written anew, so that an older adc still finds it too.

References stand for the bytes behind them in every derivation: what is found by an old key has the old bytes, and what
is made of them is found in turn. A seed that no spec gives follows from the rest of its request: an entry that writes
one as it was gives it the seed of that day.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from adc.compiler.digest import Engine, digest_bytes
from adc.compiler.plan import Json, Ref, Step, canonical

Derivation: TypeAlias = Callable[[Step, Callable[[Ref], str], Engine], Mapping[str, Json]]
"""What is put into the key of a step that an engine does, with the digest of the content behind each reference."""

OLDER: Final[tuple[Derivation, ...]] = ()
"""The derivations before that of today, the newest first. None is ever taken out."""


def older_keys(
    step: Step, digest_of: Callable[[Ref], str], engine: Engine, older: Sequence[Derivation] = OLDER
) -> Iterator[str]:
    """The keys that the step had under each of the `older` derivations, each made when it is asked for."""
    for derivation in older:
        yield digest_bytes(canonical(dict(derivation(step, digest_of, engine))))
