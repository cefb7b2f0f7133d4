"""What the spec itself asks of a step, without any model's words, without names, and without what was chosen for it.

Its digest is the step's `asks`. A step key changes for many reasons: another wording of a template, another way to
fill a request, another model that has become the cheapest, other bytes of a frame that was made again. `asks` changes
only when somebody edits the spec or a file that it reads. Both together tell a spec that wants something else from a
world that has moved on.
"""

from collections.abc import Iterable, Mapping, Sequence

from adc.compiler.definitions import Line, Name, Option, Scene
from adc.compiler.digest import digest_bytes
from adc.compiler.frozen import replace
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import FileRef, Json, Ref, Step, canonical, references, substitute
from adc.compiler.prompts import inside
from adc.compiler.sandbox import Names


def note(
    sheet: Sheet, step_id: str, asked: Mapping[str, Json], using: Name | None, options: Sequence[Option], take: int
) -> None:
    """Keep for later what is asked of a step: which steps it uses is not all on the sheet yet."""
    sheet.asked.setdefault(
        step_id,
        {
            "asked": dict(asked),
            "using": using.value if using else "",
            "options": {option.name.value: str(option.value) for option in options},
            "take": take,
        },
    )


def with_asks(sheet: Sheet, steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, in an order in which each stands after those it needs, each purchase with its `asks`."""
    digests: dict[str, str] = {}

    def digest_of(ref: Ref) -> str:
        return ref.digest if isinstance(ref, FileRef) else digests[ref.step]

    found: list[Step] = []
    for step in steps:
        asked = sheet.asked.get(step.id)
        if asked is None:
            # Of what is made here, all that is asked stands in its arguments.
            own: Json = {"kind": step.kind, "arguments": substitute(step.arguments, digest_of)}
        else:
            own = {**asked, "uses": [*sorted({digest_of(ref) for ref in references(step.arguments)})]}
        digests[step.id] = digest_bytes(canonical(own))
        found.append(replace(step, asks=digests[step.id]) if asked is not None else step)
    return tuple(found)


def scene_asks(sheet: Sheet, scene: Scene, lines: Iterable[Line] = ()) -> dict[str, Json]:
    """What a scene asks of a picture: its words, who is in it and what they are like, its look and shape."""
    ad = sheet.script.ad
    scope = sheet.scope(scene)
    style = scene.style or ad.style
    asked: dict[str, Json] = {"aspect": str(ad.aspect), "size": ad.short_side}
    if scope is None:
        return asked
    own = inside(scope, style.name) if style else scope
    worded = {**scene.parts, "prompt": scene.prompt, "avoid": scene.avoid}
    asked |= {name: sheet.words(text, scope) for name, text in worded.items() if text is not None}
    if style is not None:
        styled = {"look": style.look, "style_avoid": style.avoid}
        asked |= {name: sheet.words(text, own) for name, text in styled.items() if text is not None}
    asked["cast"] = [_person(scope[member.name]) for member in scene.cast]
    asked["lines"] = [
        {"who": line.who.display if line.who else "", "text": sheet.words(line.text, scope), "seen": line.on_camera}
        for line in lines
    ]
    if scene.seed is not None:
        asked["seed"] = scene.seed
    return asked


def person_asks(sheet: Sheet, name: str) -> dict[str, Json]:
    """What is told of a character or product, wherever it is seen."""
    scope = sheet.scope(None)
    person = _person(scope[name]) if scope is not None else {}
    return person if isinstance(person, dict) else {}


def _person(told: object) -> Json:
    assert isinstance(told, Names), told
    return {part: str(vars(told)[part]) for part in ("display", "looks", "wears") if part in vars(told)}
