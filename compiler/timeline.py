"""Scenes, cards and the transitions between them, in the order of the page, which is the order on the screen."""

from fractions import Fraction

from adc.compiler import pieces
from adc.compiler.definitions import Ad, Card, Scene, Transition
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.fields import take
from adc.compiler.nodes import Statement, Word
from adc.compiler.scope import Scope
from adc.compiler.vocabulary import LATER_TRANSITIONS, TOP, TRANSITIONS, likeliest


class Timeline:
    """Collects what plays. `joins[i]` stands between `pieces[i]` and the next; `whole` is False once one is lost."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.pieces: list[Scene | Card] = []
        self.joins: list[Transition | None] = []
        self.waiting: list[tuple[Statement, Transition | None]] = []
        self.whole = True

    def add(self, statement: Statement) -> None:
        """The next statement of the spec, whatever it is."""
        match statement.keyword.written:
            case "scene" | "card":
                self._join()
                self._piece(statement)
            case "transition":
                self._transition(statement)

    def finish(self, ad: Ad | None) -> bool:
        """Whether the timeline has no hole. A film of nothing is reported at its `ad`."""
        for statement, _ in self.waiting:
            self._misplaced(statement, "nothing follows this transition", "it stands between two scenes or cards")
        if ad and not self.pieces:
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
        self.waiting.append((statement, self._kind(statement)))

    def _kind(self, statement: Statement) -> Transition | None:
        first = next(iter(statement.values), None)
        if isinstance(first, Word) and first.written in LATER_TRANSITIONS:
            self.whole = False
            message = f"`transition {first.written}` is not built yet in this version"
            self.scope.report(Diagnostic("AD0118", message, statement.span, hint="use `transition cut`, or remove it"))
            return None
        values = take(statement, (Word,), TOP, self.scope.report)
        if values is None or not isinstance(values[0], Word):
            return None
        match values[0].written:
            case "cut" | "continue" as kind:
                return Transition(kind, statement.span)
        hint = (
            likeliest(values[0].written, (*TRANSITIONS, *sorted(LATER_TRANSITIONS))) or "transitions: `cut`, `continue`"
        )
        message = f"`{values[0].written}` is not a transition"
        self.scope.report(Diagnostic("AD0304", message, values[0].span, "unknown transition", hint))
        return None
