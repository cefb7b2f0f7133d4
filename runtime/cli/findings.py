"""What a model found wrong, said about the spec: refused requests as diagnostics, with the source underlined.

A refusal names a place of the request. The spec says elsewhere what stands there, and that is where people mend it:
`told` points at the scene and the statement. A filter's refusal comes with milder words, where the prompt has some that
filters often trip over; what is sent is never changed.
"""

from collections.abc import Iterable, Iterator, Mapping

from adc.compiler.catalogue import Endpoint, builtin
from adc.compiler.definitions import Script
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.origins import Origin, origin_of, places_of, span_of
from adc.compiler.plan import Plan, Step, at, references, spliced
from adc.compiler.render import draw
from adc.compiler.wording import Wording, wordings_in
from adc.runtime.cli.exits import Exit
from adc.runtime.errors import AdcError, ContentRefused, Finding, Rejected, SpendRefused

_REPHRASE = "say plainly what is seen, one movement at a time, and leave out names and feelings"
_MOST_WORDS = 4
"""Words that a hint talks about; more would be a list and no advice."""


def told(
    plan: Plan,
    script: Script,
    texts: Mapping[str, str],
    step_id: str,
    error: Rejected,
    *,
    prefix: str = "",
    colour: bool = False,
) -> str:
    """The refusal of a step of `plan` as it is shown: each finding at the place of the spec that it is about.

    `texts`, `prefix` and `colour` are those of `compiler.render`. The sentence of the error, with what became of the
    money, is not repeated.
    """
    return draw(diagnostics(plan, script, texts, step_id, error), texts, prefix=prefix, colour=colour)


def diagnostics(
    plan: Plan, script: Script, texts: Mapping[str, str], step_id: str, error: Rejected
) -> tuple[Diagnostic, ...]:
    """The findings of a refusal as diagnostics, or the refusal itself where the model gave none."""
    catalogue = builtin().adding(model.endpoint for model in script.models.values())
    step = plan.step(step_id)
    assert step.endpoint is not None, "only what is sent can be refused"
    origin, endpoint = origin_of(script, texts, plan, step_id), catalogue.endpoint(step.endpoint)
    make = _content if isinstance(error, ContentRefused) else _input
    found = error.findings or (Finding("", "", ""),)
    return tuple(dict.fromkeys(make(texts, step, endpoint, origin, finding) for finding in found))


def exit_of(errors: Iterable[AdcError]) -> Exit:
    """How a command ends whose steps failed like this.

    Where money is refused, nothing goes on before that is settled; a script that knows what to do about a refused
    prompt is told only where nothing else is wrong.
    """
    failures = list(errors)
    if any(isinstance(error, SpendRefused) for error in failures):
        return Exit.REFUSED
    if failures and all(isinstance(error, ContentRefused) for error in failures):
        return Exit.CONTENT
    return Exit.FAILED


def _input(_texts: Mapping[str, str], step: Step, endpoint: Endpoint, origin: Origin, finding: Finding) -> Diagnostic:
    """A value that the model does not take, or a file that it cannot use."""
    from adc.runtime.fal.answers import table  # brings an HTTP client, which takes longer to import than all else here

    is_file = any(references(at(step.arguments, finding.path)))
    code, verb = ("AD0703", "cannot use this file") if is_file else ("AD0701", "refused this")
    return Diagnostic(
        code,
        f"{endpoint.title} {verb}{_reason(finding)}",
        span_of(origin, endpoint, finding.path),
        label=_label(step, finding.path),
        hint=table().mends.get(finding.type, ""),
    )


def _content(texts: Mapping[str, str], step: Step, endpoint: Endpoint, origin: Origin, finding: Finding) -> Diagnostic:
    """Something that a filter refused: a picture, or words, with milder ones."""
    is_file = any(references(at(step.arguments, finding.path)))
    words = () if is_file else wordings_in(_prompt(step, endpoint))[:_MOST_WORDS]
    return Diagnostic(
        "AD0702",
        f"a filter of {endpoint.title} refused this{_reason(finding)}",
        span_of(origin, endpoint, finding.path or "prompt"),
        label=_label(step, finding.path),
        hint="another picture may pass: what is seen on this one was refused" if is_file else _advice(words),
        notes=tuple(_notes(texts, origin, words)),
    )


def _advice(words: Iterable[Wording]) -> str:
    said = [f"instead of `{wording.word}`, `{wording.milder}`" for wording in words]
    return "filters may be milder on other words: " + "; ".join(said) if said else _REPHRASE


def _notes(texts: Mapping[str, str], origin: Origin, words: Iterable[Wording]) -> Iterator[Label]:
    """Where the spec says the words; what nobody wrote, such as the words of another step, has no place."""
    for wording in words:
        for span in places_of(origin, texts, wording.pattern):
            yield Label(span, f"may be taken for {wording.about}")


def _reason(finding: Finding) -> str:
    reason = finding.message or finding.type
    return f": {reason}" if reason else ""


def _label(step: Step, path: str) -> str:
    return f"`{path}` of {step.id}" if path else step.id


def _prompt(step: Step, endpoint: Endpoint) -> str:
    """The words that were sent, except those that other steps made."""
    assert isinstance(endpoint.request, dict)
    sent = spliced(step.arguments, lambda _ref: "")
    assert isinstance(sent, dict)
    words = (sent.get(name) for name, slot in endpoint.request.items() if slot in ("$prompt", "$text"))
    return "\n".join(each for each in words if isinstance(each, str))
