"""What can be typed next: statements, names of the right kind, models, values, options, files, names inside texts."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lsprotocol.types import CompletionItem, CompletionItemKind, MarkupContent, MarkupKind, TextEdit

from adc.compiler import platforms
from adc.compiler.catalogue import Endpoint
from adc.compiler.codes import CODES, WARNINGS
from adc.compiler.files import beside
from adc.compiler.index import IN_TEXTS, LISTS, LORA, NAMES, VALUES, Declared
from adc.compiler.lexer import scan
from adc.compiler.mentions import ALWAYS
from adc.compiler.nodes import String, Value
from adc.compiler.own_endpoint import KINDS
from adc.compiler.prompts import bind
from adc.compiler.sandbox import FILTERS, Names, TemplateProblem
from adc.compiler.vocabulary import CAPTIONS, PLACES, TRANSITIONS, VIEWS, Table
from adc.runtime.lsp.meanings import MEANINGS
from adc.runtime.lsp.models import ROLES, choices, in_brief, models_for, option_words, options
from adc.runtime.lsp.steps import scene_steps
from adc.runtime.lsp.view import View

CHOICES: Mapping[str, tuple[str, ...]] = {
    "pack": VIEWS,
    "transition": TRANSITIONS,
    "captions": CAPTIONS,
    "platform": platforms.names(),
    "at": PLACES,
}
"""The words that may stand behind a word."""

_NEEDS = ("no", "optional", "required")
MODEL_CHOICES: Mapping[str, tuple[str, ...]] = {
    "makes": tuple(KINDS),
    "start": _NEEDS,
    "end": _NEEDS,
    "speech": ("no", "yes"),
    "per": tuple(dict.fromkeys(unit for kind in KINDS.values() for unit in kind.units)),
    "send": tuple(sorted({fact for kind in KINDS.values() for fact in kind.sends})),
}
"""The same in a `model`, where some words mean something else."""

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "character": ("name", "display", "looks", "wears"),
    "product": ("name", "display", "looks"),
    "variant": ("key",),
    "ad": ("name", "title"),
    "scene": ("name", "seconds"),
}
"""What a text may say behind a name of a kind, where the spec has not been understood yet."""

_ALLOWING = re.compile(r"#+\s*allow\s+(?:ad\d{4}[\s,]+)*(?P<typed>\w*)\Z", re.IGNORECASE)
_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_SOUNDS = (".wav", ".mp3", ".m4a", ".flac", ".ogg")
_PATH = re.compile(r'"[^"#]*(\.\w+)"')
TRIGGERS = ('"', ".", "{", " ", "/", ",", "|")
"""Characters behind which an editor asks by itself."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A word that can be typed. `detail` stands beside it, `doc` is Markdown about it."""

    word: str
    kind: CompletionItemKind
    detail: str = ""
    doc: str = ""


def completions(view: View) -> list[CompletionItem]:
    """What can be typed at the position, in place of the word before it."""
    place = view.place
    match place.inside:
        case "comment":
            allowing = _ALLOWING.match(place.word)
            found, typed = (_codes(view), allowing["typed"]) if allowing else ([], "")
        case "tag":
            found, typed = _in_tag(view), re.split(r"[^\w]", place.tag)[-1]
        case "text" if place.before[:1] == ("set",):
            found, typed = _choices_of(view, place.before[1:], quoted=True), place.word
        case "text":
            found, typed = _files(view), place.word.rpartition("/")[2]
        case _:
            found, typed = _in_statement(view), place.word
    target = view.lines.range(view.offset - len(typed), view.offset)
    return [
        CompletionItem(
            label=offer.word,
            kind=offer.kind,
            detail=offer.detail or None,
            documentation=MarkupContent(MarkupKind.Markdown, offer.doc) if offer.doc else None,
            text_edit=TextEdit(target, offer.word),
            filter_text=offer.word,
            sort_text=f"{number:04}",
        )
        for number, offer in enumerate(found)
    ]


