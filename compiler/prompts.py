"""What each model is told: a scene composed into words by the template of the model's family.

Each family (`families`) is told about a person in its own way: a model with elements knows her as `@Element1`, one that
reads pictures by their order as the first picture, and one that reads only words gets her described. `bind` makes the
names of the spec mean that, so that `{{ maya }}` in an action is right for whoever reads it; `compose_clip`,
`compose_still` and `compose_view` write the whole prompt. A scene that writes `prompt` itself replaces the composition
whole.

What a template is given, in which order, and how its lines are put in order afterwards decides words as much as the
template does, and has no version: what an old version reads stays as it is.

The prompt is part of the step key: the same scene gives the same bytes, and one paragraph a line makes a diff of
two plans read like a shot list.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final, Literal, TypeAlias

from adc.compiler.casting import views_of
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import PARTS, Card, Character, Line, Picture, Product, Scene, Script, Style, Text
from adc.compiler.families import Families, builtin
from adc.compiler.frozen import replace
from adc.compiler.needs import order
from adc.compiler.quotes import to_come
from adc.compiler.request import portions
from adc.compiler.sandbox import Names, TemplateProblem, render
from adc.compiler.simple import simple
from adc.compiler.units import seconds_text
from adc.compiler.vocabulary import VIEWS

__all__ = [
    "STILL_PARTS",
    "VIEWS",
    "TemplateProblem",
    "asked_words",
    "bind",
    "bind_asked",
    "compose_avoid",
    "compose_clip",
    "compose_still",
    "compose_view",
    "inside",
    "look_of",
    "render",
    "roughly",
    "unpictured",
    "without_pictures",
    "worded",
    "written",
]


STILL_PARTS: Final = ("setting", "light", "mood")
"""What a still is told of its scene: the other statements are about time, and an edit of them buys no still again."""

_BOUND: deque[tuple[Script, Scene | Card | None, Endpoint | Literal["asked"] | None, Mapping[str, object]]] = deque(
    maxlen=4
)
"""What was bound last: several texts of a scene are rendered one after the other, in the same scope."""


def bind(script: Script, piece: Scene | Card | None, endpoint: Endpoint | None) -> Mapping[str, object]:
    """The names in scope of a string of `piece`, meaning what `endpoint` is told.

    Without an endpoint everybody is called by the display name, as in words that are spoken or shown. Raises
    TemplateProblem where a character's `looks` or `wears`, or a param's or variant's text, cannot be rendered.
    """
    for known_script, known_piece, known_endpoint, known in _BOUND:
        if known_script is script and known_piece is piece and known_endpoint is endpoint:
            return known
    tags = _tags(script, piece, endpoint) if isinstance(piece, Scene) and endpoint is not None else {}
    scope = _bound(script, piece, tags, _words, to_model=endpoint is not None)
    _BOUND.appendleft((script, piece, endpoint, scope))
    return scope


def bind_asked(script: Script, piece: Scene | None) -> Mapping[str, object]:
    """The names in scope of a string of `piece`, meaning the same whichever model is told: what is asked of any.

    Whoever is in the cast goes by the place in it and not by a name, because two may be called alike. Words that are
    to come stand as the mark of the step that gives them. Raises TemplateProblem, as `bind` does.
    """
    for known_script, known_piece, kind, known in _BOUND:
        if known_script is script and known_piece is piece and kind == "asked":
            return known
    places = {member.name: f"\ue002{place}" for place, member in enumerate(piece.cast, start=1)} if piece else {}
    scope = _bound(script, piece, places, asked_words, to_model=True)
    _BOUND.appendleft((script, piece, "asked", scope))
    return scope


def asked_words(text: Text, scope: Mapping[str, object], *, lines: bool = False) -> str:
    """What a string asks for, in the scope of `bind_asked`: on one line, or with its `lines` where they count.

    A template that does more than name things may tell a model something else than it gives with places in place of
    names; so it is told as it is written, too.
    """
    words = _tidy(render(text, scope)) if lines else _words(text, scope)
    return words if simple(text.value) is not None else f"{words}\ue003{text.value}"


def _bound(
    script: Script,
    piece: Scene | Card | None,
    tags: Mapping[str, str],
    words: Callable[[Text, Mapping[str, object]], str],
    *,
    to_model: bool,
) -> dict[str, object]:
    scope: dict[str, object] = {"ad": Names(shown=script.ad.title, name=script.ad.name, title=script.ad.title)}
    if piece is not None:
        scope["scene"] = Names(shown=piece.name, name=piece.name, seconds=seconds_text(piece.seconds))
    subjects: dict[str, Character | Product] = {**script.products, **script.characters}
    people: dict[str, Names] = {}
    for name, who in subjects.items():
        # What one of them is told to be may name another: by then all have a name.
        people[name] = Names(shown=tags.get(who.name, who.display), about="", name=who.name, display=who.display)
        _put(scope, name, people[name])
    for name, part in order(script):
        if name in script.params:
            _put(scope, name, _chosen(script.params[name].value, scope, name, words))
        elif name in script.variants:
            variant = script.variants[name]
            shown = _chosen(variant.choices[variant.chosen], scope, name, words)
            _put(scope, name, Names(shown=shown, key=variant.chosen))
        else:
            setattr(people[name], part, _told(subjects[name], part, scope, words, to_model=to_model))
    for who_told in people.values():
        who_told.about = _about(who_told)
    return scope


def _put(scope: dict[str, object], name: str, value: object) -> None:
    """Give `name` a meaning: with `import … as brand`, `brand.maya` is what `brand` has by the name `maya`."""
    scope[name] = value
    group, dot, own = name.rpartition(".")
    if dot:
        if group not in scope:
            _put(scope, group, Names(shown=group))
        vars(scope[group])[own] = value


def inside(scope: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The names as the file that declares `name` knows them: its own without what an import puts before them."""
    group = scope.get(name.rpartition(".")[0])
    return {**scope, **vars(group)} if isinstance(group, Names) else scope


