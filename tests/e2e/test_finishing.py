"""A drafted film in which a scene goes on from a clip, captions stand on heard words, and a cut-out is on the card."""

from pathlib import Path

import pytest
from support.command import adc
from support.spec_cases import pictures

from adc.runtime.media.probe import probe

SPEC = """ad small "Small" {
  size      360p 9:16
  captions  bold using eleven_scribe
}

product serum "Glow Serum" {
  reference  "refs/serum.jpg"
  cutout
}

scene hook 3.5s {
  using   veo3_1_fast
  action  "a hand opens a bottle"
  effect  "a cork pops" from 1s for 1s
}

scene proof 4s {
  start      clip of hook
  action     "the hand puts it down"
  voiceover  "Two drops. Every morning."
}

card offer 1s {
  headline  "Glow Serum"
  image     serum
}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The spec with its picture."""
    (tmp_path / "refs").mkdir()
    (tmp_path / "refs" / "serum.jpg").write_bytes(pictures()["refs/serum.jpg"])
    path = tmp_path / "small.ad"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_the_scene_goes_on_and_the_words_are_heard(spec: Path) -> None:
    film = spec.with_suffix(".mp4")
    ran = adc("build", spec.name, "--draft", "--out", str(film), folder=spec.parent)
    assert ran.code == 0, ran.err
    assert "join hook|proof: continues" in ran.out
    assert "not heard" not in ran.out
    picture = probe(film, "film").picture
    assert picture is not None
    assert picture.frames == 255
