"""Casting: the cheapest endpoint that gives what a scene needs, and a helpful no where none does."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scripts import endpoint, maya, serum

from adc.compiler.casting import Casting, Need, Refusal, bought, cast, views_of
from adc.compiler.catalogue import Catalogue, builtin
from adc.compiler.frozen import replace
from adc.compiler.plan import Json
from adc.compiler.price import price
from adc.compiler.request import fill, resolution


def clip(
    seconds: str = "8",
    *,
    references: int = 0,
    start: bool = False,
    end: bool = False,
    speech: bool = False,
    aspect: str = "9:16",
) -> Need:
    return Need("clip", Fraction(seconds), aspect, references, start, end, speech)


def still(references: int = 0) -> Need:
    return Need("still", None, "9:16", references, False, False, False)


def chosen(need: Need, using: str | None = None) -> Casting:
    casting = cast(need, builtin(), using)
    assert isinstance(casting, Casting), casting
    return casting


def refused(need: Need, using: str | None = None) -> Refusal:
    refusal = cast(need, builtin(), using)
    assert isinstance(refusal, Refusal), refusal
    return refusal


WORDS, CAST, START = clip(), clip(references=2), clip(start=True)
CAST_START = clip(references=2, start=True)
BOTH, CAST_BOTH = clip(start=True, end=True), clip(references=2, start=True, end=True)


@pytest.mark.parametrize(
    ("model", "need", "path", "waived"),
    [
        ("kling_o1", CAST, "kling-video/o1/reference-to-video", False),
        ("kling_o1", CAST_START, "kling-video/o1/reference-to-video", False),
        ("kling_o1", BOTH, "kling-video/o1/image-to-video", False),
        ("kling_o1", CAST_BOTH, "kling-video/o1/image-to-video", True),
        ("kling_o1_standard", CAST_START, "kling-video/o1/standard/reference-to-video", False),
        ("kling_o1_standard", BOTH, "kling-video/o1/standard/image-to-video", False),
        ("kling_o3", WORDS, "kling-video/o3/standard/text-to-video", False),
        ("kling_o3", CAST, "kling-video/o3/standard/reference-to-video", False),
        ("kling_o3", START, "kling-video/o3/standard/image-to-video", False),
        ("kling_o3", CAST_START, "kling-video/o3/standard/reference-to-video", False),
        ("kling_o3", BOTH, "kling-video/o3/standard/image-to-video", False),
        ("kling_o3", CAST_BOTH, "kling-video/o3/standard/reference-to-video", False),
        ("kling_o3_pro", WORDS, "kling-video/o3/pro/text-to-video", False),
        ("kling_o3_pro", CAST_BOTH, "kling-video/o3/pro/reference-to-video", False),
        ("kling_o3_4k", CAST, "kling-video/o3/4k/reference-to-video", False),
        ("veo3_1", WORDS, "veo3.1", False),
        ("veo3_1", CAST, "veo3.1/reference-to-video", False),
        ("veo3_1", START, "veo3.1/image-to-video", False),
        ("veo3_1", CAST_START, "veo3.1/image-to-video", True),
        ("veo3_1", BOTH, "veo3.1/first-last-frame-to-video", False),
        ("veo3_1_fast", CAST_BOTH, "veo3.1/fast/first-last-frame-to-video", True),
        ("veo3_1_lite", WORDS, "veo3.1/lite", False),
        ("veo3_1_lite", START, "veo3.1/lite/image-to-video", False),
        ("flux_2", still(), "flux-2", False),
        ("flux_2", still(3), "flux-2/edit", False),
        ("nano_banana_pro", still(5), "nano-banana-pro/edit", False),
        ("ideogram_character", still(1), "ideogram/character", False),
    ],
)
def test_a_named_model_sends_the_endpoint_that_the_scene_needs(model: str, need: Need, path: str, waived: bool) -> None:
    casting = chosen(need, model)
    assert (casting.endpoint.id, casting.references_waived) == (f"fal-ai/{path}", waived)
    assert casting.why.startswith("named in the spec")
    assert ("start frame stands in" in casting.why) is waived


@pytest.mark.parametrize(
    ("need", "model", "why"),
    [
        (WORDS, "veo3_1_lite", "the cheapest of 5 that fit"),
        (CAST, "kling_o1_standard", "the cheapest of 6 that take references"),
        (clip(speech=True), "veo3_1_lite", "the cheapest of 5 that speak"),
        (clip(speech=True, references=1), "kling_o3", "the cheapest of 4 that speak and take references"),
        (clip(speech=True, start=True), "veo3_1_lite", "the cheapest of 6 that speak and take a start frame"),
        (CAST_START, "kling_o1_standard", "the cheapest of 5 that take references and a start frame"),
        (CAST_BOTH, "kling_o3", "the cheapest of 3 that take references and a start and an end frame"),
        (clip("12", references=1), "kling_o3", "the cheapest of 3 that take references"),
        (still(), "flux_2", "the cheapest of 6 that fit"),
        (still(2), "nano_banana", "the cheapest of 6 that take references"),
        (Need("voice", None, "9:16", 0, False, False, True), "eleven_turbo", "the cheapest of 4 that speak"),
    ],
)
def test_without_a_name_the_cheapest_that_fits_is_cast(need: Need, model: str, why: str) -> None:
    casting = chosen(need)
    assert (casting.endpoint.model, casting.why) == (model, why)


def test_references_are_kept_as_long_as_anything_takes_them() -> None:
    """Veo 3.1 lite would be cheaper from the start frame, but would not know the cast."""
    kept = chosen(CAST_START)
    waived = chosen(replace(CAST_START, references=8))
    assert (kept.endpoint.model, kept.references_waived) == ("kling_o1_standard", False)
    assert (waived.endpoint.model, waived.references_waived) == ("veo3_1_lite", True)
    assert waived.why.endswith("; the start frame stands in for the reference pictures")


def test_where_one_model_is_left_the_plan_says_so() -> None:
    lonely = Catalogue((endpoint("kling-video/o1/reference-to-video"),))
    casting = cast(CAST_START, lonely, None)
    assert isinstance(casting, Casting)
    assert casting.why == "the only model that takes references and a start frame"


@pytest.mark.parametrize(
    ("model", "seconds", "length"),
    [("veo3_1", "1.5", 4), ("veo3_1", "4", 4), ("veo3_1", "4.1", 6), ("kling_o3", "7.2", 8), ("kling_o3", "15", 15)],
)
def test_the_shortest_legal_length_that_is_enough_is_bought(model: str, seconds: str, length: int) -> None:
    assert chosen(clip(seconds), model).seconds == length


def test_a_still_has_no_length() -> None:
    assert chosen(still()).seconds is None


def test_the_price_of_the_bought_length_decides() -> None:
    """Three seconds of Kling O3 are cheaper than the four that Veo sells at least; for four, Veo is."""
    pair = Catalogue((endpoint("kling-video/o3/standard/text-to-video"), endpoint("veo3.1/fast")))
    short, longer = cast(clip("3"), pair, None), cast(clip("8", speech=True, aspect="16:9"), pair, None)
    assert isinstance(short, Casting)
    assert isinstance(longer, Casting)
    assert (short.endpoint.model, short.seconds) == ("kling_o3", 3)
    assert longer.endpoint.model == "kling_o3"


def test_the_resolution_of_the_film_counts_in_the_price() -> None:
    lite, kling = endpoint("veo3.1/lite"), endpoint("kling-video/o3/standard/text-to-video")
    cheap = replace(kling, price=replace(kling.price, usd={"false": "0.04", "true": "0.06"}))
    pair = Catalogue((cheap, lite))
    models = []
    for short_side in (720, 1080):
        casting = cast(replace(WORDS, short_side=short_side), pair, None)
        assert isinstance(casting, Casting)
        models.append(casting.endpoint.model)
    assert models == ["veo3_1_lite", "kling_o3"]


def test_an_unknown_price_is_the_last_to_be_chosen() -> None:
    lite = endpoint("veo3.1/lite")
    nameless = replace(lite, id="a/first", model="nameless", price=replace(lite.price, mark="unknown"))
    casting = cast(WORDS, Catalogue((nameless, endpoint("veo3.1"))), None)
    assert isinstance(casting, Casting)
    assert casting.endpoint.model == "veo3_1"


UNPRICED = replace(
    endpoint("veo3.1"), id="a/first", model="nameless", price=replace(endpoint("veo3.1").price, mark="unknown")
)


@pytest.mark.parametrize(
    ("need", "other", "why"),
    [
        (WORDS, "veo3.1", "the only model with a known price that fits"),
        (clip("16"), "kling-video/o3/standard/text-to-video", "the only model"),
        (clip(references=1, start=True), "veo3.1/image-to-video", "the start frame stands in"),
        (clip(references=1, speech=True), "kling-video/o1/reference-to-video", "so a voice is laid over it"),
    ],
)
def test_whatever_else_would_do_comes_before_a_price_that_nobody_knows(need: Need, other: str, why: str) -> None:
    able = replace(UNPRICED.takes, references=4, start_frame="optional", seconds=(8, 16))
    also = () if need.seconds == 8 else (endpoint("kling-video/o3/standard/image-to-video"),)
    casting = cast(need, Catalogue((replace(UNPRICED, takes=able), endpoint(other), *also)), None)
    assert isinstance(casting, Casting)
    assert casting.endpoint.id == f"fal-ai/{other}"
    assert why in casting.why


def test_where_only_unknown_prices_are_left_nobody_is_called_the_cheapest() -> None:
    second = replace(UNPRICED, id="a/second", model="another")
    casting = cast(WORDS, Catalogue((UNPRICED, second)), None)
    assert isinstance(casting, Casting)
    assert (casting.endpoint.model, casting.why) == ("nameless", "one of 2 that fit")
    named = cast(WORDS, Catalogue((UNPRICED, endpoint("veo3.1"))), "nameless")
    assert isinstance(named, Casting)
    assert named.why == "named in the spec"


@pytest.mark.parametrize(
    ("model", "need", "message", "hint"),
    [
        ("veo3_1_lite", clip(references=1), "`veo3_1_lite` cannot make this: it takes no references",
         "give the scene a start frame"),
        ("kling_o1", WORDS, "`kling_o1` cannot make this: it needs a start frame", "give the scene a start frame"),
        ("veo3_1", clip(aspect="4:5"), "`veo3_1` cannot make this: it makes 16:9 and 9:16, not 4:5", ""),
        ("veo3_1", clip(end=True), "`veo3_1` cannot make this: it takes no end frame", "give the scene a start frame"),
        ("kling_o1", clip(references=8), "`kling_o1` cannot make this: it takes 7 references, and the cast make 8",
         "put fewer people and things in the cast"),
        ("nano_banana", still(4), "`nano_banana` cannot make this: it takes 3 references, and the cast make 4",
         "put fewer people and things in the cast"),
        ("kling_01", CAST, "there is no model `kling_01`", "did you mean `kling_o1`?"),
        ("nano_banana", WORDS, "`nano_banana` makes stills, not clips", "models that do: `seedance_2`, `kling_o1`, "
         "`kling_o1_standard`, `kling_o3_4k`, `kling_o3_pro`, `kling_o3`, `veo3_1`, `veo3_1_fast`, `veo3_1_lite`"),
        ("veo3_1", clip("200"), "`veo3_1` cannot make this: it makes clips of at most 8 s",
         "the longest is 8 s: make the scene shorter, or write two"),
    ],
)  # fmt: skip
def test_a_named_model_that_cannot_is_refused_with_the_likeliest_mend(
    model: str, need: Need, message: str, hint: str
) -> None:
    refusal = refused(need, model)
    assert (refusal.message, refusal.hint) == (message, hint)


def test_a_start_frame_among_the_pictures_takes_the_place_of_a_reference() -> None:
    seven = clip(references=7)
    assert chosen(seven, "kling_o1").references_waived is False
    assert chosen(replace(seven, start=True), "kling_o1").references_waived is True
    assert chosen(replace(seven, start=True), "kling_o3").references_waived is False


def test_when_nothing_fits_the_nearest_models_say_what_they_lack() -> None:
    square = refused(clip(aspect="4:5", references=1))
    assert square.message == "no model makes a 4:5 clip of 8 s with a reference"
    assert len(square.lacks) == 3
    assert all(lack.endswith(", not 4:5") for _, lack in square.lacks), square.lacks
    assert ("kling_o3", "makes 16:9, 9:16 and 1:1, not 4:5") in square.lacks
    assert square.hint == "give the scene a start frame"
    assert refused(still(15)).message == "no model makes a 9:16 still with 15 references"
    endless = refused(clip("500"))
    assert endless.message == "no model makes a 9:16 clip of 500 s"
    assert endless.hint == "the longest is 15 s: make the scene shorter, or write two"


def lengths(casting: Casting) -> list[tuple[str, int | None, Fraction | None]]:
    return [(part.endpoint.id.removeprefix("fal-ai/"), part.bought, part.kept) for part in casting.parts]


def test_a_scene_longer_than_the_longest_clip_becomes_the_fewest_clips_as_even_as_can_be() -> None:
    casting = chosen(clip("16", references=1), "kling_o1")
    path = "kling-video/o1/reference-to-video"
    assert lengths(casting) == [(path, 8, Fraction(8)), (path, 8, Fraction(8))]
    assert casting.why == "named in the spec; 2 clips, as its longest is 10 s"
    assert not casting.references_waived
    assert [part.bought for part in chosen(clip("31", references=1), "kling_o1").parts] == [8, 8, 8, 7]


def test_what_is_bought_too_long_is_kept_short_at_the_end() -> None:
    casting = chosen(clip("9.5"), "veo3_1")
    assert lengths(casting) == [("veo3.1", 6, Fraction(6)), ("veo3.1/image-to-video", 4, Fraction("3.5"))]


def test_the_clips_behind_the_first_begin_on_a_frame_and_the_last_ends_as_the_scene_does() -> None:
    parts = chosen(clip("18", references=2, start=True, end=True), "kling_o1").parts
    assert [part.endpoint.id.removeprefix("fal-ai/kling-video/o1/") for part in parts] == [
        "reference-to-video",
        "image-to-video",
    ]


def test_where_a_later_clip_takes_no_references_its_first_frame_carries_the_faces() -> None:
    casting = chosen(clip("20", references=1), "veo3_1")
    assert [path for path, _, _ in lengths(casting)] == ["veo3.1/reference-to-video", *["veo3.1/image-to-video"] * 2]
    assert [part.pictured for part in casting.parts] == [True, False, False]
    assert casting.references_waived
    assert casting.why == (
        "named in the spec; 3 clips, as its longest is 8 s; only its first clip is shown the reference pictures, "
        "each other starts on the frame before it"
    )


def test_a_model_that_takes_references_beside_a_start_frame_shows_them_in_every_clip() -> None:
    for start in (False, True):
        casting = chosen(replace(clip("26", references=2), start=start), "kling_o1")
        assert [part.pictured for part in casting.parts] == [True, True, True]
        assert not casting.references_waived


def test_without_a_name_a_model_that_knows_the_faces_in_every_clip_comes_before_a_cheaper_one() -> None:
    reference, frame = endpoint("veo3.1/reference-to-video"), endpoint("veo3.1/image-to-video")
    cheap = [replace(each, price=replace(each.price, by=(), usd="0.001")) for each in (reference, frame)]
    kling = endpoint("kling-video/o1/reference-to-video")
    casting = cast(clip("16", references=1), Catalogue((*cheap, kling)), None)
    assert isinstance(casting, Casting)
    assert (casting.endpoint.model, casting.references_waived) == ("kling_o1", False)
    alone = cast(clip("16", references=1), Catalogue(tuple(cheap)), None)
    assert isinstance(alone, Casting)
    assert (alone.endpoint.model, alone.references_waived) == ("veo3_1", True)


def test_of_those_that_could_split_the_cheapest_is_cast() -> None:
    """Each by what all of its clips would cost."""
    casting = chosen(clip("40", references=1))
    costs = {}
    for model in ("kling_o1", "kling_o1_standard", "kling_o3", "kling_o3_pro", "veo3_1", "veo3_1_fast"):
        other = cast(clip("40", references=1), builtin(), model)
        if isinstance(other, Casting):
            requests = [(part.endpoint, fill(part.endpoint, {"seconds": part.bought, "aspect": "9:16", "prompt": "p",
                         "resolution": resolution(part.endpoint, 1080)})) for part in other.parts]  # fmt: skip
            costs[model] = sum((price(each, request).usd for each, request in requests), Decimal(0))
    assert len(costs) > 2
    assert costs[casting.endpoint.model] == min(costs.values())


def test_what_splitting_does_not_mend_is_refused_by_its_own_reason() -> None:
    refusal = refused(clip("20", references=1, aspect="4:5"), "kling_o1")
    assert refusal.message.startswith("`kling_o1` cannot make this: it makes 16:9, 9:16 and 1:1, not 4:5")


@pytest.mark.parametrize("model", ["kling_o1", "kling_o1_standard"])
def test_a_mute_model_that_is_named_is_dubbed(model: str) -> None:
    casting = chosen(clip(references=1, speech=True), model)
    assert casting.dubbed
    assert casting.why == "named in the spec; it is mute, so a voice is laid over it, lips in sync"


def test_nobody_is_dubbed_where_a_model_speaks() -> None:
    casting = chosen(clip(references=1, speech=True))
    assert not casting.dubbed
    assert casting.endpoint.takes.speech


def test_an_endpoint_that_cannot_read_the_whole_prompt_is_passed_over() -> None:
    def long(_: object) -> int:
        return 2_600

    casting = cast(clip(references=1), builtin(), None, long)
    assert isinstance(casting, Casting)
    assert casting.endpoint.takes.prompt_chars is None or casting.endpoint.takes.prompt_chars >= 2_600


def test_a_still_of_somebody_trained_is_made_with_her_lora() -> None:
    trained = replace(still(), loras=1, lora_family="flux_1")
    assert chosen(trained).endpoint.model == "flux_lora"
    assert chosen(trained).why == "the only model that takes a LoRA of flux_1"
    assert chosen(replace(trained, lora_family="flux_2")).why == "the only model that takes a LoRA of flux_2"
    with_others = chosen(replace(trained, references=1))
    assert with_others.references_waived
    assert with_others.why.endswith("; the LoRA stands in for the reference pictures")
    other = refused(trained, "flux_2_lora")
    assert "not of flux_1" in other.message


def test_music_has_the_length_of_the_film() -> None:
    casting = chosen(Need("music", Fraction("30.2"), None, 0, False, False, False))
    assert casting.seconds == 31


def test_a_description_and_a_training_are_cast_like_anything_else() -> None:
    described = chosen(Need("description", None, None, 1, False, False, False))
    trained = chosen(Need("training", None, None, 0, False, False, False), "flux_lora_fast_training")
    assert (described.endpoint.makes, trained.endpoint.makes) == ("text", "weights")


def test_an_unknown_model_is_met_with_the_names_there_are() -> None:
    assert refused(still(), "polaroid").hint.startswith("models: `flux_2`, ")


def test_the_views_that_stand_for_somebody() -> None:
    assert views_of(maya()) == ("reference",)
    assert views_of(maya("smile", "front", "profile")) == ("front", "smile", "profile")
    assert views_of(maya("smile", "profile")) == ("reference", "smile", "profile")
    assert views_of(maya("front", reference=False)) == ()
    assert views_of(serum()) == ("reference",)


@given(
    seconds=st.fractions(min_value=Fraction(1, 2), max_value=60, max_denominator=10),
    references=st.integers(0, 9),
    start=st.booleans(),
    end=st.booleans(),
    speech=st.booleans(),
    aspect=st.sampled_from(["9:16", "16:9", "1:1", "4:5"]),
)
def test_whoever_is_cast_gives_what_was_asked(
    seconds: Fraction,
    references: int,
    start: bool,
    end: bool,
    speech: bool,
    aspect: Literal["9:16", "16:9", "1:1", "4:5"],
) -> None:
    casting = cast(Need("clip", seconds, aspect, references, start, end, speech), builtin(), None)
    if isinstance(casting, Refusal):
        assert casting.lacks
        return
    assert sum((part.kept or 0 for part in casting.parts), Fraction(0)) == seconds
    assert not casting.references_waived or references
    for index, part in enumerate(casting.parts):
        takes = part.endpoint.takes
        assert part.endpoint.model == casting.endpoint.model
        assert part.bought in takes.seconds
        assert part.kept is not None
        assert 0 < part.kept <= (part.bought or 0)
        started, ended = start or index > 0, end and index == len(casting.parts) - 1
        assert casting.dubbed or not speech or takes.speech
        assert not started or takes.start_frame != "no"
        assert started or takes.start_frame != "required"
        assert not ended or takes.end_frame != "no"
        assert ended or takes.end_frame != "required"
        assert not takes.aspects or aspect in takes.aspects
        assert casting.references_waived or references <= takes.references
        facts: dict[str, Json] = {
            "prompt": "p", "seconds": part.bought, "aspect": aspect, "resolution": resolution(part.endpoint, 1080)
        }  # fmt: skip
        amount = price(part.endpoint, fill(part.endpoint, facts))
        assert amount.usd > Decimal(0) or amount.mark == "unknown"
    if len(casting.parts) == 1:
        assert casting.seconds == bought(casting.endpoint, seconds)
