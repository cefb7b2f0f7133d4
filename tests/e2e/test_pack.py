"""`adc pack`: one character for many ads, out of what one of them has made."""

import json
from pathlib import Path

import jsonschema
from support.command import adc

SPEC = """
ad first { }
character maya "Maya Brooks" {
  reference "refs/maya.png"
  pack front, profile
}
scene hook 3s {
  using kling_o1
  cast maya
  action "she smiles"
}
"""
OTHER = """
ad second { }
character maya { pack "cast/maya.pack.json" }
scene hook 3s {
  using kling_o1
  cast maya
  action "she waves"
}
"""


def test_a_pack_is_written_and_read(project: Path, repository: Path) -> None:
    (project / "first.ad").write_text(SPEC)
    early = adc("pack", "first.ad", "maya", "--to", "cast", folder=project)
    assert early.code == 3
    assert "maya.pack.front, maya.pack.profile: not made yet" in early.err
    assert "next: adc build first.ad" in early.err
    assert not (project / "cast").exists()
    assert adc("build", "first.ad", folder=project).code == 0
    ran = adc("pack", "first.ad", "maya", "--to", "cast", folder=project)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == 'cast/maya.pack.json: 2 views; use it with `pack "maya.pack.json"`\n'
    manifest = json.loads((project / "cast" / "maya.pack.json").read_text())
    jsonschema.validate(manifest, json.loads((repository / "schemas" / "pack.v1.json").read_text()))
    assert manifest["views"] == {"front": "maya/front.png", "profile": "maya/profile.png"}
    (project / "second.ad").write_text(OTHER)
    plan = json.loads(adc("plan", "second.ad", "--json", folder=project).out)
    assert {file["path"] for file in plan["files"].values()} == {"cast/maya/front.png", "cast/maya/profile.png"}
    assert [step["id"] for step in plan["steps"]] == ["hook.clip", "film.master"]
    assert adc("build", "second.ad", folder=project).code == 0


def test_who_has_no_pack_is_told(project: Path) -> None:
    (project / "first.ad").write_text(SPEC)
    ran = adc("pack", "first.ad", "anna", folder=project)
    assert ran.code == 2
    assert "no scene of this spec uses a pack of `anna`" in ran.err


def test_what_is_no_manifest_is_told(project: Path) -> None:
    (project / "second.ad").write_text(OTHER.replace("cast/maya.pack.json", "refs/maya.png"))
    ran = adc("check", "second.ad", folder=project)
    assert ran.code == 1
    assert "error[AD0123]" in ran.out
