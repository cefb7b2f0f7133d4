"""What earlier decisions hold fast when a spec is compiled again, beside what is written in it.

A model that was cast because it was the cheapest stays cast when prices move; the take that was accepted is the take;
the wording of prompts stays the version that it was. So an ad that nobody has changed compiles to what it was, whatever
has been learnt since. The compiler does not know where pins come from; a pin that names nothing here is not used.
"""

from collections.abc import Mapping

from adc.compiler.frozen import field, frozen


@frozen
class Pins:
    """`models` by step id: who makes a step whose spec names nobody. `templates` by family: the version of its wording.

    `takes` by step id, or by scene for all of its steps that have takes.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, int] = field(default_factory=dict)
    templates: Mapping[str, int] = field(default_factory=dict)


NO_PINS = Pins()
"""Nothing was decided before."""
