"""What the spec itself asks of a step, without any model's words, without names, and without what was chosen for it.

Its digest is the step's `asks`. A step key changes for many reasons: another wording of a template, another way to
fill a request, another model that has become the cheapest, other bytes of a frame that was made again. `asks` changes
only when somebody edits the spec or a file that it reads. Both together tell a spec that wants something else from a
world that has moved on.

Under one catalogue and one set of templates, steps with the same `asks` have the same key: whatever a model can be told
is asked for here. Asking for more than a model is told does no harm (a key that stays is found in the store); to ask
for less would keep what the spec does not want any more. Who is in the cast goes by the place in it, a picture or
another step by what it is for.

What stands here is compared with what an older adc has written down: it is never rearranged.
"""

from collections.abc import Iterable, Mapping, Sequence

from adc.compiler.casting import Need, views_of
from adc.compiler.catalogue import Endpoint
from adc.compiler.definitions import PARTS, Character, Line, Name, Option, Picture, Product, Scene, Text
from adc.compiler.digest import digest_bytes
from adc.compiler.frozen import replace
from adc.compiler.lower.sheet import Sheet
from adc.compiler.plan import FileRef, Json, Ref, Step, canonical, substitute
from adc.compiler.prompts import STILL_PARTS, TemplateProblem, asked_words, inside
from adc.compiler.quotes import quoted
from adc.compiler.request import plain
from adc.compiler.sandbox import Names

_GIVEN = ("start_frame", "end_frame", "video", "audio", "reference", "archive")
"""The facts of a request that are made by other steps or files; pictures of a cast are told with the cast."""


def note(
    sheet: Sheet,
    step_id: str,
    endpoint: Endpoint,
    facts: Mapping[str, Json],
    asked: Mapping[str, Json],
    *,
    using: Name | None,
    options: Sequence[Option],
    take: int,
) -> None:
    """Keep for later what is asked of a step: which steps it uses is not all on the sheet yet."""
    declared = any(model.endpoint is endpoint for model in sheet.script.models.values())
    sheet.asked.setdefault(
        step_id,
        {
            "role": endpoint.role,
            "asked": dict(asked),
            "given": {name: facts[name] for name in _GIVEN if facts.get(name) is not None},
            # How a model is called that the spec declares itself, the spec says too; its name is the spec's own.
            "model": _declared(endpoint) if declared else None,
            "using": using.value if using and not declared else "",
            "options": {option.name.value: plain(option.value) for option in options},
            "take": take,
        },
    )


def _declared(endpoint: Endpoint) -> Json:
    """All that decides what a model is sent which the spec declares; not its price."""
    takes = endpoint.takes
    return {
        "endpoint": endpoint.id,
        "request": endpoint.request,
        "seconds": [*takes.seconds],
        "resolutions": [*takes.resolutions],
        "short_sides": [*takes.short_sides],
        "references": takes.references,
        "start": takes.start_frame,
        "end": takes.end_frame,
        "speech": takes.speech,
    }


