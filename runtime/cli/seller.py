"""Whom a command asks, fal or a stand-in, and the key that is shown there."""

import os
from argparse import Namespace

from adc.runtime.cli.choices import fal_url
from adc.runtime.fal.credentials import key_from, need_key
from adc.runtime.fal.hosts import FAL, Hosts, hosts_at

STAND_IN_KEY = "stand-in"
"""What a stand-in is shown instead of a key: any will do there, and only one on this machine is shown the real one."""


def hosts_of(arguments: Namespace) -> Hosts:
    """The hosts to ask. Raises AdcError for an address that is none."""
    url = fal_url(arguments)
    return hosts_at(url) if url else FAL


def key_for(hosts: Hosts, spec: str | None = None) -> str:
    """The key to show them, for `spec` or for one in the current folder. Raises AdcError where fal would need a key."""
    if hosts == FAL:
        return need_key(os.environ, spec).text
    return (key_from(os.environ) if hosts.is_local else None) or STAND_IN_KEY