def _chosen(
    value: Text | str, scope: Mapping[str, object], name: str, words: Callable[[Text, Mapping[str, object]], str]
) -> str:
    return value if isinstance(value, str) else words(value, inside(scope, name))


def compose_clip(
    script: Script,
    scene: Scene,
    endpoint: Endpoint,
    *,
    start: bool,
    goes_on: bool = False,
    end: bool = False,
    spoken: tuple[Line, ...] = (),
    mimes: Character | None = None,
    part: tuple[int, int] = (1, 1),
    write: "Write | None" = None,
) -> str:
    """The prompt of a clip, with a start and an end frame or without, or of one that goes on from another.

    `spoken` are the lines that the model itself says; `mimes` is who moves the lips to a voice that comes later. `part`
    is which of how many clips of the scene this is, `write` how a prompt is put together. Raises TemplateProblem.
    """
    if scene.prompt is not None:
        return _replaced(script, scene, endpoint, scene.prompt)
    scope = bind(script, scene, endpoint)
    aloud = bind(script, scene, None)
    facts: dict[str, object] = {
        "start": start,
        "goes_on": goes_on,
        "end": end,
        "start_as_image": start and endpoint.takes.start_as_image,
        "hears": endpoint.takes.speech,
        "mimes": str(scope[mimes.name]) if mimes else "",
        "part": part[0],
        "parts": part[1],
        "lines": [
            {
                "speaker": str(scope[line.who.name]) if line.who else "",
                "words": _words(line.text, aloud).replace('"', "'"),
                "on_camera": line.on_camera,
            }
            for line in spoken
        ],
    }
    return (write or written)(endpoint, _scene_facts(script, scene, endpoint, scope, PARTS) | facts)


def compose_still(script: Script, scene: Scene, endpoint: Endpoint, words: Text, write: "Write | None" = None) -> str:
    """The prompt of a keyframe of the scene that shows `words`. Raises TemplateProblem."""
    scope = bind(script, scene, endpoint)
    facts: dict[str, object] = {"view": "", "words": _words(words, scope)}
    return (write or written)(endpoint, _scene_facts(script, scene, endpoint, scope, STILL_PARTS) | facts)


def compose_view(
    character: Character, view: str, *, script: Script, endpoint: Endpoint, write: "Write | None" = None
) -> str:
    """The prompt of one view of a character's pack, one of `VIEWS`. Raises TemplateProblem."""
    assert view in VIEWS, view
    told = bind(script, None, endpoint)[character.name]
    return (write or written)(endpoint, {"view": view, "subject": vars(told)})


def compose_avoid(script: Script, scene: Scene, endpoint: Endpoint) -> str:
    """What style and scene keep out, as a list in words; empty where neither says. Raises TemplateProblem."""
    scope = bind(script, scene, endpoint)
    style = _style(script, scene)
    told = [_words(style.avoid, inside(scope, style.name))] if style and style.avoid else []
    told += [_words(scene.avoid, scope)] if scene.avoid else []
    return ", ".join(words.rstrip(".,;") for words in told)


def _replaced(script: Script, scene: Scene, endpoint: Endpoint, prompt: Text) -> str:
    """A prompt written whole in the spec. Who is called by name, not by a tag, is described at the first mention."""
    scope = bind(script, scene, endpoint)
    text = _tidy(render(prompt, scope))
    for subject in scene.cast:
        told = scope[subject.name]
        if isinstance(told, Names) and told.shown == subject.display and told.about:
            text = text.replace(told.shown, f"{told.shown} ({told.about})", 1)
    return text


def _scene_facts(
    script: Script, scene: Scene, endpoint: Endpoint, scope: Mapping[str, object], parts: Sequence[str]
) -> dict[str, object]:
    """What the templates of clips and keyframes may read; of the scene's statements, its `parts`."""
    takes = endpoint.takes
    style = _style(script, scene)
    numbers = _numbers(script, scene, endpoint)
    assert isinstance(endpoint.request, dict)
    return {
        "form": takes.reference_form,
        "subjects": [
            {
                **vars(scope[subject.name]),
                "person": isinstance(subject, Character),
                "pictures": list(numbers.get(subject.name, ())),
            }
            for subject in scene.cast
        ],
        "styled": takes.references > 0 and look_of(script, scene) is not None,
        "style_picture": max((share.stop for share in numbers.values()), default=1)
        if takes.reference_form == "images"
        else 0,
        "look": _words(style.look, inside(scope, style.name)) if style and style.look else "",
        "avoid": "" if "$avoid" in endpoint.request.values() else compose_avoid(script, scene, endpoint),
        **{part: _words(scene.parts[part], scope) if part in scene.parts else "" for part in parts},
    }