def with_asks(sheet: Sheet, steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, in an order in which each stands after those it needs, each purchase with its `asks`."""
    digests: dict[str, str] = {}

    def digest_of(ref: Ref) -> str:
        if isinstance(ref, FileRef):
            return ref.digest
        if ref.step not in digests:  # made here, or spare: words that no prompt quotes
            digests[ref.step] = asks_of(sheet.steps.get(ref.step) or sheet.spare[ref.step])
        return digests[ref.step]

    def asks_of(step: Step) -> str:
        # Of what is made here, all that is asked stands in its arguments.
        local: dict[str, Json] = {"kind": step.kind, "arguments": step.arguments}
        return digest_bytes(canonical(substitute(quoted(sheet.asked.get(step.id, local)), digest_of)))

    found: list[Step] = []
    for step in steps:
        if step.id in sheet.asked:
            digests[step.id] = asks_of(step)
            step = replace(step, asks=digests[step.id])
        found.append(step)
    return tuple(found)


def clip_asks(
    sheet: Sheet,
    scene: Scene,
    need: Need,
    lines: Iterable[Line],
    sent: Sequence[Character | Product],
    look: Picture | None,
) -> dict[str, Json]:
    """What a scene asks of one of its clips: its words and `lines`, its cast, its look and shape.

    Who can make one clip of a scene depends on all that the scene needs, so its `need` is asked of each. `sent` are
    those of the cast whose pictures are sent along, `look` the picture that is for the look.
    """
    whole = scene.prompt is not None  # in place of all other words
    asked = _scene_asks(sheet, scene, () if whole else PARTS, sent, look, styled=not whole)
    asked["needs"] = {
        "references": need.references,
        "start": need.start,
        "end": need.end,
        "speech": need.speech,
        "goes_on": bool(need.goes_on),
        "lent": bool(need.lenders),
    }
    scope = sheet.scope_asked(scene)
    if scope is not None:
        if scene.prompt is not None:
            asked["prompt"] = _words(sheet, scene.prompt, scope, lines=True)
        asked["lines"] = [
            {
                "who": str(scope[line.who.name]) if line.who else "",
                "text": _words(sheet, line.text, scope),
                "seen": line.on_camera,
            }
            for line in lines
        ]
    return asked


def still_asks(
    sheet: Sheet, scene: Scene, words: Text, sent: Sequence[Character | Product], look: Picture | None
) -> dict[str, Json]:
    """What a scene asks of a still that shows `words`; `sent` and `look` are as in `clip_asks`."""
    asked = _scene_asks(sheet, scene, STILL_PARTS, sent, look)
    scope = sheet.scope_asked(scene)
    return asked if scope is None else {**asked, "words": _words(sheet, words, scope)}


def morph_asks(sheet: Sheet, scene: Scene, words: Text | None) -> dict[str, Json]:
    """What a morph asks for; `scene` is the morph as a scene of nobody."""
    asked = _scene_asks(sheet, scene, (), (), None)
    scope = sheet.scope_asked(scene)
    return {**asked, "words": _words(sheet, words, scope) if words and scope is not None else ""}


def view_asks(sheet: Sheet, member: Character, view: str) -> dict[str, Json]:
    """What is asked of a view of somebody's pack."""
    scope = sheet.scope_asked(None)
    return {"view": view, **(_told(scope[member.name]) if scope is not None else {})}


def _scene_asks(
    sheet: Sheet,
    scene: Scene,
    parts: Sequence[str],
    sent: Sequence[Character | Product],
    look: Picture | None,
    *,
    styled: bool = True,
) -> dict[str, Json]:
    ad = sheet.script.ad
    asked: dict[str, Json] = {"aspect": str(ad.aspect), "size": ad.short_side, "seed": scene.seed}
    scope = sheet.scope_asked(scene)
    if scope is None:
        return asked
    texts = {**{part: scene.parts[part] for part in parts if part in scene.parts}, "avoid": scene.avoid}
    asked |= {name: _words(sheet, text, scope) for name, text in texts.items() if text is not None}
    style = scene.style or ad.style
    if style is not None:
        own = inside(scope, style.name)
        texts = {"look": style.look if styled else None, "style_avoid": style.avoid}
        asked |= {name: _words(sheet, text, own) for name, text in texts.items() if text is not None}
    asked["picture"] = sheet.file(look) if look else None
    asked["cast"] = [
        {
            "kind": "character" if isinstance(member, Character) else "product",
            **_told(scope[member.name]),
            "pictures": [_picture(member, view) for view in views_of(member)] if member in sent else [],
        }
        for member in scene.cast
    ]
    return asked


def _told(names: object) -> dict[str, Json]:
    """What is told of somebody in words."""
    assert isinstance(names, Names), names
    return {part: str(vars(names)[part]) for part in ("display", "looks", "wears") if part in vars(names)}


def _picture(member: Character | Product, view: str) -> Json:
    """One of the pictures that stand for somebody: as it is, or by what it is made from."""
    if isinstance(member, Character) and view in member.views:
        return {"view": view, "file": FileRef(member.views[view].digest).to_json()}
    assert member.reference is not None
    cutout = None if member.cutout is None else member.cutout.using.value if member.cutout.using else ""
    return {"view": view, "of": FileRef(member.reference.digest).to_json(), "cutout": cutout}


def _words(sheet: Sheet, text: Text, scope: Mapping[str, object], *, lines: bool = False) -> str:
    try:
        return asked_words(text, scope, lines=lines)
    except TemplateProblem as problem:
        sheet.report_template(problem)
        return ""
