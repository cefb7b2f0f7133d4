"""The takes of a scene in the lock: their numbers, how they stand, and that a lock stays one whatever is decided."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from adc.compiler.catalogue import builtin
from adc.compiler.plan import Json, Plan, Step, StepKind, StepRef
from adc.runtime.decisions import Made, counting
from adc.runtime.lock import Decision, Lock, Verdict, parse, text_of
from adc.runtime.ports import Blob, Receipt, Result
from adc.runtime.takes import Take, begun_takes, judged, known_takes, next_numbers, shown, steps_with_takes, tried

CLIP = "fal-ai/veo3.1/lite"
STILL = "fal-ai/flux-2"


def step(id_: str, *needs: str, kind: StepKind = "generate", take: int = 1, asks: str = "") -> Step:
    arguments: dict[str, Json] = {"uses": [StepRef(need, "video").to_json() for need in needs]}
    output = "image" if "keyframe" in id_ else "words" if "words" in id_ else "video"
    endpoint = (STILL if output == "image" else CLIP) if kind == "generate" else None
    asked = (asks or f"asks of {id_}") if kind == "generate" else ""
    return Step(id_, kind, endpoint, arguments, output, id_, take=take, asks=asked)  # type: ignore[arg-type]


def plan_of(*steps: Step) -> Plan:
    return Plan("dab", "", 144, 256, 10, 20, {}, (), steps, (), ())


def film(take: int = 1) -> Plan:
    """Two scenes, of which the second goes on from the first, which starts on a keyframe and is heard."""
    return plan_of(
        step("hook.keyframe", take=take),
        step("hook.clip", "hook.keyframe", take=take),
        step("hook.words", "hook.clip"),
        step("hook.last_frame", "hook.clip", kind="frame"),
        step("proof.clip", "hook.last_frame"),
        step("film.master", "hook.clip", "proof.clip", "hook.words", kind="film"),
    )


HOOK = steps_with_takes(film(9), "hook", 9)


def decision(step_id: str, take: int, verdict: Verdict = "open", of: str = "", asks: str = "") -> Decision:
    return Decision(
        step=step_id,
        of=of,
        take=take,
        verdict=verdict,
        key=f"key {take}",
        asks=asks or f"asks of {step_id}",
        artifact=f"artifact {take}",
        endpoint=CLIP,
        model="veo3_1_lite",
        model_schema="schema",
        seed=None,
        request=f"request {take}",
        usd=Decimal("0.12"),
        date="2026-03-01",
    )


def takes(lock: Lock, of: str = "", plan: Plan | None = None) -> tuple[Take, ...]:
    return known_takes(HOOK, lock, of, counting(plan or film(), lock, of))


def made(number: int) -> dict[str, tuple[Step, Made]]:
    plan = film(number)
    blob = Blob(f"artifact {number}", 1, "video/mp4")
    return {
        one.id: (one, Made(f"key {number}", Result({one.output: blob}, Receipt("sim", Decimal("0.12")))))
        for one in plan.steps
        if one.id in {each.id for each in HOOK}
    }


def after(lock: Lock, *numbers: int, of: str = "") -> Lock:
    found = counting(film(), lock, of)
    return tried(
        lock, film(), of, [made(number) for number in numbers], counting=found, catalogue=builtin(), date="2026-03-02"
    )


def test_a_take_is_what_hangs_on_its_number() -> None:
    assert [one.id for one in HOOK] == ["hook.keyframe", "hook.clip"]
    assert shown(film(), {one.id for one in HOOK}) == ("hook.clip",)


def test_what_is_made_of_something_without_takes_is_no_part_of_one() -> None:
    """An enlarged morph has the number of its scene, and hangs on the morph, which follows the accepted take."""
    plan = plan_of(
        step("hook.clip", take=9),
        step("hook.first_frame", "hook.clip", kind="frame"),
        step("hook.morph", "hook.first_frame"),
        step("hook.morph_upscale", "hook.morph", take=9),
        step("film.master", "hook.clip", "hook.morph_upscale", kind="film"),
    )
    assert [one.id for one in steps_with_takes(plan, "hook", 9)] == ["hook.clip"]


def test_the_next_numbers_are_above_all_of_the_same_words() -> None:
    assert next_numbers(HOOK[:1], Lock(), 2) == (9, 10)  # from that of the plan
    lock = Lock(
        decisions=(
            decision("hook.clip", 2),
            decision("opening.clip", 4, of="line=b", asks="asks of hook.clip"),
            decision("hook.clip", 7, asks="other words"),
        )
    )
    assert next_numbers(HOOK, lock, 1) == (5,)
    begun = begun_takes("hook", ["hook.clip@3", "hook.clip.1@2", "hook.clip", "hook.clip@6", "proof.clip@1"])
    assert begun == {2, 3, 6}
    assert next_numbers(HOOK, lock, 3, begun) == (3, 5, 6)


def test_takes_of_other_choices_and_of_an_old_name_are_open_here() -> None:
    lock = Lock(
        decisions=(
            decision("hook.clip", 1, "accepted"),
            decision("hook.clip", 2, "rejected", of="line=b"),
            decision("opening.clip", 3, "accepted", asks="asks of hook.clip"),
            decision("hook.clip", 4, "accepted", asks="other words"),
        )
    )
    assert [(take.number, take.verdict, take.counts) for take in takes(lock)] == [
        (1, "accepted", True),
        (2, "open", False),
        (3, "open", False),
    ]
    assert all(one.step == "hook.clip" and one.of == "" for take in takes(lock) for one in take.decisions.values())


def test_what_counts_without_a_line_of_its_own_is_accepted_here() -> None:
    lock = Lock(decisions=(decision("opening.clip", 3, "accepted", asks="asks of hook.clip"),))
    assert [(take.number, take.verdict, take.counts) for take in takes(lock)] == [(3, "accepted", True)]
    kept = after(lock, 4)
    assert {(one.step, one.take): one.verdict for one in kept.decisions} == {
        ("opening.clip", 3): "accepted",
        ("hook.clip", 3): "accepted",
        ("hook.clip", 4): "open",
        ("hook.keyframe", 4): "open",
    }


def test_the_first_take_counts_where_nothing_does() -> None:
    lock = after(Lock(), 1, 2)
    assert [(take.number, take.verdict, take.counts) for take in takes(lock)] == [
        (1, "accepted", True),
        (2, "open", False),
    ]


def test_a_clip_of_other_words_leaves_its_keyframe_to_the_take_that_counts() -> None:
    """The keyframe's words are as they were, the clip's are not: the film has no whole take, so the new one counts."""
    lock = Lock(
        decisions=(decision("hook.keyframe", 3, "accepted"), decision("hook.clip", 3, "accepted", asks="other words"))
    )
    assert [(take.number, take.lacks(("hook.clip",))) for take in takes(lock)] == [(3, ("hook.clip",))]
    assert next_numbers(HOOK, lock, 1) == (4,)
    now = after(lock, 4)
    assert [(take.number, take.verdict, take.counts) for take in takes(now)] == [
        (3, "open", False),
        (4, "accepted", True),
    ]


def test_the_newest_open_take_counts_after_a_rejection() -> None:
    lock = after(Lock(), 1, 2, 3)
    (first, *_) = takes(lock)
    lock = judged(lock, first, "rejected")
    assert [(take.number, take.verdict, take.counts) for take in takes(lock)] == [
        (1, "rejected", False),
        (2, "open", False),
        (3, "open", True),
    ]


def test_what_listens_to_a_take_is_let_go_with_it() -> None:
    words = decision("hook.words", 1, "accepted")
    lock = Lock(decisions=(*after(Lock(), 1, 2).decisions, words))
    (_, second) = takes(lock)
    now = judged(lock, second, "accepted", [words])
    assert counting(film(), now, "").keys() == {"hook.keyframe", "hook.clip"}


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["accepted", "rejected", "try"]))))
def test_a_lock_stays_one_and_a_scene_has_one_take(moves: list[tuple[int, str]]) -> None:
    lock = Lock()
    for place, move in moves:
        known = takes(lock)
        if move == "try":
            lock = after(lock, *next_numbers(film().steps[:2], lock, 1))
        elif known:
            verdict: Verdict = "accepted" if move == "accepted" else "rejected"
            lock = judged(lock, known[place % len(known)], verdict)
        assert set(parse(text_of(lock), "lock").decisions) == set(lock.decisions)
        now = takes(lock)
        assert sum(take.verdict == "accepted" for take in now) <= 1
        assert [take.counts for take in now].count(True) == (0 if all(t.verdict == "rejected" for t in now) else 1)
        assert all(take.counts for take in now if take.verdict == "accepted")
