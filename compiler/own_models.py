"""`model NAME "endpoint/id" { … }`: an endpoint that the spec describes itself, made an entry of the catalogue.

A producer writes it with the seller's page open. What the model takes is said in the words of the language; `send`
says under which argument of the endpoint's page each of it travels, and `set` what is sent as it stands:

    model wan "fal-ai/wan/v2.2/image-to-video" {
      lengths  5s, 10s
      start    required
      price    $0.05 per second
      send     start "image_url"
      send     length "duration" as "5"
      set      enable_safety_checker true
    }

Of these a request and the schema that it is held against are made, as if the seller had published no more than that:
a wrong option or a length that the model does not make is found as it is for every other model. A capability that no
`send` carries, and a `send` of what the model does not take, are mistakes here, because both would be silent later.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, TypeVar

from adc.compiler.catalogue import Endpoint, Need
from adc.compiler.diagnostics import Diagnostic, Label, Severity
from adc.compiler.fields import NOUNS, Body, Report, describe, take
from adc.compiler.frozen import replace
from adc.compiler.intended import as_kind, intended
from adc.compiler.nodes import Duration, Money, Number, Odd, Ratio, Resolution, Statement, String, Value, Word
from adc.compiler.own_endpoint import KINDS, Constant, Described, Sent, endpoint
from adc.compiler.source import Span
from adc.compiler.vocabulary import MODEL, TOP, likeliest

V = TypeVar("V", Duration, Ratio, Resolution)

MOST_REFERENCES: Final = 100
LONGEST_PROMPT: Final = 1_000_000
LONGEST_CLIP: Final = 3600

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)+")
_ADDRESS = re.compile(
    r"(?:https?://)?(?:[a-z.]*fal\.(?:ai|run)/)?(?:models/)?(.*?)(?:/(?:api|playground|llms\.txt))?/*"
)
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACE = re.compile(r"[a-z_][a-z_0-9]*(?:/[a-z_0-9]+)*")
_LENGTH = re.compile(r"[0-9]+(s?)")

_NEEDS: Mapping[str, Need] = {"no": "no", "optional": "optional", "required": "required"}
_WHAT: Final = {"video": "its clips", "music": "its music"}

_USUAL: Final = {
    "length": "duration",
    "aspect": "aspect_ratio",
    "resolution": "resolution",
    "references": "image_urls",
    "start": "image_url",
    "end": "end_image_url",
    "speech": "generate_audio",
}
"""Arguments as sellers mostly call them."""


def own_model(name: Word, statement: Statement, report: Report) -> Endpoint:
    """The endpoint that a `model` declares; its price is unknown where none is written, with a warning.

    Whatever does not make sense is reported, and the endpoint is then good for nothing but going on.
    """
    body = Body(statement, MODEL, report)
    kind = _choice(body, "makes", tuple(KINDS)) or "video"
    constants = _constants(body)
    resolutions = _several(body, "resolutions", Resolution)
    model = Described(
        endpoint_id=_endpoint_id(statement, report),
        name=name.written,
        kind=kind,
        lengths=_lengths(body),
        aspects=tuple(f"{ratio.width}:{ratio.height}" for ratio in _several(body, "aspects", Ratio)),
        resolutions=tuple(sorted(resolutions, key=lambda resolution: resolution.short_side)),
        references=body.whole("references", 0, MOST_REFERENCES) or 0,
        start=_need(body, "start"),
        end=_need(body, "end"),
        speech=_choice(body, "speech", ("no", "yes")) == "yes",
        longest_prompt=_longest_prompt(body),
        sent=_sends(name, body, kind, constants),
        constants=constants,
        price=_price(name, body, kind),
        output=_output(body, kind),
    )
    for diagnostic in _judge(name, body, model):
        report(diagnostic)
    return endpoint(model)


def _endpoint_id(statement: Statement, report: Report) -> str:
    values = take(statement, (Word, String), TOP, report)
    written = values[1] if values else None
    if not isinstance(written, String):
        return ""
    if not _ID.fullmatch(written.value):
        found = _ADDRESS.fullmatch(written.value.strip().lower())
        mended = found[1] if found else ""
        message = "this is not the id of an endpoint"
        hint = "the id stands at the top of the endpoint's page: `fal-ai/wan/v2.2/image-to-video`"
        if _ID.fullmatch(mended):
            hint = f'did you mean `"{mended}"`?'
        report(Diagnostic("AD0520", message, written.span, "its owner and its name are parted by `/`", hint))
    return written.value


def _choice(body: Body, word: str, choices: tuple[str, ...]) -> str:
    """The word that a statement chooses; empty where none is written or it is none of `choices`."""
    written = body.only(word, Word)
    if written is None or written.written in choices:
        return written.written if written else ""
    hint = likeliest(written.written, choices) or "it takes " + ", ".join(f"`{choice}`" for choice in choices)
    message = f"`{word}` cannot be `{written.written}`"
    body.report(Diagnostic("AD0304", message, written.span, "unknown choice", hint))
    return ""


def _need(body: Body, word: str) -> Need:
    return _NEEDS.get(_choice(body, word, tuple(_NEEDS)), "no")


def _several(body: Body, word: str, kind: type[V]) -> tuple[V, ...]:
    """The values of a statement that lists values of one kind, each once."""
    statement = body.one(word)
    if statement is None:
        return ()
    if not statement.values:
        _misread(body, statement, f"`{word}` lists nothing")
    found: dict[str, V] = {}
    for value in statement.values:
        if isinstance(value, kind):
            found.setdefault(value.written, value)
        elif not isinstance(value, Odd):
            message = f"`{word}` takes {NOUNS[kind]} here, found {describe(value)}"
            meant = as_kind(value, kind, MODEL.usage[word])
            hint = f"did you mean `{meant}`?" if meant else f"write it as `{MODEL.usage[word]}`"
            body.report(Diagnostic("AD0301", message, value.span, f"{NOUNS[kind]} is expected", hint))
    return tuple(found.values())


def _misread(body: Body, statement: Statement, message: str, hint: str = "") -> None:
    """Report a statement of another form than its own, unless its values were unreadable to begin with."""
    if not any(isinstance(value, Odd) for value in statement.values):
        usage = f"write it as `{MODEL.usage[statement.keyword.written]}`"
        body.report(Diagnostic("AD0302", message, statement.span, hint=hint or usage))


def _lengths(body: Body) -> tuple[int, ...]:
    """Whole seconds, shortest first: `lengths 5s, 10s`, or every length of `lengths 3s to 15s`."""
    statement = body.one("lengths")
    match statement.values if statement else ():
        case (Duration() as first, Word(written="to"), Duration() as last):
            ends = _whole(body, first), _whole(body, last)
            if 0 < ends[1] < ends[0]:
                message = f"no length lies from `{first.written}` to `{last.written}`"
                hint = f"write `lengths {last.written} to {first.written}`"
                body.report(Diagnostic("AD0303", message, last.span, "shorter than the first", hint))
            return tuple(range(ends[0], ends[1] + 1)) if ends[0] else ()
    return tuple(sorted({_whole(body, duration) for duration in _several(body, "lengths", Duration)} - {0}))


def _whole(body: Body, duration: Duration) -> int:
    seconds = duration.seconds
    if seconds.denominator == 1 and 0 < seconds <= LONGEST_CLIP:
        return int(seconds)
    message = f"`{duration.written}` is no length that a model sells"
    hint = f"write it as `{MODEL.usage['lengths']}`"
    body.report(Diagnostic("AD0303", message, duration.span, "whole seconds, at most an hour", hint))
    return 0


def _longest_prompt(body: Body) -> int | None:
    statement = body.one("longest_prompt")
    match statement.values if statement else ():
        case (Number(value=int(most)), Word(written="characters")) if 0 < most <= LONGEST_PROMPT:
            return most
    if statement is not None:
        _misread(body, statement, "`longest_prompt` takes a whole number of characters")
    return None


def _sends(name: Word, body: Body, kind: str, constants: Mapping[str, object]) -> dict[str, Sent]:
    """What is sent and under which argument. The words travel as `prompt`, or `text`, where nothing else is written."""
    known = sorted(KINDS[kind].sends)
    sent: dict[str, Sent] = {}
    taken: dict[str, Span] = {}
    for statement in body.every("send"):
        match statement.values:
            case (Word() as fact, String() as argument, *rest):
                pass
            case _:
                message = "`send` takes what is sent and, as a text, the argument that it is sent as"
                mended = intended(statement, (Word, String), MODEL)
                _misread(body, statement, message, mended and f"write it as `{mended}`")
                continue
        if fact.written not in known:
            message = f"a model that makes {kind} is not sent `{fact.written}`"
            hint = likeliest(fact.written, known) or "it can be sent " + ", ".join(f"`{word}`" for word in known)
            body.report(Diagnostic("AD0304", message, fact.span, "unknown choice", hint))
            continue
        form = _form(body, statement, fact, tuple(rest))
        if fact.written in sent:
            message = f"`{fact.written}` is sent twice"
            notes = (Label(sent[fact.written].span, "first sent here"),)
            body.report(Diagnostic("AD0207", message, fact.span, hint="keep one of them", notes=notes))
        elif not _ARGUMENT.fullmatch(argument.value):
            message = f"`{argument.value}` is not the name of an argument"
            hint = "copy it from the endpoint's page; letters, digits and underscores"
            body.report(Diagnostic("AD0303", message, argument.span, hint=hint))
        elif argument.value in taken or argument.value in constants:
            message = f"the argument `{argument.value}` is sent twice"
            first = taken.get(argument.value)
            hint = "keep one of them" if first else "remove it, or the `set` line with this name"
            again = Diagnostic("AD0207", message, argument.span, hint=hint)
            body.report(replace(again, notes=(Label(first, "first sent here"),)) if first else again)
        else:
            sent[fact.written] = Sent(argument.value, statement.span, form)
            taken[argument.value] = argument.span
    words = KINDS[kind].words
    if words not in sent and words not in taken and words not in constants:
        sent[words] = Sent(words, name.span)
    return sent


def _form(body: Body, statement: Statement, fact: Word, rest: tuple[Value, ...]) -> str:
    """`as number`, `as milliseconds`, or an example: `as "5"` and `as "5s"` send texts like these."""
    length = fact.written == "length"
    match rest:
        case ():
            return "number"
        case (Word(written="as"), Word(written="number" | "milliseconds" as form)) if length:
            return form
        case (Word(written="as"), String(value=example)) if length and (found := _LENGTH.fullmatch(example)):
            return "{seconds}" + found[1]
    if length:
        hint = 'write `send length "duration" as "5s"`; it may be `as "5"`, `as number` or `as milliseconds` too'
        _misread(body, statement, "how the length is sent cannot be understood", hint)
    else:
        _misread(body, statement, f"`send {fact.written}` takes one text, the argument that it is sent as")
    return "number"


def _constants(body: Body) -> dict[str, Constant]:
    """What is sent as it stands. A scene may `set` these too, to a value of the same type."""
    constants: dict[str, Constant] = {}
    for statement in body.every("set"):
        match statement.values:
            case (Word(written=name, span=span), _) if name in constants:
                message = f"the option `{name}` is set twice"
                body.report(Diagnostic("AD0207", message, span, hint="keep one of them"))
            case (Word(written=name), Word(written="true" | "false" as written)):
                constants[name] = written == "true"
            case (Word(written=name), Number(value=number)):
                constants[name] = number
            case (Word(written=name), String(value=text, span=span)):
                constants[name] = text
                if text.startswith("$") or "{seconds}" in text:
                    message = f"`{text}` would be taken for a placeholder"
                    body.report(Diagnostic("AD0303", message, span, hint="send another text"))
            case (Word(), Word() as value):
                message = f"`set` takes a number, `true`, `false` or a text, found {describe(value)}"
                hint = f'texts stand between quotes: `"{value.written}"`'
                body.report(Diagnostic("AD0301", message, value.span, "a raw value is expected", hint))
            case _:
                _misread(body, statement, "`set` takes the name of an argument and its value")
    return constants


def _output(body: Body, kind: str) -> str:
    """Where the file stands in the answer, steps parted by a slash."""
    written = body.only("output", String)
    if written is None:
        return KINDS[kind].output
    mended = re.sub(r"[./\[\]]+", "/", written.value).removesuffix("/url").strip("/")
    if written.value == mended and _PLACE.fullmatch(mended):
        return mended
    message = "this is not a place in the answer"
    label = "the file itself, not its `url`; steps are parted by `/`"
    hint = f'did you mean `output "{mended}"`?' if _PLACE.fullmatch(mended) else 'write it as `output "images/0"`'
    body.report(Diagnostic("AD0303", message, written.span, label, hint))
    return KINDS[kind].output


def _price(name: Word, body: Body, kind: str) -> tuple[Decimal, str] | None:
    """Dollars and what they are paid for; a warning where nothing is told, because the budget cannot see it then."""
    statement = body.one("price")
    if statement is None:
        message = f"nothing says what `{name.written}` costs"
        label = "it counts as nothing in the plan, and `budget` cannot see it"
        hint = f"add what its page says: {_prices(kind)}"
        body.report(Diagnostic("AD0522", message, name.span, label, hint, severity=Severity.WARNING))
        return None
    match statement.values:
        case (Money(usd=usd), Word(written="per"), Word(written=unit, span=span)):
            pass
        case (Money(usd=usd), Word(written="per"), Number(value=1000, span=span), Word(written="characters" as unit)):
            pass
        case _:
            message = "`price` takes an amount of money and what it is paid for"
            amount = next((value.written for value in statement.values if isinstance(value, Money)), "$0.05")
            _misread(body, statement, message, f"write it as {_prices(kind, amount)}")
            return None
    if unit in KINDS[kind].units:
        return usd, unit
    message = f"a model that makes {kind} is not paid per {unit}"
    body.report(Diagnostic("AD0304", message, span, "unknown choice", f"write it as {_prices(kind)}"))
    return None


def _prices(kind: str, amount: str = "$0.05") -> str:
    """The ways in which a model may be paid, for a hint."""
    first, *others = ("1000 characters" if unit == "characters" else unit for unit in KINDS[kind].units)
    return f"`price {amount} per {first}`" + "".join(f", or `per {unit}`" for unit in others)


def _judge(name: Word, body: Body, model: Described) -> Iterator[Diagnostic]:
    """AD0521: what the model takes and what it is sent belong together."""
    sends = KINDS[model.kind].sends
    several = model.references > 0
    capabilities = (
        # what is written, the facts that carry it, whether one of them must be sent, whether one may be
        ("lengths", ("length",), len(model.lengths) > 1, body.one("lengths") is not None),
        ("aspects", ("aspect",), len(model.aspects) > 1, body.one("aspects") is not None),
        ("resolutions", ("resolution",), len(model.resolutions) > 1, body.one("resolutions") is not None),
        ("references", ("references", "reference"), several, several),
        ("start", ("start",), model.start != "no", model.start != "no"),
        ("end", ("end",), model.end != "no", model.end != "no"),
        ("speech", ("speech",), False, model.speech),
    )
    for word, facts, needed, possible in capabilities:
        statement = body.one(word)
        sent = next((fact for fact in facts if fact in model.sent), None)
        if statement is not None and facts[0] not in sends:
            message = f"a model that makes {model.kind} has no `{word}`"
            yield Diagnostic("AD0521", message, statement.span, "without effect", "remove it")
        elif statement is not None and needed and sent is None:
            message = f"nothing says how `{word}` is sent"
            line = f'`send {facts[0]} "{_USUAL[facts[0]]}"`'
            hint = f"add a line such as {line}, with the argument that the endpoint's page names"
            yield Diagnostic("AD0521", message, statement.span, "would never reach the model", hint)
        elif sent is not None and not possible:
            message = f"`send {sent}` without `{word}`: the model takes none"
            hint = f"add a line such as `{MODEL.usage[word]}`, or remove this one"
            yield Diagnostic("AD0521", message, model.sent[sent].span, "would never be sent", hint)
    if "length" in sends and body.one("lengths") is None:
        message = f"`{name.written}` does not say how long {_WHAT[model.kind]} can be"
        hint = "add a line such as `lengths 5s, 10s` or `lengths 3s to 15s`"
        yield Diagnostic("AD0521", message, name.span, hint=hint)
    if model.references > 1 and "reference" in model.sent and "references" not in model.sent:
        message = f"`send reference` sends one picture, and `{name.written}` takes {model.references}"
        hint = f'write `send references "{model.sent["reference"].argument}"`, or `references 1`'
        yield Diagnostic("AD0521", message, model.sent["reference"].span, hint=hint)
