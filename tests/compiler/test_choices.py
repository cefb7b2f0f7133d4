"""Params and variants: what is chosen for a build, and what it is put into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.planned import compiled, planned, prompt

from adc.compiler.plan import Plan

OPENERS = """
variant opener {
  doubt   "I almost gave up."
  secret  "Nobody in {{ city }} told me."
}
param city "Denver"
ad glow
character maya { reference "refs/maya.png" }
scene hook 8s {
  cast    maya
  action  "{{ maya }} looks at us"
  says    maya "{{ opener }}"
}
scene proof 5s { action "rain over {{ city }}" }
"""


def told(plan: Plan, step: str = "proof.clip") -> str:
    return prompt(plan.step(step))


def test_a_param_is_its_default_until_it_is_set() -> None:
    assert "Action: rain over Denver." in told(planned(OPENERS))
    assert "Action: rain over New York." in told(planned(OPENERS, settings={"city": "New York"}))


@pytest.mark.parametrize("value", ['with "quotes"', "with \\ a backslash", "with {braces}", "naïve, ça va", "8s"])
def test_text_is_set_as_it_is_typed(value: str) -> None:
    source = 'param city "Denver"\nad glow\ncard a 3s { headline "in {{ city }}" }'
    assert planned(source, settings={"city": value}).step("a.card").arguments["headline"] == f"in {value}"


EVERYWHERE = """
param length 8s
param pixels 720p
param shape 1:1
param frames 25fps
param most $4
param who maya
param maker kling_o1
param where bottom
param loud -18dB
param number 7
param words "rain"
param file "refs/maya.png"

ad glow {
  size      pixels shape
  rate      frames
  budget    most
  duration  length
  music     "refs/song.wav" { level loud }
}

character maya { reference file }