def _in_statement(view: View) -> list[Offer]:
    words = view.place.before
    if not words:
        return list(_keywords(view))
    keyword, last = words[0], words[-1]
    block = view.place.owners[-1].keyword if view.place.owners else ""
    if last == ",":
        last = keyword if keyword in LISTS or keyword in CHOICES else last
    if keyword == "import":
        return [Offer("as", CompletionItemKind.Keyword)] if len(words) == 2 else []
    if keyword == "set":
        return _options(view) if len(words) == 1 else _choices_of(view, words[1:], quoted=False)
    closed = MODEL_CHOICES if block == "model" else CHOICES if block or keyword == "transition" else {}
    if last in closed:
        written = set(words[1:])
        return [Offer(word, CompletionItemKind.EnumMember) for word in closed[last] if word not in written]
    if last in NAMES and block:
        asked = "keyframe" if "keyframe" in words else keyword if keyword in ROLES else block
        found = list(_named(view, NAMES[last], asked))
        return _fitting(view, words, found) + list(_going_on(view, words))
    return [*_going_on(view, words), *_values(view, words)]


def _fitting(view: View, words: tuple[str, ...], found: list[Offer]) -> list[Offer]:
    """Names in the order in which they are likely: nobody twice, no scene's own frame, who is in the cast first."""
    scene = next(iter(view.place.owners), None)
    if words[0] in LISTS:
        return [offer for offer in found if offer.word not in words]
    if words[-1] == "of" and scene is not None:
        return [offer for offer in found if offer.word != "".join(scene.words[1:2])]
    if words[0] in ("says", "voiceover"):
        owned = [part for owner in view.place.owners for part in owner.block or () if part.keyword == "cast"]
        cast = {word for part in owned for word in part.words[1:]}
        return sorted(found, key=lambda offer: offer.word not in cast)
    return found


def _values(view: View, words: tuple[str, ...]) -> Iterator[Offer]:
    """Where a value is expected: what it may look like, and the params and variants that stand for such a one."""
    table = view.place.table
    usage = list(scan(table.usage.get(words[0], ""))) if table else []
    behind = next((number for number, token in enumerate(usage) if number and token == words[-1]), len(words) - 1)
    expected = next(iter(usage[behind + 1 :]), None)
    if expected is None or expected.type in ("LBRACE", "JUNK", "COMMA") or words[0] in (*VALUES, "model"):
        return
    if expected.type == "NAME":
        joins = "model" in (owner.keyword for owner in view.place.owners) and len(words) > 1
        if joins:
            yield Offer(str(expected), CompletionItemKind.Keyword)
        return
    if expected.type != "TEXT":
        yield Offer(str(expected), CompletionItemKind.Value, "an example")
    elif any(word.startswith('"') for word in words) or (table and endings_of(table, words[0]) not in ((), _SOUNDS)):
        return
    for (kind, name), declared in sorted(view.known.items()):
        if kind in VALUES and _type_of(declared) == expected.type:
            yield Offer(name, CompletionItemKind.Variable, _header(declared))


def _type_of(declared: Declared) -> str:
    """The terminal of the value that a param or a variant stands for."""
    inner = next(iter(declared.statement.block or ()), None)
    values = declared.statement.values[1:] if inner is None else inner.values
    written = next((token.type for value in values[:1] for token in scan(value.written)), "")
    return written.removeprefix("LONG_")


def _keywords(view: View) -> Iterator[Offer]:
    """The statements that may stand here; those that may stand once are left out where they stand already."""
    table = view.place.table
    if table is None:
        return
    written = {part.keyword for part in view.place.siblings if not part.start <= view.offset <= part.header}
    for word, usage in table.usage.items():
        if word in table.many or word not in written:
            yield Offer(word, CompletionItemKind.Keyword, usage, meaning(table, word))


def meaning(table: Table, word: str) -> str:
    """The sentence about a statement of a block."""
    return MEANINGS.get(f"{table.place.strip('`')}.{word}") or MEANINGS.get(word, "")


def _named(view: View, kinds: tuple[str, ...], block: str) -> Iterator[Offer]:
    """Names of these kinds that are declared, and the models of the catalogue."""
    for (kind, name), declared in sorted(view.known.items(), key=lambda item: item[0][1]):
        if kind in kinds and (kind != "model" or _makes(declared, block)):
            yield Offer(name, CompletionItemKind.Variable, _header(declared))
        elif block == "keyframe" and kind == "character" and "model" in kinds and _inner(declared, "lora"):
            yield Offer(f"{name}{LORA}", CompletionItemKind.Variable, "her own model")
    if "model" in kinds:
        for model, endpoints in sorted(models_for(block, view.spec.catalogue_now).items()):
            doc = "\n\n".join(dict.fromkeys(endpoint.use for endpoint in endpoints))
            yield Offer(model, CompletionItemKind.Module, in_brief(endpoints), doc)


