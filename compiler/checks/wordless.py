"""A text that is there holds words: a prompt, a line or a headline of nothing would be paid for or shown all the same.

action ""   says maya "..."   voiceover "🎉"      -> write words, or remove the statement
"""

from collections.abc import Iterator

from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.texts import texts


def check(script: Script) -> Iterator[Diagnostic]:
    """AD0310."""
    for text, use in texts(script):
        if not text.value.strip():
            hint = "write what it should say, or remove the statement"
            yield Diagnostic("AD0310", "this text is empty", text.span, "no words", hint)
        elif use == "spoken" and "{{" not in text.value and not any(letter.isalnum() for letter in text.value):
            hint = "write words; a pause needs no line"
            yield Diagnostic("AD0310", "there is nothing in this text to be said", text.span, "no words", hint)
