"""Scenes, cards and the transitions between them, in the order of the page, which is the order on the screen."""

from collections.abc import Sequence
from fractions import Fraction

from adc.compiler import pieces
from adc.compiler.definitions import Ad, Card, Scene, Transition
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.fields import describe, length, take
from adc.compiler.intended import as_kind, quoted
from adc.compiler.nodes import Duration, Odd, Statement, String, Value, Word
from adc.compiler.scope import Scope
from adc.compiler.vocabulary import TOP, TRANSITIONS, likeliest

FADE = Fraction(1, 2)
"""Seconds of a cross-fade that does not say how long it lasts."""

DEFAULT = {"cut": Fraction(0), "continue": Fraction(0), "morph": Fraction(5)}
"""Seconds of the transitions that are no cross-fades."""

_TAKES = {
    "cut": "`{}` takes nothing",
    "continue": "`{}` takes nothing",
    "morph": "`{}` takes how long it lasts and what it shows",
}

_FORMS = {"cut": "remove it", "continue": "remove it", "morph": 'write it as `transition morph 5s "…"`'}


class Timeline:
    """Collects what plays. `joins[i]` stands between `pieces[i]` and the next; `whole` is False once one is lost."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.pieces: list[Scene | Card] = []
        self.joins: list[Transition | None] = []
        self.waiting: list[tuple[Statement, Transition | None]] = []
        self.whole = True
        self.hidden = False
        """Whether scenes stand inside of the `ad`, where they do not count, and are told."""

    def add(self, statement: Statement) -> None:
        """The next statement of the spec, whatever it is."""
        match statement.keyword.written:
            case "scene" | "card":
                self._join()
                self._piece(statement)
            case "transition":
                self._transition(statement)
            case "ad":
                self.hidden |= any(inner.keyword.written in ("scene", "card") for inner in statement.block or ())

    def finish(self, ad: Ad | None) -> bool:
        """Whether the timeline has no hole. A film of nothing is reported at its `ad`."""
        for statement, _ in self.waiting:
            self._misplaced(statement, "nothing follows this transition", "it stands between two scenes or cards")
        if ad and not self.pieces and not self.hidden:
            hint = 'add one: `scene hook 8s { action "she smiles" }`'
            self.scope.report(Diagnostic("AD0403", "this film has neither a scene nor a card", ad.span, hint=hint))
        return self.whole and bool(self.pieces)

    def _piece(self, statement: Statement) -> None:
        time = pieces.seconds(statement, self.scope)
        self.whole = self.whole and time is not None
        name = next((value for value in statement.values[:1] if isinstance(value, Word)), statement.keyword)
        build = pieces.scene if statement.keyword.written == "scene" else pieces.card
        self.pieces.append(build(name, statement, time or (Fraction(1), statement.span), self.scope))

    def _join(self) -> None:
        """What has been written between the last piece and the one that comes."""
        if self.pieces:
            for again, _ in self.waiting[1:]:
                first = Label(self.waiting[0][0].span, "the first is here")
                self._misplaced(again, "two transitions stand between the same scenes", "keep one of them", first)
            self.joins.append(self.waiting[0][1] if self.waiting else None)
        else:
            for statement, _ in self.waiting:
                self._misplaced(statement, "nothing precedes this transition", "it stands between two scenes or cards")
        self.waiting = []

    def _misplaced(self, statement: Statement, message: str, hint: str, *notes: Label) -> None:
        self.scope.report(Diagnostic("AD0405", message, statement.span, hint=hint, notes=notes))

    def _transition(self, statement: Statement) -> None:
        self.waiting.append((statement, self._read(statement)))

    def _read(self, statement: Statement) -> Transition | None:
        """`transition KIND [DURATION] ["prompt"]`."""
        values = statement.values
        if any(isinstance(value, Odd) for value in values):
            return None
        kind = values[0] if values else None
        if not isinstance(kind, Word):
            meant = _meant(values)
            if not meant:
                take(statement, (Word,), TOP, self.scope.report)
                return None
            message, hint = "a transition begins with what it is", f"write it as `{meant}`"
            self.scope.report(Diagnostic("AD0302", message, statement.span, "in another order", hint))
            return None
        if kind.written not in TRANSITIONS:
            plain = kind.written.replace("_", "").lower()
            same = next((known for known in TRANSITIONS if known.replace("_", "") == plain), "")
            hint = f"did you mean `{same}`?" if same else likeliest(kind.written, TRANSITIONS)
            if len(values) > 1 and f"{kind.written}_{values[1].written}" in TRANSITIONS:
                hint = f"write it as `{_meant(values)}`"
            message = f"`{kind.written}` is not a transition"
            hint = hint or "the common ones: `cut`, `continue`, `morph`, `dissolve`, `fade`, `wipe_left`, `slide_up`"
            self.scope.report(Diagnostic("AD0304", message, kind.span, "unknown transition", hint))
            return None
        rest = list(values[1:])
        seconds, prompt = None, None
        if rest and isinstance(rest[0], Duration):
            written = rest.pop(0)
            assert isinstance(written, Duration)
            seconds = length(written, self.scope.report)
        if rest and isinstance(rest[0], String):
            text = rest.pop(0)
            assert isinstance(text, String)
            prompt = self.scope.template(text)
        takes = _TAKES.get(kind.written, "`{}` takes how long it lasts, and nothing else").format(kind.written)
        if rest:
            message = f"{takes}; found {describe(rest[0])}"
            form = _FORMS.get(kind.written, "write it as `transition {} 1s`").format(kind.written)
            meant = _meant(values)
            form = f"write it as `{meant}`" if meant else form
            self.scope.report(Diagnostic("AD0302", message, rest[0].span, "too much", form))
        elif kind.written in ("cut", "continue") and len(values) > 1:
            message = f"{takes}; found {describe(values[1])}"
            self.scope.report(Diagnostic("AD0302", message, values[1].span, "too much", "remove it"))
        elif prompt and kind.written != "morph":
            message = f"{takes}; found a text"
            hint = "only a `morph` is made by a model, and is told what to show"
            self.scope.report(Diagnostic("AD0302", message, prompt.span, "too much", hint))
        return Transition(kind.written, seconds or DEFAULT.get(kind.written, FADE), prompt, statement.span)


def _meant(values: Sequence[Value]) -> str:
    """The transition that its words in another order mean; empty where that is a guess.

    `1s dissolve`, `wipe left 1s`, `morph the light changes`, `morph "the light changes" 5s`
    """
    lasts = next((written for value in values if (written := _lasting(value))), "")
    words = [value.written for value in values if isinstance(value, Word)]
    if lasts and not words:
        return f"transition fade {lasts}"
    whole = "_".join(word for word in words if word not in ("to", "from", "through", "in", "out"))
    kind = whole if whole in TRANSITIONS else next(iter(words), "")
    if kind not in TRANSITIONS or kind in ("cut", "continue"):
        return ""
    text = next((value.written for value in values if isinstance(value, String)), "")
    if kind == "morph":
        text = text or quoted(" ".join(words[1:]))
        return f"transition morph {lasts or '5s'} {text}" if len(text) > 2 else ""
    return " ".join(filter(None, ("transition", kind, lasts)))


def _lasting(value: Value) -> str:
    return value.written if isinstance(value, Duration) else as_kind(value, Duration)