def _style(script: Script, scene: Scene) -> Style | None:
    return scene.style or script.ad.style


def without_pictures(script: Script, scene: Scene) -> Scene:
    """The scene as a model is told it that is shown no pictures of its cast and style."""
    style = _style(script, scene)
    return replace(
        scene,
        cast=tuple(unpictured(member) for member in scene.cast),
        reference=None,
        style=replace(style, reference=None) if style else None,
    )


def unpictured(member: Character | Product) -> Character | Product:
    """Somebody of whom no picture is sent."""
    if isinstance(member, Product):
        return replace(member, reference=None)
    return replace(member, reference=None, pack=(), views={})


def look_of(script: Script, scene: Scene) -> Picture | None:
    """The picture that gives a scene its look: its own `reference`, or that of its style."""
    style = _style(script, scene)
    return scene.reference or (style.reference if style else None)


def _tags(script: Script, scene: Scene, endpoint: Endpoint) -> dict[str, str]:
    """How prompts of the endpoint name the people and things whose pictures are sent."""
    numbers = _numbers(script, scene, endpoint)
    trained = [who for who in scene.cast if isinstance(who, Character) and who.lora]
    if endpoint.takes.loras:
        return {who.name: who.lora.trigger for who in trained if who.lora}
    match endpoint.takes.reference_form:
        case "elements":
            return {name: f"@Element{place}" for place, name in enumerate(numbers, start=1)}
        case "images":
            return {name: f"@Image{pictures[0]}" for name, pictures in numbers.items()}
    return {}


def _numbers(script: Script, scene: Scene, endpoint: Endpoint) -> dict[str, range]:
    """Who is on which pictures of a flat list, counted from 1, in the order of the cast."""
    if not endpoint.takes.references:
        return {}
    views = {subject.name: len(views_of(subject)) for subject in scene.cast if views_of(subject)}
    shares = portions(endpoint, list(views.values()), style=look_of(script, scene) is not None)
    ends = list(accumulate(shares, initial=1))
    return {name: range(first, end) for name, (first, end) in zip(views, pairwise(ends), strict=True)}


def _told(
    who: Character | Product,
    part: str,
    scope: Mapping[str, object],
    words: Callable[[Text, Mapping[str, object]], str],
    *,
    to_model: bool,
) -> str:
    """What somebody looks like or wears, in words."""
    text = who.wears if part == "wears" and isinstance(who, Character) else who.looks
    if text is None:
        return to_come(f"{who.name}.looks") if to_model else "as in the picture"
    return words(text, inside(scope, who.name))


def _about(who: Names) -> str:
    """All that is told of somebody, in one run of words."""
    told = [vars(who)["looks"]] if "looks" in vars(who) else []
    told += [f"wearing {vars(who)['wears']}"] if "wears" in vars(who) else []
    return ", ".join(words.rstrip(".,;") for words in told)


def _words(text: Text, scope: Mapping[str, object]) -> str:
    """A string on one line, without the blanks around it."""
    return " ".join(render(text, scope).split())


Write: TypeAlias = Callable[[Endpoint, Mapping[str, object]], str]
"""Puts facts into the template of an endpoint's family."""

_OWN_WORDS = 1000
_OWN_WORDS_EACH = 120
"""More characters than any family's template has of its own, and than it adds for each person, thing or line."""


def roughly(endpoint: Endpoint, facts: Mapping[str, object], write: Write) -> str:
    """The words of a prompt without those of its template, where it is surely short enough; else what `write` gives.

    Enough to judge and to price a spec; the template engine is then not even imported.
    """
    words = list(_words_in(facts))
    each = sum(len(fact) for fact in facts.values() if isinstance(fact, list))
    most = endpoint.takes.prompt_chars
    if most is None or sum(map(len, words)) + _OWN_WORDS + _OWN_WORDS_EACH * each <= most:
        return _tidy("\n".join(words)) or " "
    return write(endpoint, facts)


def _words_in(fact: object) -> Iterator[str]:
    match fact:
        case str():
            yield fact
        case Mapping():
            for inner in fact.values():
                yield from _words_in(inner)
        case list():
            for inner in fact:
                yield from _words_in(inner)


def written(endpoint: Endpoint, facts: Mapping[str, object]) -> str:
    """The whole prompt, in the newest wording of the endpoint's family."""
    families = builtin()
    return worded(families, families.wording(endpoint.template, {}), facts)


def worded(families: Families, wording: str, facts: Mapping[str, object]) -> str:
    """The whole prompt, in a certain wording such as `elements/1`."""
    return _tidy(families.render(wording, facts))


def _tidy(text: str) -> str:
    """One paragraph a line: no empty lines, no blanks where they do not count."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
