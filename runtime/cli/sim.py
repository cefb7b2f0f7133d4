"""`adc sim`: the stand-in for fal.ai, in the foreground."""

from argparse import Namespace
from pathlib import Path

from adc.compiler.catalogue import builtin
from adc.runtime.cli.again import again
from adc.runtime.cli.exits import Exit
from adc.runtime.cli.session import complain
from adc.runtime.draft.draw import draw
from adc.runtime.errors import AdcError
from adc.runtime.sim.faults import Faults
from adc.runtime.sim.faults_file import read_faults
from adc.runtime.sim.serve import RUNNERS, serve


def run(arguments: Namespace) -> int:
    """Serve until Ctrl-C. Returns an `Exit` code."""
    folder = Path(arguments.folder)
    bill = folder / "bill.jsonl"

    def announce(url: str) -> None:
        print(f"a stand-in for fal.ai listens at {url}; its bill is {bill}")
        print(f"use it with: ADC_FAL_URL={url} adc build SPEC --yes", flush=True)

    def instead(flag: str, value: str) -> str:
        return again(Namespace(**{**vars(arguments), flag: value}))

    try:
        catalogue = builtin()
        faults = Faults()
        if arguments.faults is not None:
            faults = read_faults(Path(arguments.faults), catalogue, seed=arguments.seed)
        serve(
            host=arguments.host,
            port=arguments.port,
            folder=folder,
            bill=bill,
            catalogue=catalogue,
            draw=draw,
            latency=arguments.latency,
            runners=arguments.runners or RUNNERS,
            faults=faults,
            announce=announce,
            instead=instead,
        )
    except AdcError as error:
        return complain(error, Exit.FAILED, arguments)
    return Exit.OK
