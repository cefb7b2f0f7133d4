"""A model that a spec declares itself: what is written becomes a catalogue entry that casting and requests can use."""

from decimal import Decimal
from fractions import Fraction

import jsonschema
import pytest

from adc.compiler.casting import Casting, Need, cast
from adc.compiler.catalogue import Catalogue, Endpoint, builtin
from adc.compiler.definitions import Name, Option
from adc.compiler.diagnostics import Diagnostic
from adc.compiler.nodes import Word
from adc.compiler.own_models import own_model
from adc.compiler.parse import parse
from adc.compiler.plan import Json
from adc.compiler.price import price
from adc.compiler.request import FACTS, apply_options, fill, option_problems, problems

WAN = """
model wan "fal-ai/wan/v2.2/image-to-video" {
  lengths         5s, 10s
  aspects         9:16, 16:9
  resolutions     1080p, 720p
  start           required
  end             optional
  price           $0.05 per second
  longest_prompt  20 characters
  send            start "image_url"
  send            end "end_image_url"
  send            length "duration" as "5s"
  send            aspect "aspect_ratio"
  send            resolution "resolution"
  send            avoid "negative_prompt"
  send            seed "seed"
  set             enable_safety_checker true
  set             guidance_scale 3.5
  set             mode "fast"
}
"""


def read(source: str) -> tuple[Endpoint, list[Diagnostic]]:
    """The endpoint of the one model in `source`, and what is wrong with it."""
    document, wrong = parse("main.ad", source)
    assert not wrong
    found: list[Diagnostic] = []
    (statement,) = document.statements
    name = statement.values[0]
    assert isinstance(name, Word)
    endpoint = own_model(name, statement, found.append)
    return endpoint, found


def sound(source: str) -> Endpoint:
    """The endpoint of a model that nothing is wrong with."""
    endpoint, found = read(source)
    assert found == []
    jsonschema.Draft202012Validator.check_schema(dict(endpoint.input_schema))
    jsonschema.Draft202012Validator.check_schema(dict(endpoint.output_schema))
    return endpoint


def model(*lines: str) -> str:
    """A model called `own` of these lines."""
    return 'model own "me/own" {\n' + "\n".join(lines) + "\n}\n"


SCENE: dict[str, Json] = {
    "prompt": "She smiles.",
    "seconds": 5,
    "aspect": "9:16",
    "resolution": "720p",
    "start_frame": "https://example.com/start.png",
    "avoid": "watermark",
    "seed": 7,
}


def test_what_is_written_is_what_is_sent() -> None:
    endpoint = sound(WAN)
    arguments = fill(endpoint, SCENE)
    assert arguments == {
        "image_url": "https://example.com/start.png",
        "duration": "5s",
        "aspect_ratio": "9:16",
        "resolution": "720p",
        "negative_prompt": "watermark",
        "seed": 7,
        "prompt": "She smiles.",
        "enable_safety_checker": True,
        "guidance_scale": 3.5,
        "mode": "fast",
    }
    assert problems(endpoint, arguments) == ()
    assert (endpoint.role, endpoint.makes, endpoint.outputs) == ("clip", "video", {"video": "video"})
    assert price(endpoint, arguments).usd == Decimal("0.25")
    assert price(endpoint, arguments).mark == "estimated"


def test_casting_picks_it_by_name_and_fits_the_scene_to_it() -> None:
    catalogue = Catalogue((*builtin().endpoints, sound(WAN)))
    need = Need("clip", Fraction(7), "9:16", references=0, start=True, end=False, speech=False)
    assert isinstance(casting := cast(need, catalogue, "wan"), Casting)
    assert (casting.endpoint.id, casting.seconds) == ("fal-ai/wan/v2.2/image-to-video", 10)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"prompt": "x" * 21}, "prompt"),
        ({"seconds": 7}, "duration"),
        ({"aspect": "1:1"}, "aspect_ratio"),
        ({"resolution": "480p"}, "resolution"),
        ({"start_frame": None}, "image_url"),
    ],
)
def test_limits_are_held(change: dict[str, Json], place: str) -> None:
    endpoint = sound(WAN)
    assert [problem.path for problem in problems(endpoint, fill(endpoint, SCENE | change))] == [place]