def _makes(declared: Declared, block: str) -> bool:
    """Whether a model of the spec makes what is asked for in a block."""
    made = next((value.written for value in _inner(declared, "makes")[1:]), "video")
    return made not in KINDS or KINDS[made].role in ROLES.get(block, (KINDS[made].role,))


def _inner(declared: Declared, word: str) -> tuple[Value, ...]:
    """The keyword and values of a statement in the block of a declaration; empty where it is not written."""
    found = (inner for inner in declared.statement.block or () if inner.keyword.written == word)
    return next(((inner.keyword, *inner.values) for inner in found), ())


def _header(declared: Declared) -> str:
    """`character "Maya Brooks"`, `scene 8s`."""
    shown = [value.written for value in declared.statement.values if value.written != declared.name]
    return " ".join((declared.kind, *shown))


GOING_ON: Mapping[str, tuple[str, ...]] = {
    "start": ("keyframe", "frame of", "clip of"),
    "end": ("keyframe", "frame of"),
    "looks": ("auto",),
    "upscale": ("using",),
    "cutout": ("using",),
}
"""Words that may stand behind a keyword instead of its value."""

BEHIND_TEXT: Mapping[str, tuple[str, ...]] = {
    "start": ("using",),
    "end": ("using",),
    "super": ("at", "from", "for"),
    "effect": ("from", "for", "using"),
    "voiceover": ("by model",),
}
"""Words by which a statement goes on behind its text."""

BEHIND_WORD: Mapping[str, tuple[str, ...]] = {"looks": ("auto",), "captions": CAPTIONS}
"""Words of a statement behind which `using` may stand."""


def _going_on(view: View, words: tuple[str, ...]) -> Iterator[Offer]:
    table, keyword = view.place.table, words[0]
    in_model = any(owner.keyword == "model" for owner in view.place.owners)
    if table is None or keyword not in table.usage or in_model:
        return
    more = GOING_ON.get(keyword, ()) if len(words) == 1 else ()
    for phrase in (*GOING_ON.get(keyword, ()), *BEHIND_TEXT.get(keyword, ())):
        first, _, rest = phrase.partition(" ")
        if rest and words[-1] == first:
            yield Offer(rest, CompletionItemKind.Keyword)
            return
    if words[-1] in ("at", "from", "for"):
        return
    if words[-1] in BEHIND_WORD.get(keyword, ()):
        more = ("using",)
    if any(word.startswith('"') for word in words):
        more = tuple(word for word in BEHIND_TEXT.get(keyword, ()) if word not in words)
        more = tuple(word for word in more if word != "using" or "keyframe" in words or keyword == "effect")
    for word in more:
        yield Offer(word, CompletionItemKind.Keyword)


def endpoints_at(view: View) -> list[Endpoint]:
    """The endpoints whose options a `set` here sets: those of the model that is named, else the one that is cast."""
    owners = view.place.owners
    if not owners:
        return []
    block = owners[-1]
    for owner in reversed(owners):
        named = next(
            (part.words[1] for part in owner.block or () if part.keyword == "using" and len(part.words) > 1), ""
        )
        if named:
            return list(view.spec.catalogue_now.of_model(named))
    cast = {step.endpoint for step in scene_steps(view.spec.plan, "".join(owners[0].words[1:2]))}
    found = [each for each in view.spec.catalogue_now.endpoints if each.id in cast]
    by_place = [each for each in found if each.makes == "video"] if block.keyword in ("scene", "shot") else found
    return by_place or [each for group in models_for(block.keyword, view.spec.catalogue_now).values() for each in group]


def _options(view: View) -> list[Offer]:
    return [
        Offer(name, CompletionItemKind.Property, option_words(setting), setting.doc)
        for name, (_, setting) in options(endpoints_at(view)).items()
    ]


def _choices_of(view: View, words: tuple[str, ...], *, quoted: bool) -> list[Offer]:
    """The values of the option that is named, inside of its quotes or outside."""
    found = options(endpoints_at(view)).get(words[0]) if len(words) == 1 else None
    written = choices(found[1]) if found else []
    return [Offer(word.strip('"') if quoted else word, CompletionItemKind.Value) for word in written]