scene a length {
  using   maker
  cast    who
  action  words
  take    number
  super   "Day 30" at where for length
}
"""


def test_a_param_may_stand_wherever_a_value_is_expected() -> None:
    plan = planned(EVERYWHERE)
    clip, film = plan.step("a.clip"), plan.step("film.master").arguments
    assert (plan.width, plan.height, plan.rate, plan.frames) == (720, 720, 25, 200)
    assert clip.endpoint == "fal-ai/kling-video/o1/reference-to-video"
    assert "Action: rain." in prompt(clip)
    assert {file.path for file in plan.files} == {"refs/maya.png", "refs/song.wav"}
    assert isinstance(film["music"], dict)
    assert film["music"]["level"] == "-18"
    assert film["supers"] == [{"text": "Day 30", "place": "bottom", "at": 0, "frames": 200}]


@pytest.mark.parametrize(
    ("name", "value"), [("length", "4s"), ("pixels", "1080p"), ("shape", "9:16"), ("where", "top"), ("number", "8")]
)
def test_whatever_its_type_a_param_can_be_set(name: str, value: str) -> None:
    assert planned(EVERYWHERE, settings={name: value}) != planned(EVERYWHERE)


def test_a_value_of_a_param_stands_in_texts_as_it_is_written() -> None:
    plan = planned('param length 8s\nad glow\nscene a length { action "rain for {{ length }}" }')
    assert "Action: rain for 8s." in told(plan, "a.clip")
    plan = planned(
        'param length 8s\nad glow\nscene a length { action "rain for {{ length }}" }', settings={"length": "4s"}
    )
    assert "Action: rain for 4s." in told(plan, "a.clip")


def test_the_first_choice_of_a_variant_is_the_default() -> None:
    plan = planned(OPENERS)
    assert plan.choices == {"opener": "doubt"}
    assert '"I almost gave up."' in told(plan, "hook.clip")


def test_another_choice_is_named_by_its_key_and_may_name_params() -> None:
    plan = planned(OPENERS, variants={"opener": "secret"}, settings={"city": "Boston"})
    assert plan.choices == {"opener": "secret"}
    assert '"Nobody in Boston told me."' in told(plan, "hook.clip")


def test_variants_share_every_step_that_they_do_not_touch() -> None:
    doubt, secret = planned(OPENERS), planned(OPENERS, variants={"opener": "secret"})
    assert doubt.step("proof.clip") == secret.step("proof.clip")
    assert doubt.step("hook.clip").arguments != secret.step("hook.clip").arguments


def test_a_variant_may_be_any_value_and_stand_where_one_is_expected() -> None:
    source = 'variant time { short 4s\n long 8s }\nad glow\nscene a time { action "rain" }'
    assert planned(source).frames == 120
    assert planned(source, variants={"time": "long"}).frames == 240


WAITING = {
    "a": 'param a "a of {{ b }}"',
    "b": 'param b "b of {{ c }} and {{ maya.wears }}"',
    "c": 'variant c { one "c of {{ d }}" }',
    "d": 'param d "d"',
    "maya": 'character maya { looks "tall, {{ tom.looks }}"\n wears "{{ d }}" }',
    "tom": 'character tom { looks "in {{ c }}, beside {{ maya }}" }',
}
FILM = '\nad glow\nscene hook 8s {\n cast maya, tom\n action "{{ a }}; {{ maya.looks }}"\n}\n'


@given(st.permutations(list(WAITING)), st.booleans())
def test_texts_may_name_each_other_in_any_order(order: list[str], above: bool) -> None:
    declared = "\n".join(WAITING[name] for name in order)
    plan = planned(f"{declared}\n{FILM}" if above else f"{FILM}\n{declared}\n")
    action = "Action: a of b of c of d and d; tall, in c of d, beside Maya."
    assert action in told(plan, "hook.clip")


def test_a_long_chain_of_params_is_no_circle() -> None:
    chain = "".join(f'param p{number} "{{{{ p{number + 1} }}}}"\n' for number in range(3000))
    plan = planned(chain + 'param p3000 "rain"\nad glow\nscene a 8s { action "{{ p0 }}" }')
    assert "Action: rain." in told(plan, "a.clip")


def test_params_of_an_import_and_of_the_spec_may_name_each_other() -> None:
    brand = 'param town "the town of {{ city }}"\nparam city "Denver"\nparam city_only "{{ town }}"'
    source = (
        'import "brand.ad" as brand\nparam all "in {{ brand.city_only }}"\nad glow\nscene a 8s { action "{{ all }}" }'
    )
    assert "Action: in the town of Denver." in told(planned(source, {"brand.ad": brand}), "a.clip")


def test_a_circle_through_a_setting_is_shown() -> None:
    source = 'param a "{{ b }}"\nparam b "rain"\nad glow\nscene x 8s { action "{{ a }}" }'
    found = compiled(source, settings={"b": "{{ a }}"})
    (diagnostic,) = found.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("AD0605", "`a` and `b` wait for each other")
    assert [place.path for place in (diagnostic.span, *(note.span for note in diagnostic.notes))] == [
        "main.ad",
        "--set b",
    ]


def test_a_text_that_was_set_and_does_not_fit_is_shown_where_it_is_used() -> None:
    found = compiled('param photo "refs/maya.png"\nad glow\ncharacter maya { reference photo }\n'
                     'scene a 8s {\n cast maya\n action "x"\n}', settings={"photo": "refs/tom.png"})  # fmt: skip
    (diagnostic,) = found.diagnostics
    assert (diagnostic.code, diagnostic.span.line) == ("AD0101", 3)
    assert [note.text for note in diagnostic.notes] == ['`photo` is the text `"refs/tom.png"`']


def test_the_key_of_a_choice_can_be_read() -> None:
    source = 'variant tone { warm "golden"\n cold "blue" }\nad glow\nscene a 8s { action "{{ tone }}, {{ tone.key }}" }'
    assert "Action: golden, warm." in told(planned(source), "a.clip")
    assert "Action: blue, cold." in told(planned(source, variants={"tone": "cold"}), "a.clip")


def test_params_and_variants_of_an_import_are_called_by_its_name() -> None:
    brand = 'param city "Denver"\nvariant tone { warm "golden {{ city }}"\n cold "blue {{ city }}" }'
    source = 'import "brand.ad" as brand\nad glow\nscene a 8s { action "{{ brand.tone }} in {{ brand.city }}" }'
    assert "Action: golden Denver in Denver." in told(planned(source, {"brand.ad": brand}), "a.clip")
    other = planned(source, {"brand.ad": brand}, settings={"brand.city": "Boston"}, variants={"brand.tone": "cold"})
    assert "Action: blue Boston in Boston." in told(other, "a.clip")
    assert other.choices == {"brand.tone": "cold"}


def test_a_setting_is_shown_where_it_was_typed() -> None:
    found = compiled('param length 8s\nad glow\nscene a length { action "x" }', settings={"length": "4"})
    (diagnostic,) = found.diagnostics
    assert (diagnostic.code, diagnostic.span.path) == ("AD0301", "--set length")
    assert found.texts["--set length"][diagnostic.span.start : diagnostic.span.end] == "4"
    assert diagnostic.notes[0].span.line == 1


@given(st.text(max_size=12), st.text(max_size=12), st.sampled_from(["city", "length", "opener", "nope"]))
def test_whatever_is_typed_is_judged(setting: str, variant: str, name: str) -> None:
    found = compiled(OPENERS + "param length 8s\n", settings={name: setting}, variants={name: variant})
    assert found.plan is None or not any(one.severity == "error" for one in found.diagnostics)
    for diagnostic in found.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(found.texts[diagnostic.span.path])
