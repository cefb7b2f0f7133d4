"""From files to a script: what a correct spec means, defaults, imports, and files in odd forms."""

import tracemalloc
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.spec_cases import pictures

from adc.compiler.catalogue import builtin
from adc.compiler.definitions import Card, Character, FrameOf, Keyframe, Picture, Scene, Script
from adc.compiler.digest import digest_bytes
from adc.compiler.files import Escapes, MemoryFiles, beside
from adc.compiler.mentions import place
from adc.compiler.pipeline import compile_spec
from adc.compiler.resolve import Loaded, load
from adc.compiler.units import Size

GLOW = """
import "cast/maya.ad"

ad glow_serum "Glow Serum: 30 seconds" {
  duration  25s
  size      720p 16:9
  rate      25fps
  budget    $12.50
  style     phone
}

style phone {
  look       "shot on a phone"
  avoid      "text, watermark"
  reference  "refs/look.webp"
}

product serum "Glow Serum" {
  reference  "refs/serum.jpg"
}

scene hook 8s {
  using     kling_o1
  cast      maya, serum
  setting   "a bathroom"
  action    "{{ maya }} lifts {{ serum }}"
  says      maya "I almost gave up."
  voiceover "Two drops."
  says      maya "Truly."
  seed      7
  take      2
  set       cfg_scale 0.5
  set       audio true
  set       steps 30
  set       mode "pro"
}

transition continue

scene proof 10s {
  cast    maya
  prompt  "{{ maya }} smiles"
}

scene park 4s {
  start   keyframe "a park bench" using flux_2
  action  "she turns"
}

card offer 1500ms {
  background "#F4E"
  headline   "Glow Serum"
  line       "20% off"
  line       "today"
}

scene end 1.5s {
  start  frame of park
  action "she waves"
}
"""

MAYA = """
voice warm {
  using  eleven_v3
  id     "Rachel"
  set    stability 0.5
}
character maya "Maya Brooks" {
  reference  "../refs/maya.png"
  looks      "late twenties"
  voice      warm
  pack       front, three_quarter
}
character extra { voice "hoarse" }
"""


def run(source: str | bytes, **others: str | bytes) -> Loaded:
    contents = {"main.ad": source, **others}
    encoded = {path: data.encode() if isinstance(data, str) else data for path, data in contents.items()}
    return load("main.ad", MemoryFiles({**pictures(), **encoded}, above=1))


def script(loaded: Loaded) -> Script:
    assert loaded.diagnostics == ()
    assert loaded.script is not None
    return loaded.script


def glow() -> Script:
    return script(run(GLOW, **{"cast/maya.ad": MAYA}))


def test_the_ad() -> None:
    ad = glow().ad
    assert (ad.name, ad.title) == ("glow_serum", "Glow Serum: 30 seconds")
    assert ad.seconds == Fraction(25)
    assert (ad.size, ad.short_side, ad.aspect, ad.rate) == (Size(1280, 720), 720, "16:9", 25)
    assert ad.budget == Decimal("12.50")
    assert ad.style is not None
    assert ad.style.avoid is not None
    assert ad.style.avoid.value == "text, watermark"
    assert ad.style.reference is not None
    assert ad.style.reference.media_type == "image/webp"


def test_defaults() -> None:
    ad = script(run('ad glow_serum\nscene hook 8s { action "morning" }')).ad
    assert (ad.size, ad.aspect, ad.rate, ad.title) == (Size(1080, 1920), "9:16", 30, "Glow serum")
    assert (ad.seconds, ad.budget, ad.style) == (None, None, None)
    scene = script(run('ad glow\nscene hook 8s { action "morning" }')).pieces[0]
    assert isinstance(scene, Scene)
    assert (scene.take, scene.seed, scene.cast, scene.options, scene.start) == (1, None, (), (), None)


def test_the_cast() -> None:
    maya = glow().characters["maya"]
    assert (maya.name, maya.display) == ("maya", "Maya Brooks")
    assert [view.value for view in maya.pack] == ["front", "three_quarter"]
    assert maya.voice is not None
    assert (maya.voice.name, maya.voice.using and maya.voice.using.value) == ("warm", "eleven_v3")
    assert (maya.voice.id and maya.voice.id.value, maya.voice.options[0].value) == ("Rachel", Decimal("0.5"))
    extra = glow().characters["extra"]
    assert extra.display == "Extra"
    assert extra.voice is not None
    assert (extra.voice.name, extra.voice.id and extra.voice.id.value) == ("", "hoarse")
    picture = maya.reference
    data = pictures()["refs/maya.png"]
    assert picture is not None
    assert (picture.path, picture.size, picture.media_type) == ("refs/maya.png", Size(1024, 1024), "image/png")
    assert (picture.digest, picture.bytes) == (digest_bytes(data), len(data))
    assert picture.span.path == "cast/maya.ad"


