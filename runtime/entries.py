"""Digests of what the catalogue says of an endpoint: what of it has moved can be told without keeping all of it."""

from adc.compiler.catalogue import Endpoint
from adc.compiler.digest import digest_bytes
from adc.compiler.frozen import as_dict
from adc.compiler.plan import Json, canonical


def entry_digest(endpoint: Endpoint) -> str:
    """The digest of the whole entry."""
    return digest_bytes(canonical(as_dict(endpoint)))


def request_digest(endpoint: Endpoint) -> str:
    """The digest of how it is asked, and where its answer has what it made."""
    request: Json = [endpoint.request, [*endpoint.fixed], {**endpoint.outputs}, {**endpoint.word}]
    return digest_bytes(canonical(request))
