"""Texts that are put together from words of the plan and from texts that other steps make."""

from adc.compiler.digest import Engine, step_key
from adc.compiler.plan import FREE, FileRef, Json, Ref, Step, StepRef, references, spliced, substitute

LOOKS = StepRef("maya.looks", "text")
PHOTO = FileRef("sha256:00")
ARGUMENTS: dict[str, Json] = {
    "prompt": {"$text": ["Maya, ", LOOKS.to_json(), ", and ", LOOKS.to_json(), "."]},
    "elements": [{"frontal_image_url": PHOTO.to_json(), "caption": {"$text": [LOOKS.to_json()]}}],
    "seed": 7,
}


def test_a_text_is_put_together_and_nothing_else_is_touched() -> None:
    assert spliced(ARGUMENTS, lambda ref: f"<{ref.to_json()}>" if isinstance(ref, FileRef) else "dark curls") == {
        "prompt": "Maya, dark curls, and dark curls.",
        "elements": [{"frontal_image_url": PHOTO.to_json(), "caption": "dark curls"}],
        "seed": 7,
    }
    assert spliced({"$text": ["only words"]}, lambda _ref: "") == "only words"
    assert spliced({"$text": []}, lambda _ref: "") == ""


def test_a_step_needs_what_its_text_is_made_of() -> None:
    assert list(references(ARGUMENTS)) == [LOOKS, LOOKS, PHOTO, LOOKS]
    step = Step("hook.clip", "generate", "a/b", ARGUMENTS, "video", "a test", FREE)
    assert step.needs == ("maya.looks",)
    assert substitute({"$text": ["a", LOOKS.to_json()]}, lambda _ref: "b") == {"$text": ["a", "b"]}


def test_the_same_words_again_change_no_key_and_other_words_do() -> None:
    step = Step("hook.clip", "generate", "a/b", ARGUMENTS, "video", "a test", FREE)

    def key(words: str) -> str:
        def digest_of(ref: Ref) -> str:
            return words if ref == LOOKS else "sha256:photo"

        return step_key(step, digest_of, Engine("fal"))

    assert key("sha256:one") == key("sha256:one") != key("sha256:two")
