"""`python -m adc` and `python -m adc.runtime`: the same command as `adc`."""

import sys

from adc.runtime.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
