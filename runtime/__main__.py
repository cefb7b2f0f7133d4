"""`python -m adc`: the same command as `adc`. The wheel puts this file at the root of the package."""

import sys

from adc.runtime.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
