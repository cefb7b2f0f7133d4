"""The memory of a command that only looks and is over in a blink: it is neither searched for circles nor given back.

Taking ten thousand steps apart, one by one, when Python ends takes a tenth of the whole command, and the system takes
back the memory of a process at once.
"""

import gc


def hold() -> None:
    """From here on, all that is made is needed to the end."""
    gc.disable()


def leave(*values: object) -> None:
    """Leave the values to the system. The circle keeps them from being freed, the freezing from being looked at."""
    left = [*values]
    left.append(left)
    gc.freeze()