def test_a_scene() -> None:
    film = glow()
    hook = film.pieces[0]
    assert isinstance(hook, Scene)
    assert hook.cast == (film.characters["maya"], film.products["serum"])
    assert hook.using is not None
    assert hook.using.value == "kling_o1"
    assert {name: text.value for name, text in hook.parts.items()} == {
        "setting": "a bathroom",
        "action": "{{ maya }} lifts {{ serum }}",
    }
    assert [(line.who and line.who.name, line.text.value, line.on_camera) for line in hook.lines] == [
        ("maya", "I almost gave up.", True),
        (None, "Two drops.", False),
        ("maya", "Truly.", True),
    ]
    assert (hook.seed, hook.take) == (7, 2)
    values = [option.value for option in hook.options]
    assert values == [Decimal("0.5"), True, 30, "pro"]
    assert [type(value) for value in values] == [Decimal, bool, int, str]


def test_the_timeline() -> None:
    film = glow()
    assert [(piece.name, piece.seconds) for piece in film.pieces] == [
        ("hook", 8),
        ("proof", 10),
        ("park", 4),
        ("offer", Fraction(3, 2)),
        ("end", Fraction(3, 2)),
    ]
    assert [join and join.kind for join in film.joins] == ["continue", None, None, None]
    _, _, park, offer, end = film.pieces
    assert isinstance(park, Scene)
    assert isinstance(park.start, Keyframe)
    assert park.start.using is not None
    assert (park.start.prompt.value, park.start.using.value) == ("a park bench", "flux_2")
    assert isinstance(offer, Card)
    assert (offer.background, [line.value for line in offer.lines]) == ("#ff44ee", ["20% off", "today"])
    assert isinstance(end, Scene)
    assert isinstance(end.start, FrameOf)
    assert end.start.scene.value == "park"


def test_a_start_picture() -> None:
    scene = script(run('ad glow\nscene hook 8s {\n action "x"\n start "refs/maya.png"\n}')).pieces[0]
    assert isinstance(scene, Scene)
    assert isinstance(scene.start, Picture)


def test_every_file_that_was_read_is_an_input() -> None:
    loaded = run(GLOW, **{"cast/maya.ad": MAYA})
    contents = {**pictures(), "main.ad": GLOW.encode(), "cast/maya.ad": MAYA.encode()}
    read = ("main.ad", "cast/maya.ad", "refs/maya.png", "refs/look.webp", "refs/serum.jpg")
    assert loaded.inputs == {path: digest_bytes(contents[path]) for path in read}
    assert set(loaded.texts) == {"main.ad", "cast/maya.ad"}


def test_files_that_are_wrong_are_inputs_too() -> None:
    loaded = run('ad glow\ncard a 3s { logo "refs/page.png" }\nimport "latin.ad"', **{"latin.ad": b"\xff"})
    assert set(loaded.inputs) == {"main.ad", "refs/page.png", "latin.ad"}


def test_an_import_under_a_name() -> None:
    loaded = run(
        'import "../brand/all.ad" as brand\nad glow\nscene hook 8s {\n cast brand.maya\n action "{{ brand.maya }}"\n}',
        **{"../brand/all.ad": 'import "maya.ad"', "../brand/maya.ad": 'character maya { reference "maya.png" }'},
        **{"../brand/maya.png": pictures()["refs/maya.png"]},
    )
    maya = script(loaded).characters["brand.maya"]
    assert (maya.name, maya.display) == ("brand.maya", "Maya")
    assert maya.reference is not None
    assert maya.reference.path == "../brand/maya.png"


def test_one_file_imported_twice_is_no_conflict() -> None:
    loaded = run(
        'import "a.ad"\nimport "b.ad"\nad glow\nscene hook 8s {\n cast maya\n action "x"\n}',
        **{"a.ad": 'import "maya.ad"', "b.ad": 'import "maya.ad"', "maya.ad": "character maya"},
    )
    assert isinstance(script(loaded).characters["maya"], Character)


@pytest.mark.parametrize(
    "data",
    [
        GLOW.encode("utf-8-sig"),
        GLOW.replace("\n", "\r\n").encode(),
        GLOW.replace("\n", "\r").encode(),
        GLOW.rstrip().encode(),
        GLOW.replace("  ", "\t").encode(),
        GLOW.replace("  ", "\u00a0 ").encode(),
    ],
)
def test_marks_line_ends_and_blanks_change_nothing(data: bytes) -> None:
    assert [piece.name for piece in script(run(data, **{"cast/maya.ad": MAYA})).pieces] == [
        piece.name for piece in glow().pieces
    ]


def test_windows_line_ends_give_the_same_texts() -> None:
    source = 'ad glow\nscene hook 8s {\n  action """\n    one\n    two\n    """\n}\n'
    for data in (source, source.replace("\n", "\r\n")):
        scene = script(run(data)).pieces[0]
        assert isinstance(scene, Scene)
        assert scene.parts["action"].value == "one\ntwo"


