"""What each model is told: a scene composed into words by the template of the model's family.

One template a family in `templates/`. Each is told about a person in its own way: a model with elements knows her as
`@Element1`, one that reads pictures by their order as the first picture, and one that reads only words gets her
described. `bind` makes the names of the spec mean that, so that `{{ maya }}` in an action is right for whoever reads
it; `compose_clip`, `compose_still` and `compose_view` write the whole prompt. A scene that writes `prompt` itself
replaces the composition whole.

The prompt is part of the step key: the same scene gives the same bytes, and one paragraph a line makes a diff of
two plans read like a shot list.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise

from jinja2 import FunctionLoader

from adc.compiler.casting import views_of
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import PARTS, Card, Character, Line, Product, Scene, Script, Style, Text
from adc.compiler.request import portions
from adc.compiler.sandbox import Names, Sandbox, TemplateProblem, render
from adc.compiler.units import seconds_text
from adc.compiler.vocabulary import VIEWS

__all__ = [
    "VIEWS",
    "TemplateProblem",
    "bind",
    "compose_avoid",
    "compose_clip",
    "compose_still",
    "compose_view",
    "render",
]


def bind(script: Script, piece: Scene | Card | None, endpoint: Endpoint | None) -> dict[str, object]:
    """The names in scope of a string of `piece`, meaning what `endpoint` is told.

    Without an endpoint everybody is called by the display name, as in words that are spoken or shown. Raises
    TemplateProblem where a character's `looks` or `wears` cannot be rendered.
    """
    scope: dict[str, object] = {"ad": Names(shown=script.ad.title, name=script.ad.name, title=script.ad.title)}
    if piece is not None:
        scope["scene"] = Names(shown=piece.name, name=piece.name, seconds=seconds_text(piece.seconds))
    tags = _tags(script, piece, endpoint) if isinstance(piece, Scene) and endpoint is not None else {}
    subjects: dict[str, Character | Product] = {**script.characters, **script.products}
    told = {name: _told(who, tags.get(who.name, who.display), scope) for name, who in subjects.items()}
    for name, subject in told.items():
        group, dot, own = name.partition(".")
        if dot:  # `import … as brand`: in a template, `brand.maya` is what `brand` has by the name `maya`
            vars(scope.setdefault(group, Names(shown=group)))[own] = subject
    return {**scope, **told}


def compose_clip(
    script: Script,
    scene: Scene,
    endpoint: Endpoint,
    *,
    start: bool,
    end: bool = False,
    spoken: tuple[Line, ...] | None = None,
) -> str:
    """The prompt of a clip, with a start and an end frame or without.

    `spoken` are the lines that the model itself says; without them, those on camera where the model has speech.
    Raises TemplateProblem.
    """
    if scene.prompt is not None:
        return _replaced(script, scene, endpoint, scene.prompt)
    if spoken is None:
        spoken = tuple(line for line in scene.lines if line.on_camera) if endpoint.takes.speech else ()
    scope = bind(script, scene, endpoint)
    aloud = bind(script, scene, None)
    facts: dict[str, object] = {
        "start": start,
        "end": end,
        "start_as_image": start and endpoint.takes.start_as_image,
        "hears": endpoint.takes.speech,
        "lines": [
            {
                "speaker": str(scope[line.who.name]) if line.who else "",
                "words": _words(line.text, aloud).replace('"', "'"),
                "on_camera": line.on_camera,
            }
            for line in spoken
        ],
    }
    return _compose(endpoint, _scene_facts(script, scene, endpoint, scope) | facts)


def compose_still(script: Script, scene: Scene, endpoint: Endpoint, words: Text) -> str:
    """The prompt of a keyframe of the scene that shows `words`. Raises TemplateProblem."""
    scope = bind(script, scene, endpoint)
    facts: dict[str, object] = {"view": "", "words": _words(words, scope)}
    return _compose(endpoint, _scene_facts(script, scene, endpoint, scope) | facts)


def compose_view(character: Character, view: str, *, script: Script, endpoint: Endpoint) -> str:
    """The prompt of one view of a character's pack, one of `VIEWS`. Raises TemplateProblem."""
    assert view in VIEWS, view
    told = _told(character, character.display, bind(script, None, endpoint))
    return _compose(endpoint, {"view": view, "subject": vars(told)})


