"""The long way of `adc build`: compile, forecast, ask, run, deliver."""

import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import anyio

from adc.compiler.plan import Plan, StepRef
from adc.compiler.units import dollars_text
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import Session, compile_or_complain, open_session
from adc.runtime.errors import AdcError, SpendRefused, StoreError
from adc.runtime.execute import Outcome, execute
from adc.runtime.forecast import Forecast, forecast
from adc.runtime.policy import Limits
from adc.runtime.reporters.plain import PlainReporter
from adc.runtime.reporters.plan_table import plan_lines, to_spend
from adc.runtime.unchanged import program_stamp, write_note

_DRAFT_NOTICE = "a free draft: drawn on this machine, nothing is bought"


def make(arguments: Namespace, *, engine: str, store: str, out: str, note: str) -> int:
    """Build the film that `arguments.spec` describes into `out`. Returns an `Exit` code."""
    stamp = program_stamp()
    try:
        compilation = compile_or_complain(arguments)
        if compilation is None:
            return Exit.SPEC
        with open_session(arguments, engine=engine, store=store, compilation=compilation) as session:
            session.ingest()
            failures = anyio.run(_build, session, arguments)
            if failures:
                return Exit.FAILED
            film = session.film()
            _deliver(film, Path(out))
    except SpendRefused as refusal:
        return _complain(refusal, Exit.REFUSED)
    except AdcError as error:
        return _complain(error, Exit.FAILED)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; everything made so far is kept, and the same command goes on from here\n")
        return Exit.INTERRUPTED
    return Exit.OK