def test_a_spec_that_is_not_there() -> None:
    loaded = load("nowhere.ad", MemoryFiles({}))
    assert loaded.script is None
    assert [diagnostic.code for diagnostic in loaded.diagnostics] == ["AD0101"]


def test_a_spec_that_may_not_be_read() -> None:
    class Locked:
        def read(self, path: str) -> bytes:
            raise PermissionError(13, "Permission denied", path)

        def names(self, folder: str) -> tuple[str, ...]:
            raise PermissionError(13, "Permission denied", folder)

    (diagnostic,) = load("main.ad", Locked()).diagnostics
    assert (diagnostic.code, diagnostic.label) == ("AD0105", "permission denied")


def test_a_place_in_a_text_is_a_place_in_the_file() -> None:
    source = 'ad glow\nscene hook 8s {\n  action """\n    a \\"b\\"\n    cde\n    """\n}\n'
    loaded = run(source)
    scene = script(loaded).pieces[0]
    assert isinstance(scene, Scene)
    text = scene.parts["action"]
    start = text.value.index("cde")
    span = place(text, start, start + 3, source)
    assert (source[span.start : span.end], span.line, span.column) == ("cde", 5, 5)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(GLOW.split("\n")), max_size=25), st.binary(max_size=20), st.integers(0, 200))
def test_nothing_that_can_be_written_raises(lines: list[str], junk: bytes, at: int) -> None:
    source = "\n".join(lines).encode()
    loaded = run(source[:at] + junk + source[at:], **{"cast/maya.ad": MAYA})
    assert (loaded.script is None) == any(one.severity == "error" for one in loaded.diagnostics)
    for diagnostic in loaded.diagnostics:
        if diagnostic.span.path in loaded.texts:
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(loaded.texts[diagnostic.span.path])


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="{}%#|ab.()[]'\\ \n~x", max_size=30))
def test_no_template_raises(template: str) -> None:
    escaped = template.replace("\\", "\\\\")
    loaded = run(f'ad glow\nscene hook 8s {{\n  action """she smiles {escaped}"""\n}}')
    assert all(diagnostic.code.startswith("AD06") for diagnostic in loaded.diagnostics)


@pytest.mark.parametrize(
    "template", ["{{ " + "(" * 5000 + " }}", "{{ " + "9" * 5000 + " }}", "{{ a" + ".b" * 5000 + " }}"]
)
def test_monstrous_templates_are_refused(template: str) -> None:
    loaded = run(f'ad glow\nscene hook 8s {{ action "{template}" }}')
    assert {diagnostic.code for diagnostic in loaded.diagnostics} <= {"AD0601", "AD0602"}


@pytest.mark.parametrize(
    "template",
    [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in 'aaaaaaaaaa' %}" * 50 + "x" + "{% endfor %}" * 50,
        "{% set a = 'aa' %}" + "{% set a = a ~ a %}" * 50 + "{{ a }}",
        "{% with a = 'aa' %}{{ a }}{% endwith %}",
        "{% filter upper %}a{% endfilter %}",
        "{% call x() %}{% endcall %}",
        "{% block a %}{{ self.a() }}{% endblock %}",
        "{{ 'a'.zfill(999999999) }}",
        "{{ 'a'.join }}" + "{{ scene.name.upper }}",
        "{{ 'a' | center(999999999) }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ '%999999999d' is divisibleby 3 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'a' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ 2 ** 999999999 }}",
        "{{ 'a'" + " | replace('a', 'aaaaaaaaaa')" * 20 + " }}",
        "{{ 1 | round(999999999, 'floor') }}",
        "{{ 1 | round(-999999999) }}",
        "{{ 1e400 | int }}",
        "{{ (1e308 + 1e308) | int + 'a' }}",
        "{{ x " + "~ 'aaaaaaaaaa' | replace('a', 'aaaaaaaaaa')" * 400 + " }}",
        "a" * 20_001,
        ("{{ 'aaaaaaaaaa' | replace('a', '" + "a" * 1_500 + "') }}") * 2,
    ],
)
def test_no_template_takes_long_or_becomes_large(template: str) -> None:
    source = f'ad glow\nscene hook 8s {{ action """she smiles {template}""" }}'
    tracemalloc.start()
    compiled = compile_spec("main.ad", MemoryFiles({"main.ad": source.encode()}), builtin())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 60_000_000
    assert {diagnostic.code[:4] for diagnostic in compiled.diagnostics} == {"AD06"}


def test_a_project_in_memory() -> None:
    files = MemoryFiles({"a/b.ad": b"x", "../c.ad": b"y"}, above=1)
    assert files.read("a/../a/b.ad") == b"x"
    assert files.read("../c.ad") == b"y"
    for path, error in (
        ("../../c.ad", Escapes),
        ("/a/b.ad", Escapes),
        ("a", IsADirectoryError),
        ("a/c.ad", FileNotFoundError),
    ):
        with pytest.raises(error):
            files.read(path)
    assert beside("cast/maya.ad", "../refs/maya.png") == "refs/maya.png"