def test_a_scene_may_set_what_the_model_sets_and_nothing_else(option: Option, other: Option) -> None:
    endpoint = sound(WAN)
    assert option_problems(endpoint, [option]) == ()
    arguments = apply_options(fill(endpoint, SCENE), [option])
    assert arguments["guidance_scale"] == 5
    assert problems(endpoint, arguments) == ()
    (problem,) = option_problems(endpoint, [other])
    assert "guidance_scale" in problem.message


@pytest.fixture
def option(name: Name) -> Option:
    return Option(name, 5, name.span)


@pytest.fixture
def other(name: Name) -> Option:
    return Option(Name("guidance_scal", name.span), 5, name.span)


@pytest.fixture
def name() -> Name:
    document, _ = parse("main.ad", "set guidance_scale 5")
    return Name("guidance_scale", document.statements[0].span)


@pytest.mark.parametrize(
    ("form", "sent", "usd"),
    [("", 8, "0.8"), (" as number", 8, "0.8"), (' as "5"', "8", "0.8"), (" as milliseconds", 8000, "0.8")],
)
def test_a_length_is_sent_as_the_endpoint_wants_it(form: str, sent: Json, usd: str) -> None:
    endpoint = sound(model("lengths 3s to 12s", "price $0.1 per second", f'send length "duration"{form}'))
    facts: dict[str, Json] = {"prompt": "x", "seconds": 8, "milliseconds": 8000}
    arguments = fill(endpoint, facts)
    assert arguments["duration"] == sent
    assert problems(endpoint, arguments) == ()
    assert price(endpoint, arguments).usd == Decimal(usd)
    assert endpoint.takes.seconds == tuple(range(3, 13))


def test_a_model_of_one_length_need_not_be_told_it() -> None:
    endpoint = sound(model("lengths 6s", "price $0.1 per second"))
    assert fill(endpoint, {"prompt": "x", "seconds": 6}) == {"prompt": "x"}
    assert price(endpoint, {"prompt": "x"}).usd == Decimal("0.6")


@pytest.mark.parametrize(
    ("lines", "role", "outputs", "facts", "usd"),
    [
        (["makes image", "price $0.04 per image"], "still", {"image": "images/0"}, {"prompt": "x"}, "0.04"),
        (["makes voice", "price $0.1 per 1000 characters"], "voice", {"audio": "audio"}, {"text": "x" * 50}, "0.005"),
        (["makes voice", "price $0.1 per audio"], "voice", {"audio": "audio"}, {"text": "x"}, "0.1"),
        (
            ["makes music", "lengths 5s to 60s", "price $0.6 per minute", 'send length "ms" as milliseconds'],
            "music",
            {"audio": "audio"},
            {"prompt": "x", "milliseconds": 30_000},
            "0.3",
        ),
    ],
)
def test_every_kind_has_its_part_and_its_price(
    lines: list[str], role: str, outputs: dict[str, str], facts: dict[str, Json], usd: str
) -> None:
    endpoint = sound(model(*lines))
    arguments = fill(endpoint, facts)
    assert (endpoint.role, endpoint.outputs) == (role, outputs)
    assert problems(endpoint, arguments) == ()
    assert price(endpoint, arguments).usd == Decimal(usd)


def test_a_model_without_a_price_is_unknown_to_the_budget() -> None:
    endpoint, found = read(model("makes image"))
    assert [(one.code, one.severity) for one in found] == [("AD0522", "warning")]
    assert price(endpoint, {"prompt": "x"}).mark == "unknown"


def test_references_are_a_list_of_pictures() -> None:
    endpoint = sound(model("makes image", "references 2", "price $1 per image", 'send references "image_urls"'))
    subjects: Json = [{"frontal": "https://example.com/a.png", "angles": ["https://example.com/b.png"]}]
    arguments = fill(endpoint, {"prompt": "x", "subjects": subjects})
    assert arguments["image_urls"] == ["https://example.com/a.png", "https://example.com/b.png"]
    assert problems(endpoint, arguments) == ()


def test_every_fact_that_may_be_sent_is_one_that_requests_know() -> None:
    from adc.compiler.own_endpoint import FACTS as SENT
    from adc.compiler.own_endpoint import KINDS

    assert {place.removeprefix("$") for place in SENT.values()} <= FACTS
    assert {fact for kind in KINDS.values() for fact in kind.sends} == set(SENT)