def compose_avoid(script: Script, scene: Scene, endpoint: Endpoint) -> str:
    """What style and scene keep out, as a list in words; empty where neither says. Raises TemplateProblem."""
    scope = bind(script, scene, endpoint)
    style = _style(script, scene)
    texts = (style.avoid if style else None, scene.avoid)
    return ", ".join(_words(text, scope).rstrip(".,;") for text in texts if text is not None)


def _replaced(script: Script, scene: Scene, endpoint: Endpoint, prompt: Text) -> str:
    """A prompt written whole in the spec. Who is called by name, not by a tag, is described at the first mention."""
    scope = bind(script, scene, endpoint)
    text = _tidy(render(prompt, scope))
    for subject in scene.cast:
        told = scope[subject.name]
        if isinstance(told, Names) and told.shown == subject.display and told.about:
            text = text.replace(told.shown, f"{told.shown} ({told.about})", 1)
    return text


def _scene_facts(script: Script, scene: Scene, endpoint: Endpoint, scope: Mapping[str, object]) -> dict[str, object]:
    """What the templates of clips and keyframes may read."""
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
        "styled": takes.references > 0 and style is not None and style.reference is not None,
        "look": _words(style.look, scope) if style and style.look else "",
        "avoid": "" if "$avoid" in endpoint.request.values() else compose_avoid(script, scene, endpoint),
        **{part: _words(scene.parts[part], scope) if part in scene.parts else "" for part in PARTS},
    }


def _style(script: Script, scene: Scene) -> Style | None:
    return scene.style or script.ad.style


def _tags(script: Script, scene: Scene, endpoint: Endpoint) -> dict[str, str]:
    """How prompts of the endpoint name the people and things whose pictures are sent."""
    numbers = _numbers(script, scene, endpoint)
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
    style = _style(script, scene)
    views = {subject.name: len(views_of(subject)) for subject in scene.cast if views_of(subject)}
    shares = portions(endpoint, list(views.values()), style=style is not None and style.reference is not None)
    ends = list(accumulate(shares, initial=1))
    return {name: range(first, end) for name, (first, end) in zip(views, pairwise(ends), strict=True)}


def _told(subject: Character | Product, shown: str, scope: Mapping[str, object]) -> Names:
    looks = {"looks": _words(subject.looks, scope)} if subject.looks else {}
    wears = {"wears": _words(subject.wears, scope)} if isinstance(subject, Character) and subject.wears else {}
    told = [*looks.values(), *(f"wearing {clothes}" for clothes in wears.values())]
    about = ", ".join(words.rstrip(".,;") for words in told)
    return Names(shown=shown, about=about, name=subject.name, display=subject.display, **looks, **wears)


def _words(text: Text, scope: Mapping[str, object]) -> str:
    """A string on one line, without the blanks around it."""
    return " ".join(render(text, scope).split())


def _compose(endpoint: Endpoint, facts: Mapping[str, object]) -> str:
    return _tidy(_families().get_template(f"{endpoint.template}.j2").render(facts))


def _tidy(text: str) -> str:
    """One paragraph a line: no empty lines, no blanks where they do not count."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _sentence(text: str) -> str:
    """The words with a full stop, unless they end as a sentence already."""
    return text if text.endswith((".", "!", "?", "…")) else text.rstrip(",;:") + "."


@cache
def _families() -> Sandbox:
    folder = files("adc.compiler") / "templates"
    return Sandbox({"sentence": _sentence}, FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")))
