"""What lowering writes on: the steps and files so far, and what was found wrong on the way."""

from collections.abc import Callable, Mapping

from adc.compiler.casting import Casting, Need, Reads, Refusal, cast
from adc.compiler.catalogue import Catalogue, Endpoint
from adc.compiler.definitions import Card, Name, Picture, Recording, Scene, Script, Text
from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.families import Families
from adc.compiler.frozen import replace
from adc.compiler.mentions import place
from adc.compiler.pins import NO_PINS, Pins
from adc.compiler.plan import FileRef, Json, PlanFile, Step, StepRef, canonical
from adc.compiler.prompts import TemplateProblem, bind, bind_asked, render, roughly, worded
from adc.compiler.source import Span


class Sheet:
    """One script being lowered. Steps are kept in the order in which they were first asked for.

    `families` word the prompts. A `rough` plan is only to be judged and priced. `spare` are steps that are only taken
    in where a text waits for their words. `pins` hold fast what was decided before.
    """

    def __init__(
        self,
        script: Script,
        catalogue: Catalogue,
        texts: Mapping[str, str],
        families: Families,
        *,
        rough: bool = False,
        pins: Pins = NO_PINS,
    ) -> None:
        self.script = script
        self.catalogue = catalogue
        self.texts = texts
        self.families = families
        self.rough = rough
        self.pins = pins
        self.pinned: set[str] = set()
        """The steps that would be another one without their pin, by id."""
        self.steps: dict[str, Step] = {}
        self.spare: dict[str, Step] = {}
        self.files: dict[str, PlanFile] = {}
        self.pictures: dict[str, Picture] = {}
        """Pictures among the files, by digest, as they were measured."""
        self.asked: dict[str, dict[str, Json]] = {}
        """What the spec asks of each purchase, by step id."""
        self.diagnostics: list[Diagnostic] = []
        self._bought: dict[bytes, Step] = {}
        self._lacks = False

    def write(self, endpoint: Endpoint, facts: Mapping[str, object]) -> str:
        """The prompt of these facts, in the wording of the endpoint's family; of a rough plan no more than it needs."""
        return roughly(endpoint, facts, self._whole) if self.rough else self._whole(endpoint, facts)

    def _whole(self, endpoint: Endpoint, facts: Mapping[str, object]) -> str:
        return worded(self.families, self.wording(endpoint), facts)

    def wording(self, endpoint: Endpoint) -> str:
        """The version of the endpoint's family that words its prompts, as `elements/1`. Raises UnknownWording."""
        return self.families.wording(endpoint.template, self.pins.templates)

    def add(self, step: Step) -> Json:
        """Put a step on the sheet, once; gives the reference to its output."""
        self.steps.setdefault(step.id, step)
        return StepRef(step.id, step.output).to_json()

    def bought(self, step: Step) -> Json:
        """The reference to the output of a purchase. A still, a voice or its words, once bought, serve again."""
        if step.output not in ("image", "audio", "words"):
            return self.add(step)
        asked = canonical({"endpoint": step.endpoint, "arguments": step.arguments, "take": step.take})
        return self.add(self._bought.setdefault(asked, step))

    def use(self, step_id: str) -> None:
        """Take in a spare step; one that could not be had has been reported."""
        if step_id in self.spare:
            self.steps.setdefault(step_id, self.spare[step_id])
        else:
            self._lacks = True

    @property
    def wrong(self) -> bool:
        """Whether an error has been written down, here or by a check: then there will be no plan."""
        return self._lacks or any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)

    def file(self, file: Picture | Recording) -> Json:
        """Put an input file on the sheet; gives the reference to it."""
        if isinstance(file, Picture):
            self.pictures.setdefault(file.digest, file)
        known = self.files.get(file.digest)
        if known is None or file.path < known.path:
            # Two paths with the same bytes are one input; the first by name stands for both.
            self.files[file.digest] = PlanFile(file.digest, file.path, file.bytes)
        return FileRef(file.digest).to_json()

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        hint: str = "",
        notes: tuple[Label, ...] = (),
        warning: bool = False,
    ) -> None:
        """Write a diagnostic down, once: what the whole film asks for may fail in every scene."""
        severity = Severity.WARNING if warning else Severity.ERROR
        diagnostic = Diagnostic(code, message, span, label, hint, notes, severity)
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    def cast(
        self,
        need: Need,
        using: Name | None,
        span: Span,
        *,
        usual: str | None = None,
        hint: str = "",
        reads: Reads | None = None,
        step_id: str = "",
    ) -> Casting | None:
        """Who makes what stands at `span`; None where no model does, or not the one that is named, which is reported.

        `usual` is the model where nobody is named, `hint` what a refusal advises where it is known better here. Who
        was pinned to the step `step_id` keeps the part where nobody is named and it can still be had.
        """
        casting = cast(need, self.catalogue, using.value if using else usual, reads)
        if isinstance(casting, Refusal):
            self._refuse(casting, using, span, hint)
            return None
        pinned = self.pins.models.get(step_id)
        if using is None and pinned is not None and pinned != casting.endpoint.model:
            kept = cast(need, self.catalogue, pinned, reads)
            if isinstance(kept, Casting):
                self.pinned.add(step_id)
                why = f"decided before; {casting.endpoint.model} would be cast now"
                return replace(kept, why=kept.why.replace("named in the spec", why, 1))
        return casting

    def _refuse(self, refusal: Refusal, using: Name | None, span: Span, hint: str) -> None:
        # What a named model lacks is the message itself; without a name, the nearest models are told apart.
        lacks = "" if using else "; ".join(f"{model} {reason}" for model, reason in refusal.lacks)
        self.report("AD0501", refusal.message, using.span if using else span, label=lacks, hint=hint or refusal.hint)

    def scope(self, piece: Scene | Card | None, endpoint: Endpoint | None = None) -> Mapping[str, object] | None:
        """What names mean in words of `piece` that are spoken or shown, or that `endpoint` is told.

        None where one has no meaning, which is reported.
        """
        try:
            return bind(self.script, piece, endpoint)
        except TemplateProblem as problem:
            self.report_template(problem)
            return None

    def scope_asked(self, scene: Scene | None) -> Mapping[str, object] | None:
        """What names mean in words of `scene`, whichever model is told; None where one has no meaning (reported)."""
        try:
            return bind_asked(self.script, scene)
        except TemplateProblem as problem:
            self.report_template(problem)
            return None

    def words(self, text: Text | None, scope: Mapping[str, object] | None) -> str:
        """The text rendered in `scope`; empty where there is none or where it cannot be rendered (reported)."""
        if text is None or scope is None:
            return ""
        try:
            words = render(text, scope)
        except TemplateProblem as problem:
            self.report_template(problem)
            return ""
        if not words.strip():
            self.report(
                "AD0310", "nothing is left of this text once its template is filled in", text.span, label="no words"
            )
        return words

    def composed(self, compose: Callable[[], str]) -> str:
        """What `compose` gives; empty where a template of the spec inside it cannot be rendered (reported)."""
        try:
            return compose()
        except TemplateProblem as problem:
            self.report_template(problem)
            return ""

    def report_template(self, problem: TemplateProblem) -> None:
        """Point at the place inside the string where a template went wrong."""
        span = self.place(problem.text, problem.start, problem.end)
        self.report("AD0602", problem.message, span, hint=problem.hint)

    def place(self, text: Text, start: int, end: int) -> Span:
        """Where `text.value[start:end]` stands in its file."""
        return place(text, start, end, self.texts[text.span.path])