@pytest.mark.parametrize(
    ("lines", "codes", "words"),
    [
        (["lengths 5s", "start required"], ["AD0521"], 'send start "image_url"'),
        (["lengths 5s", 'send start "image_url"'], ["AD0521"], "start required"),
        (["lengths 5s, 10s"], ["AD0521"], 'send length "duration"'),
        (['send length "duration"'], ["AD0521", "AD0521"], "lengths 5s, 10s"),
        (["makes image", "lengths 5s"], ["AD0521"], "remove it"),
        (["lengths 5s", "references 3", 'send reference "image_url"'], ["AD0521"], "references 1"),
        (["lengths 5s", 'send speech "generate_audio"'], ["AD0521"], "speech yes"),
        (["lengths 5s", 'send colour "c"'], ["AD0304"], "`speech`"),
        (["lengths 5s", 'send seed "a"', 'send seed "b"'], ["AD0207"], "first sent here"),
        (["lengths 5s", 'send seed "a"', 'send avoid "a"'], ["AD0207"], "first sent here"),
        (["lengths 5s", "set a 1", 'send avoid "a"'], ["AD0207"], "`set`"),
        (["lengths 5s", 'send seed "a b"'], ["AD0303"], "copy it"),
        (["lengths 5s", 'send length "d" as "five"'], ["AD0302"], "as milliseconds"),
        (["lengths 5s", 'send seed "d" as "5"'], ["AD0302"], "send start"),
        (["lengths 5s", "send seed"], ["AD0302"], "send start"),
        (["lengths 500ms"], ["AD0303"], "whole seconds"),
        (["lengths 10s to 3s"], ["AD0303"], "lengths 3s to 10s"),
        (["lengths 5s, 9:16"], ["AD0301"], "a duration"),
        (["lengths 5s", "start needed"], ["AD0304"], "`required`"),
        (["lengths 5s", "makes film"], ["AD0304"], "`video`"),
        (["lengths 5s", "longest_prompt 2000"], ["AD0302"], "2000 characters"),
        (["lengths 5s", "longest_prompt 1.5 characters"], ["AD0302"], "2000 characters"),
        (["lengths 5s", "set mode fast"], ["AD0301"], '`"fast"`'),
        (["lengths 5s", "set mode"], ["AD0302"], "set enable_safety_checker true"),
        (["lengths 5s", 'set mode "$prompt"'], ["AD0303"], "another text"),
        (["lengths 5s", "set a 1", "set a 2"], ["AD0207"], "keep one"),
        (["lengths 5s", 'output "video.url"'], ["AD0303"], '`output "video"`'),
        (["makes image", 'output "images[0].url"'], ["AD0303"], '`output "images/0"`'),
        (["lengths 5s", "lenghts 5s"], ["AD0203"], "`lengths`"),
    ],
)
def test_what_makes_no_sense_is_said(lines: list[str], codes: list[str], words: str) -> None:
    _, found = read(model(*lines, "price $1 per image" if "makes image" in lines else "price $1 per clip"))
    assert [one.code for one in found] == codes
    said = [(one.label, one.hint, *(note.text for note in one.notes)) for one in found]
    assert any(words in part for parts in said for part in parts), said


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("price $1", "AD0302", "price $1 per second"),
        ("price $1 per image", "AD0304", "`per clip`"),
        ("price 1 per clip", "AD0302", "`per minute`"),
    ],
)
def test_a_price_is_paid_for_something(written: str, code: str, words: str) -> None:
    _, found = read(model("lengths 5s", written))
    assert [one.code for one in found] == [code]
    assert words in found[0].hint


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        (
            "https://fal.ai/models/fal-ai/wan/v2.2/image-to-video/api",
            'did you mean `"fal-ai/wan/v2.2/image-to-video"`?',
        ),
        ("https://queue.fal.run/fal-ai/wan", 'did you mean `"fal-ai/wan"`?'),
        ("wan", "the id stands at the top of the endpoint's page: `fal-ai/wan/v2.2/image-to-video`"),
    ],
)
def test_an_address_is_not_an_id(written: str, hint: str) -> None:
    _, found = read(f'model wan "{written}" {{\n  lengths 5s\n  price $1 per clip\n}}\n')
    assert [(one.code, one.hint) for one in found] == [("AD0520", hint)]
