"""Drafts of what is done to clips, pictures and sounds that are there: longer, larger, cut out, heard."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import clips

from adc.compiler.catalogue import builtin
from adc.compiler.plan import Json
from adc.runtime import heard
from adc.runtime.draft.draw import draw
from adc.runtime.draft.spoken import words_of
from adc.runtime.errors import MediaError
from adc.runtime.media.frames import last
from adc.runtime.media.probe import probe

CATALOGUE = builtin()
EXTENDS = CATALOGUE.endpoint("fal-ai/veo3.1/extend-video")
SCRIBE = CATALOGUE.endpoint("fal-ai/elevenlabs/speech-to-text/scribe-v2")
VOICE = CATALOGUE.endpoint("fal-ai/elevenlabs/tts/turbo-v2.5")
VEO = CATALOGUE.endpoint("fal-ai/veo3.1/fast")

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("sound", [None, clips.beeps([0.2], 1.0)])
async def test_a_clip_is_gone_on_from_where_it_ends(tmp_path: Path, sound: object) -> None:
    given = clips.clip(tmp_path / "given.mp4", sound=sound, frames=30, size=(90, 160))  # type: ignore[arg-type]
    arguments: dict[str, Json] = {
        "prompt": "she smiles",
        "video_url": str(given),
        "duration": "7s",
        "generate_audio": True,
    }
    (made,) = (await draw(EXTENDS, arguments, {}, tmp_path)).values()
    media = probe(made, "the draft")
    assert media.picture is not None
    assert media.picture.seconds == 8
    assert media.sound is not None
    assert clips.numbers(made)[:30] == list(range(30))
    end = np.asarray(last(given, "given").resize((90, 160)), float)
    first_new = np.asarray(Image.fromarray(clips.pictures(made)[30]).resize((90, 160)), float)
    assert np.abs(end - first_new).mean() < 12, "what is new begins with the frame on which the given clip ends"


async def test_a_clip_that_is_enlarged_stays_the_draft_that_it_is(tmp_path: Path) -> None:
    given = clips.clip(tmp_path / "given.mp4")
    topaz = CATALOGUE.endpoint("fal-ai/topaz/upscale/video")
    (made,) = (await draw(topaz, {"video_url": str(given), "upscale_factor": 2}, {}, tmp_path)).values()
    assert made.read_bytes() == given.read_bytes()


async def test_a_thing_is_cut_out_of_a_plain_ground(tmp_path: Path) -> None:
    picture = Image.new("RGB", (120, 160), "#f4efe8")
    picture.paste((120, 60, 20), (40, 50, 80, 130))
    picture.save(tmp_path / "serum.png")
    birefnet = CATALOGUE.endpoint("fal-ai/birefnet/v2")
    (made,) = (await draw(birefnet, {"image_url": str(tmp_path / "serum.png")}, {}, tmp_path)).values()
    with Image.open(made) as cut:
        assert (cut.mode, cut.size) == ("RGBA", (120, 160))
        alpha = np.asarray(cut.getchannel("A"))
    assert alpha[60:120, 45:75].min() == 255
    assert alpha[:40].max() == 0


async def test_a_picture_of_one_colour_keeps_its_middle(tmp_path: Path) -> None:
    Image.new("RGB", (100, 100), "#c08060").save(tmp_path / "plain.png")
    birefnet = CATALOGUE.endpoint("fal-ai/birefnet/v2")
    (made,) = (await draw(birefnet, {"image_url": str(tmp_path / "plain.png")}, {}, tmp_path)).values()
    with Image.open(made) as cut:
        alpha = np.asarray(cut.getchannel("A"))
    assert alpha[50, 50] == 255
    assert alpha[0, 0] == 0


async def test_a_cut_out_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="brings no picture"):
        await draw(CATALOGUE.endpoint("fal-ai/birefnet/v2"), {}, {}, tmp_path)


async def test_the_words_of_a_drafted_voice_are_heard_when_they_are_said(tmp_path: Path) -> None:
    (voice,) = (await draw(VOICE, {"text": "Two drops. Every morning."}, {}, tmp_path)).values()
    (tmp_path / "words").mkdir()
    (made,) = (await draw(SCRIBE, {"audio_url": str(voice)}, {}, tmp_path / "words")).values()
    words = heard.parse(made.read_bytes(), "words")
    assert [word.text for word in words] == ["Two", "drops.", "Every", "morning."]
    assert all(one.end <= other.start + 0.001 for one, other in pairwise(words))
    sound = probe(voice, "voice").sound
    assert sound is not None
    assert words[-1].end <= float(sound.seconds) + Fraction(1, 10)


async def test_the_words_of_a_drafted_clip_are_heard_too(tmp_path: Path) -> None:
    arguments: dict[str, Json] = {"prompt": 'She says: "Two drops."', "duration": "4s", "generate_audio": True}
    (clip,) = (await draw(VEO, arguments, {}, tmp_path)).values()
    assert [word.text for word in words_of(clip)] == ["Two", "drops."]


async def test_the_words_of_a_clip_that_goes_on_are_heard_behind_those_before_it(tmp_path: Path) -> None:
    arguments: dict[str, Json] = {"prompt": 'She says: "Two drops."', "duration": "4s", "generate_audio": True}
    (clip,) = (await draw(VEO, arguments, {}, tmp_path)).values()
    more: dict[str, Json] = {
        "prompt": 'She says: "Every morning."',
        "video_url": str(clip),
        "duration": "7s",
        "generate_audio": True,
    }
    (tmp_path / "more").mkdir()
    (whole,) = (await draw(EXTENDS, more, {}, tmp_path / "more")).values()
    words = words_of(whole)
    assert [word.text for word in words] == ["Two", "drops.", "Every", "morning."]
    assert words[:2] == words_of(clip)
    assert words[2].start >= 4


async def test_in_a_sound_from_elsewhere_nothing_is_heard(tmp_path: Path) -> None:
    beep = clips.voice(tmp_path / "beep.wav", clips.beeps([0.1], 0.5))
    assert words_of(beep) == []
    assert words_of(clips.clip(tmp_path / "clip.mp4")) == []
    (tmp_path / "page.wav").write_bytes(b"<!doctype html>")
    assert words_of(tmp_path / "page.wav") == []