def _codes(view: View) -> list[Offer]:
    """The codes that a comment may allow, those of its own line first."""
    line = view.lines.text.count("\n", 0, view.offset) + 1
    here = {one.code for one in view.reading.diagnostics if (one.span.path, one.span.line) == (view.name, line)}
    codes = sorted(WARNINGS, key=lambda code: (code not in here, code))
    return [Offer(code, CompletionItemKind.Constant, CODES[code].title, CODES[code].meaning) for code in codes]


def _files(view: View) -> list[Offer]:
    """The files that the text at the position could name, and the folders on the way to them."""
    before, table = view.place.before, view.place.table
    endings = endings_of(table, before[0]) if table and len(before) == 1 else ()
    if not endings:
        return []
    folder = beside(view.name, posixpath.dirname(view.place.word) or ".")
    try:
        names = view.spec.names(folder)
    except OSError:
        return []
    found = [
        Offer(f"{name}/", CompletionItemKind.Folder)
        for name in names
        if not name.startswith(".") and view.spec.is_folder(posixpath.join(folder, name))
    ]
    own = posixpath.basename(view.name)
    fitting = [name for name in names if name.lower().endswith(endings) and name != own]
    if before[0] == "photos":
        patterns = dict.fromkeys(f"*{posixpath.splitext(name)[1]}" for name in fitting)
        found += [Offer(pattern, CompletionItemKind.File) for pattern in patterns]
    return found + [Offer(name, CompletionItemKind.File) for name in fitting]


def endings_of(table: Table, keyword: str) -> tuple[str, ...]:
    """How the names of files end that a statement may name; nothing where it names none."""
    if keyword == "music":
        return _SOUNDS
    example = _PATH.search(table.usage.get(keyword, ""))
    if example is None:
        return ()
    return (example.group(1),) if example.group(1) == ".ad" else _PICTURES


def _in_tag(view: View) -> list[Offer]:
    """Names that a text may mention, what they have behind a dot, and filters behind a bar."""
    typed = re.search(r"[\w.]*\Z", view.place.tag)
    chain = typed.group() if typed else ""
    before = view.place.tag[: len(view.place.tag) - len(chain)].rstrip()
    if before.endswith("|"):
        return [Offer(name, CompletionItemKind.Function) for name in FILTERS]
    if view.place.is_branch and not before:
        return [Offer(word, CompletionItemKind.Keyword) for word in ("if", "elif", "else", "endif")]
    owner, dot, _ = chain.rpartition(".")
    if not dot:
        names = [Offer(word, CompletionItemKind.Keyword) for word in ALWAYS]
        return [*(offer for offer in _named(view, (*IN_TEXTS, "import"), "")), *names]
    reached = [
        Offer(name.removeprefix(chain[: len(owner) + 1]), CompletionItemKind.Variable, _header(declared))
        for (kind, name), declared in view.known.items()
        if kind in IN_TEXTS and name.startswith(f"{owner}.")
    ]
    return reached + [
        Offer(name, CompletionItemKind.Property, shown) for name, shown in attributes(view, owner).items()
    ]


def attributes(view: View, name: str) -> Mapping[str, str]:
    """What a name has behind a dot in a text, and how that reads."""
    return _bound(view, name) or _declared(view, name)


def _declared(view: View, name: str) -> Mapping[str, str]:
    """What the declaration of a name says of it."""
    if name in ALWAYS:
        return dict.fromkeys(ATTRIBUTES[name], "")
    declared = next((found for (kind, each), found in view.known.items() if each == name and kind in IN_TEXTS), None)
    if declared is None:
        return {}
    shown: dict[str, str] = {}
    for word in ATTRIBUTES.get(declared.kind, ()):
        values = _inner(declared, word)[1:]
        shown[word] = values[0].value if values and isinstance(values[0], String) else ""
    return shown


def _bound(view: View, name: str) -> Mapping[str, str]:
    """What a name means in the spec as it was last understood."""
    script = view.spec.script
    if script is None:
        return {}
    owner = view.place.owners[0].words[1:2] if view.place.owners else []
    piece = next((each for each in script.pieces if [each.name] == owner), script.pieces[0])
    try:
        found: object = bind(script, piece, None)
    except TemplateProblem:
        return {}
    for word in name.split("."):
        known = found if isinstance(found, dict) else vars(found) if isinstance(found, Names) else {}
        found = known.get(word)
    if not isinstance(found, Names):
        return {}
    return {each: str(shown) for each, shown in vars(found).items() if each not in ("shown", "about")}
