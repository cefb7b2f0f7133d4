"""What can be typed next: statements, names of the right kind, models, options, files, and names inside texts."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lsprotocol.types import CompletionItem, CompletionItemKind, MarkupContent, MarkupKind, TextEdit

from adc.compiler import platforms
from adc.compiler.catalogue import Endpoint
from adc.compiler.files import beside
from adc.compiler.index import IN_TEXTS, LISTS, NAMES, Declared
from adc.compiler.mentions import ALWAYS
from adc.compiler.prompts import bind
from adc.compiler.sandbox import FILTERS, Names, TemplateProblem
from adc.compiler.vocabulary import CAPTIONS, PLACES, TRANSITIONS, VIEWS, Table
from adc.runtime.lsp.meanings import MEANINGS
from adc.runtime.lsp.models import choices, in_brief, models_for, option_words, options
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

_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
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
            return []
        case "tag":
            found, typed = _in_tag(view), re.split(r"[^\w]", place.tag)[-1]
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
    if not block and keyword != "transition":
        return [Offer("as", CompletionItemKind.Keyword)] if keyword == "import" and len(words) == 2 else []
    if keyword == "set" and len(words) <= 2:
        return _options(view, words[1:])
    if last in CHOICES:
        return [Offer(word, CompletionItemKind.EnumMember) for word in CHOICES[last]]
    if last in NAMES:
        found = list(_named(view, NAMES[last], "keyframe" if "keyframe" in words else block))
        return found + list(_going_on(view, words))
    return list(_going_on(view, words))


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
        if kind in kinds:
            yield Offer(name, CompletionItemKind.Variable, _header(declared))
    if "model" in kinds:
        for model, endpoints in sorted(models_for(block, view.spec.catalogue_now).items()):
            doc = "\n\n".join(dict.fromkeys(endpoint.use for endpoint in endpoints))
            yield Offer(model, CompletionItemKind.Module, in_brief(endpoints), doc)


def _header(declared: Declared) -> str:
    """`character "Maya Brooks"`, `scene 8s`."""
    shown = [value.written for value in declared.statement.values if value.written != declared.name]
    return " ".join((declared.kind, *shown))


GOING_ON: Mapping[str, tuple[str, ...]] = {
    "start": ("keyframe", "frame of"),
    "end": ("keyframe", "frame of"),
    "looks": ("auto",),
}
"""Words that may stand behind a keyword instead of its value."""

BEHIND_TEXT: Mapping[str, tuple[str, ...]] = {
    "start": ("using",),
    "end": ("using",),
    "super": ("at", "from", "for"),
    "voiceover": ("by model",),
}
"""Words by which a statement goes on behind its text."""


def _going_on(view: View, words: tuple[str, ...]) -> Iterator[Offer]:
    table, keyword = view.place.table, words[0]
    if (
        table is None
        or keyword not in table.usage
        or (view.place.owners[-1:] and view.place.owners[-1].keyword == "model")
    ):
        return
    more = GOING_ON.get(keyword, ()) if len(words) == 1 else ()
    if any(word.startswith('"') for word in words):
        more = tuple(word for word in BEHIND_TEXT.get(keyword, ()) if word not in words)
        more = tuple(word for word in more if word != "using" or "keyframe" in words)
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


def _options(view: View, words: tuple[str, ...]) -> list[Offer]:
    known = options(endpoints_at(view))
    if words:
        schema = known[words[0]][1] if words[0] in known else {}
        return [Offer(word, CompletionItemKind.Value) for word in choices(schema)]
    return [
        Offer(name, CompletionItemKind.Property, option_words(schema), str(schema.get("description", "")))
        for name, (_, schema) in known.items()
    ]


def _files(view: View) -> list[Offer]:
    """The files that the text at the position could name, and the folders on the way to them."""
    before, table = view.place.before, view.place.table
    example = _PATH.search(table.usage.get(before[0], "")) if table and len(before) == 1 else None
    if example is None:
        return []
    endings = (example.group(1),) if example.group(1) == ".ad" else _PICTURES
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
    return found + [
        Offer(name, CompletionItemKind.File) for name in names if name.lower().endswith(endings) and name != own
    ]


def _in_tag(view: View) -> list[Offer]:
    """Names that a text may mention, what they have behind a dot, and filters behind a bar."""
    typed = re.search(r"[\w.]*\Z", view.place.tag)
    chain = typed.group() if typed else ""
    before = view.place.tag[: len(view.place.tag) - len(chain)].rstrip()
    if before.endswith("|"):
        return [Offer(name, CompletionItemKind.Function) for name in FILTERS]
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
    """What a name has behind a dot in a text, and how that reads; nothing until the spec has been understood once."""
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
