"""A name that is to be filled into a text stands between two braces on each side; in other signs it stays as it is.

super "Only in {city}"      -> is shown with its braces, where `{{ city }}` would be Denver
"""

import re
from collections.abc import Iterator

from adc.compiler.definitions import Script, Text
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.texts import Use, texts

_LIKELY = re.compile(r"[{$%<\[@]")
_SIGNS = re.compile(
    r"(?<![{%])\$?\{[ ]*(?P<brace>[^\W\d][\w.]*)[ ]*\}(?![}%])"
    r"|%(?P<percent>[^\W\d]\w*)%|<(?P<angle>[^\W\d]\w*)>|\[(?P<square>[^\W\d]\w*)\]"
    r"|\$(?P<dollar>[^\W\d]\w*)|(?<!\w)@(?P<at>[^\W\d]\w*)"
)
"""Names as other tools have them in a text."""


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0601."""
    names = {*script.characters, *script.products, *script.params, *script.variants}
    for text, use in texts(script):
        if names and _LIKELY.search(text.value):
            yield from _judge(text, use, names)


def _judge(text: Text, use: Use, names: set[str]) -> Iterator[Diagnostic]:
    for found in _SIGNS.finditer(text.value):
        name = found[found.lastgroup or 0]
        # On screen and aloud, `@maya` may be how she is found on a platform.
        if name.split(".")[0] in names and (found.lastgroup != "at" or use == "told"):
            message = f"`{found[0]}` is not filled in, and stays in the text as it is"
            hint = f"a name is filled in between two braces on each side: `{{{{ {name} }}}}`"
            yield Diagnostic("AD0601", message, text.span, f"means `{name}`?", hint)
            return
