"""The step Comment: one comment, whatever happens between two pushes."""

import pytest
from action.github import Fault, GitHub
from action.pull import Shop, spec
from action.runner import TOKEN

EVENING = {"specs/two.ad": spec("two", "evening light on tiles")}
NIGHT = {"specs/two.ad": spec("two", "midnight")}
MARKER = "<!-- adc in CI: specs -->"


def test_one_comment_is_kept_through_every_push(shop: Shop, github: GitHub) -> None:
    first = shop.run(shop.push(EVENING))
    assert not first.failed, first.log
    (comment,) = github.comments
    assert comment["body"].startswith(f"{MARKER}\n")
    assert "evening" in comment["body"]
    assert first.outputs["comment-id"] == str(comment["id"])
    assert github.tokens == {f"Bearer {TOKEN}"}

    again = shop.run(shop.push({"README.md": "Ads, and more.\n"}))
    assert again.outputs["comment-id"] == first.outputs["comment-id"]
    assert len(github.writes()) == 1, "nothing else was found, so nothing is edited"

    second = shop.run(shop.push(NIGHT))
    (comment,) = github.comments
    assert "midnight" in comment["body"]
    assert second.outputs["comment-id"] == first.outputs["comment-id"]
    assert github.writes()[1:] == [f"PATCH /repos/a-maker/a-shop/issues/comments/{comment['id']}"]

    shop.run(shop.push({"specs/two.ad": spec("two")}))
    (comment,) = github.comments
    assert comment["body"] == f"{MARKER}\n\n### Ads: no plan changes\n"


def test_a_change_that_changes_no_plan_begins_no_comment(shop: Shop, github: GitHub) -> None:
    run = shop.run(shop.push({"README.md": "Ads, and more.\n"}))
    assert not run.failed, run.log
    assert github.writes() == []
    assert run.outputs == {"usd": "0.00", "changed": "false", "comment-id": "", "sarif": run.outputs["sarif"]}


def test_it_is_found_on_any_page(shop: Shop, github: GitHub) -> None:
    for number in range(230):
        github.say(f"words {number}", kind="User")
    own = github.say(f"{MARKER}\n\nold")
    for number in range(40):
        github.say(f"more words {number}", kind="User")
    run = shop.run(shop.push(EVENING))
    assert run.outputs["comment-id"] == str(own["id"])
    assert len(github.comments) == 271
    assert "evening" in own["body"]
    assert [one.rpartition("page=")[2] for one in github.asked if one.startswith("GET")] == ["1", "2", "3"]


def test_strangers_cannot_pose_as_the_comment(shop: Shop, github: GitHub) -> None:
    words = f"{MARKER}\nmy own words"
    stranger = github.say(words, kind="User")
    quoted = github.say(f"> {MARKER}\n> old\n\nIs this right?", kind="User", association="OWNER")
    run = shop.run(shop.push(EVENING))
    assert (stranger["body"], quoted["body"]) == (words, f"> {MARKER}\n> old\n\nIs this right?")
    assert run.outputs["comment-id"] == str(github.comments[2]["id"])


def test_a_comment_by_a_members_token_is_found(shop: Shop, github: GitHub) -> None:
    own = github.say(f"{MARKER}\r\n\r\nold", kind="User", association="COLLABORATOR")
    assert shop.run(shop.push(EVENING)).outputs["comment-id"] == str(own["id"])


def test_two_jobs_have_two_comments(shop: Shop, github: GitHub) -> None:
    event = shop.push(EVENING)
    shop.run(event)
    shop.run(event, specs="specs/*.ad --> x*")
    shop.run(event, specs="specs/two.ad")
    assert [one["body"].partition("\n")[0] for one in github.comments] == [MARKER, "<!-- adc in CI: specs/two.ad -->"]


def test_a_token_that_may_not_comment(shop: Shop, github: GitHub) -> None:
    github.read_only = True
    run = shop.run(shop.push(EVENING))
    assert not run.failed, run.log
    assert run.outputs["comment-id"] == ""
    assert run.outputs["usd"] == "0.20"
    assert "::notice::not written as a comment" in run.steps["Comment"].log
    assert "Resource not accessible by integration" in run.steps["Comment"].log
    assert "evening" in run.steps["Difference"].summary
    assert "not written as a comment" in run.steps["Comment"].summary


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", 502),
        Fault("POST", 503),
        Fault("POST", 500, done=True),
        Fault("POST", 403),  # too many requests, which GitHub tells by Retry-After
        Fault("GET", 429),
    ],
    ids=str,
)
def test_a_disturbance_is_waited_out_and_nothing_is_written_twice(shop: Shop, github: GitHub, fault: Fault) -> None:
    github.faults.append(fault)
    run = shop.run(shop.push(EVENING))
    assert not run.failed, run.log
    (comment,) = github.comments
    assert run.outputs["comment-id"] == str(comment["id"])
    assert github.faults == []


def test_a_comment_that_is_deleted_meanwhile_is_written_anew(shop: Shop, github: GitHub) -> None:
    old = github.say(f"{MARKER}\n\nold")
    github.faults.append(Fault("PATCH", 404, headers={}))
    run = shop.run(shop.push(EVENING))
    assert run.outputs["comment-id"] not in ("", str(old["id"]))


def test_a_host_that_stays_down_fails_the_run(shop: Shop, github: GitHub) -> None:
    github.faults += [Fault("POST", 502) for _ in range(9)]
    run = shop.run(shop.push(EVENING))
    assert run.steps["Comment"].outcome == "failure"
    assert "::error::GitHub did not take the comment (HTTP 502); run this job again" in run.log
    assert 1 < len(github.writes()) < 9


def test_an_answer_that_nobody_expects_is_told(shop: Shop, github: GitHub) -> None:
    github.faults.append(Fault("POST", 422, headers={}))
    run = shop.run(shop.push(EVENING))
    assert run.steps["Comment"].outcome == "failure"
    assert "::error::GitHub did not take the comment: a fault" in run.log
    assert "Traceback" not in run.log


def test_comments_can_be_left_out(shop: Shop, github: GitHub) -> None:
    run = shop.run(shop.push(EVENING), comment="false")
    assert not run.failed, run.log
    assert github.asked == []
    assert "evening" in run.summary


def test_without_a_pull_request_the_summary_has_it(shop: Shop, github: GitHub) -> None:
    before = shop.on_main({})
    shop.on_main(EVENING)
    run = shop.run({"before": before}, shop.check_out("refs/heads/main"))
    assert not run.failed, run.log
    assert github.asked == []
    assert "evening" in run.summary
    assert run.outputs["usd"] == "0.20"
