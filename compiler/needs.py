"""What the texts of declarations need of each other: they may name one another in any order on the page.

    param place "a park in {{ city }}"
    param city  "Denver"

A part of a text is a param, a variant, or what a character or product looks like and wears. `order` puts the parts so
that each comes after those it names; where two wait for each other, `circles` tells who names whom. A plain
`{{ maya }}` needs nothing: everybody has a name from the start.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from adc.compiler.definitions import Character, Param, Product, Text, Variant
from adc.compiler.diagnostics import Diagnostic, Label
from adc.compiler.mentions import paths, place, spot
from adc.compiler.source import Span

Part: TypeAlias = tuple[str, str]
"""A declared name and, of a character or product, `looks` or `wears`."""


class Declared(Protocol):
    """What texts may name: a script, or the scope that it is made in."""

    @property
    def params(self) -> Mapping[str, Param]:
        """By name."""
        ...

    @property
    def variants(self) -> Mapping[str, Variant]:
        """By name."""
        ...

    @property
    def characters(self) -> Mapping[str, Character]:
        """By name."""
        ...

    @property
    def products(self) -> Mapping[str, Product]:
        """By name."""
        ...


class Mention(NamedTuple):
    """A part that `text` names, by the dotted `path` that stands in it."""

    part: Part
    text: Text
    path: tuple[str, ...]


def parts(declared: Declared) -> dict[Part, tuple[Text, ...]]:
    """Every part with its texts: of a variant all choices, of `looks auto` none."""
    found: dict[Part, tuple[Text, ...]] = {}
    for name, param in declared.params.items():
        found[name, ""] = (param.value,) if isinstance(param.value, Text) else ()
    for name, variant in declared.variants.items():
        found[name, ""] = tuple(choice for choice in variant.choices.values() if isinstance(choice, Text))
    subjects: dict[str, Character | Product] = {**declared.products, **declared.characters}
    for name, who in subjects.items():
        if who.looks or who.looks_auto:
            found[name, "looks"] = (who.looks,) if who.looks else ()
        if isinstance(who, Character) and who.wears:
            found[name, "wears"] = (who.wears,)
    return found


def named(text: Text, prefix: str, known: Mapping[Part, object]) -> Iterator[Mention]:
    """The parts that a text names, which stands in a file whose names have that prefix."""
    for path in sorted(paths(text)) if "{" in text.value else ():
        for count in range(1, len(path) + 1):
            name, attribute = ".".join(path[:count]), path[count] if count < len(path) else ""
            options = ((prefix + name, ""), (name, ""), (prefix + name, attribute), (name, attribute))
            part = next((each for each in options if each in known), None)
            if part is not None:
                yield Mention(part, text, path)
                break


def order(declared: Declared) -> tuple[Part, ...]:
    """All parts, each after those that it names; parts of a circle come in any order."""
    return _walk(parts(declared))[0]


def circles(declared: Declared, sources: Mapping[str, str]) -> Iterator[Diagnostic]:
    """AD0605, once for each circle. `sources` are the files by path."""
    return (_circle(way, sources) for way in _walk(parts(declared))[1])


def stands(mention: Mention, sources: Mapping[str, str]) -> Span:
    """Where a part is named; `sources` are the files by path."""
    text = mention.text
    return place(text, *spot(text, mention.path), sources[text.span.path])


def _walk(known: Mapping[Part, Sequence[Text]]) -> tuple[tuple[Part, ...], list[list[Mention]]]:
    """The parts in order, and the mentions along each circle: the last of them names what holds the first."""
    done: dict[Part, None] = {}
    circles: list[list[Mention]] = []
    for start in known:
        if start in done:
            continue
        entered = {start: 0}
        trail: list[Mention] = []
        waiting = [_named(start, known)]
        while waiting:
            mention = next(waiting[-1], None)
            if mention is None:
                waiting.pop()
                done[entered.popitem()[0]] = None
                del trail[len(waiting) - 1 :]
            elif mention.part in entered:
                circles.append([*trail[entered[mention.part] :], mention])
            elif mention.part not in done:
                entered[mention.part] = len(entered)
                trail.append(mention)
                waiting.append(_named(mention.part, known))
    return tuple(done), circles


def _named(part: Part, known: Mapping[Part, Sequence[Text]]) -> Iterator[Mention]:
    """The parts that the texts of a part name, as the file that declares it knows them."""
    group, dot, _ = part[0].rpartition(".")
    for text in known[part]:
        yield from named(text, group + dot, known)


def _circle(way: Sequence[Mention], sources: Mapping[str, str]) -> Diagnostic:
    names = [".".join(filter(None, mention.part)) for mention in way]
    owners = [names[-1], *names]
    message = f"`{names[0]}` names itself"
    if len(way) > 1:
        *most, last = (f"`{name}`" for name in sorted(names))
        message = f"{', '.join(most)} and {last} wait for each other"
    labels = [f"`{owner}` needs `{name}`" for owner, name in zip(owners, names, strict=False)]
    if len(way) == 1:
        labels = ["what it stands for needs itself"]
    others = zip(way[1:], labels[1:], strict=True)
    notes = tuple(Label(stands(mention, sources), label) for mention, label in others)
    hint = "write out the words in one of these texts"
    return Diagnostic("AD0605", message, stands(way[0], sources), labels[0], hint, notes)
