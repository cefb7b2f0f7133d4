"""What fal's answers mean: the table row by row, the money, and what no sentence may hold."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from adc.compiler.plan import Json
from adc.runtime.errors import (
    Ambiguous,
    Broken,
    ContentRefused,
    Finding,
    Gone,
    ModelFailed,
    NoMedia,
    OutOfCredit,
    Rejected,
    RemoteError,
    TimedOut,
    Unauthorised,
    Unreachable,
)
from adc.runtime.fal.answers import ANY, At, Row, classify, from_fal, public, row_of, table

KEY = "planted-key-id:planted-key-secret"
PROMPT = "Maya leans to the mirror and lifts the amber bottle into the light"
SIGNED = "https://f.example/a.png?X-Amz-Signature=planted-signature"
ROWS = table().rows


def answered(
    status: int, body: Json = None, headers: dict[str, str] | None = None, *, sent: Json = None
) -> httpx.Response:
    """An answer to a request that carried the key, and `sent` as its body."""
    request = httpx.Request("POST", "https://queue.fal.run/a/b", json=sent, headers={"Authorization": f"Key {KEY}"})
    return httpx.Response(status, json=body, headers=headers, request=request)


def finding(kind: str, *place: str | int, msg: str = "no good", **more: Json) -> Json:
    """A model's answer with one finding."""
    return {"detail": [{"loc": ["body", *place], "msg": msg, "type": kind, **more}]}


def answers_of(row: Row, detail: str = "no good") -> Iterator[tuple[At, str, httpx.Response]]:
    """An answer for each place, type and error type of a row, with `detail` as its words."""
    for at in row.at or get_args(At):
        for word in row.types or row.error_types or row.words or ("",):
            kind = "a_type_of_tomorrow" if word == ANY else word
            headers = {"x-fal-request-id": "r"} if row.mark else {}
            body: Json = {"detail": f"{detail}, {word}" if row.words else detail}
            if row.types:
                body = finding(kind, "prompt", msg=detail, input=PROMPT)
            elif row.error_types:
                body = {"detail": detail, "error_type": kind}
            for status in dict.fromkeys(_status(row, each) for each in row.status or (0,)):
                yield at, f"{kind} {status}".strip(), answered(status, body, headers, sent={"prompt": PROMPT})


def _status(row: Row, written: int | str) -> int:
    match written:
        case "4xx":
            return 422 if row.types else 418
        case "5xx":
            return 503
        case int() if written:
            return written
    return 422 if row.types else 499 if row.error_types else 502


def reachable(row: Row, at: At) -> bool:
    """Whether a row without places is what is left for a place."""
    return bool(row.at) or at == "result"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_is_what_its_answers_fall_under(row: Row) -> None:
    found = [(at, kind, row_of(response, at)) for at, kind, response in answers_of(row) if reachable(row, at)]
    assert found
    assert {(at, kind) for at, kind, met in found if met is not row} == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_comes_of_every_row(row: Row, snapshot: SnapshotAssertion) -> None:
    told: dict[str, list[str]] = {}
    for at, kind, response in answers_of(row):
        if reachable(row, at):
            error = classify(response, at, "hook.clip")
            stop = ", stop everything" if error.stop else ""
            come = f"{type(error).__name__}, charge {error.charge}, {error.more_tries} more tries{stop}\n    {error}"
            word = kind.rpartition(" ")[0]
            come = come.replace(f", {word}", "") if row.words else come.replace(f"({word})", "(TYPE)")
            come += "".join(f"\n    at {one.path}: {one.message}" for one in error.findings)
            come += f"\n    next: {error.next_command}" if error.next_command else ""
            told.setdefault(come, []).append(f"{at} {kind}")
    assert "\n".join(f"{'; '.join(answers)}\n    {come}" for come, answers in told.items()) == snapshot


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_sentence_holds_a_key_an_address_or_what_was_sent(row: Row) -> None:
    for at, _, response in answers_of(row, f"no good, {PROMPT}, {KEY}, {SIGNED}"):
        error = classify(response, at, "hook.clip")
        assert "no good" in str(error)
        for text in (str(error), *(repr(each) for each in error.findings)):
            assert "planted" not in text
            assert "Maya" not in text
            assert "amber bottle" not in text


def test_the_tables_keep_their_format(repository: Path) -> None:
    schemas = repository / "schemas"
    for document, form in (("fal", "answers"), ("wording", "wording")):
        schema = json.loads((schemas / f"{form}.v1.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(json.loads((schemas / "answers" / f"{document}.json").read_text()), schema)


def test_the_table_is_of_one_piece(repository: Path) -> None:
    document = json.loads((repository / "schemas" / "answers" / "fal.json").read_text())
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert {row["source"] for row in document["rows"]} == set(document["sources"])
    conditions = (ROWS[-1].at, ROWS[-1].status, ROWS[-1].types, ROWS[-1].error_types, ROWS[-1].words, ROWS[-1].mark)
    assert not any(conditions)
    known = {kind for row in ROWS for kind in row.types}
    assert set(table().mends) <= known


# The seller's own tables: https://fal.ai/docs/documentation/model-apis/errors and …/request-errors

_FREE_FAILURES = [
    ("internal_server_error", 500, ModelFailed),
    ("generation_timeout", 504, TimedOut),
    ("downstream_service_error", 500, ModelFailed),
    ("downstream_service_unavailable", 500, ModelFailed),
]
_INPUT = [
    *("image_too_small", "image_too_large", "image_load_error", "file_download_error", "face_detection_error"),
    *("file_too_large", "greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of"),
    *("sequence_too_short", "sequence_too_long", "one_of", "feature_not_supported", "invalid_archive"),
    *("archive_file_count_below_minimum", "archive_file_count_exceeds_maximum", "audio_duration_too_long"),
    *("audio_duration_too_short", "video_duration_too_long", "video_duration_too_short"),
    *("unsupported_image_format", "unsupported_audio_format", "unsupported_video_format"),
    *("missing", "string_too_long", "literal_error", "value_error", "a_type_of_tomorrow"),
]
_INFRASTRUCTURE = [
    ("request_timeout", 504, TimedOut),
    ("startup_timeout", 504, TimedOut),
    ("runner_scheduling_failure", 503, ModelFailed),
    ("runner_connection_timeout", 503, ModelFailed),
    ("runner_disconnected", 503, ModelFailed),
    ("runner_connection_refused", 503, ModelFailed),
    ("runner_connection_error", 503, ModelFailed),
    ("runner_incomplete_response", 502, ModelFailed),
    ("runner_server_error", 500, ModelFailed),
    ("internal_error", 500, ModelFailed),
]


def outcome(error: RemoteError) -> tuple[type[RemoteError], str, int]:
    """What decides what happens next."""
    return type(error), error.charge, error.more_tries


@pytest.mark.parametrize("at", ["submit", "result"])
@pytest.mark.parametrize(("kind", "status", "expected"), _FREE_FAILURES)
def test_a_model_that_fails_is_free_and_may_be_bought_again(
    at: At, kind: str, status: int, expected: type[RemoteError]
) -> None:
    assert outcome(classify(answered(status, finding(kind)), at, "x")) == (expected, "no", 2)


def test_a_failure_that_does_not_count_as_the_servers_is_not_bought_again() -> None:
    response = answered(400, finding("downstream_service_error"))
    assert outcome(classify(response, "result", "x")) == (ModelFailed, "maybe", 0)


@pytest.mark.parametrize("kind", _INPUT)
def test_a_request_that_is_wrong_is_not_sent_again(kind: str) -> None:
    assert outcome(classify(answered(422, finding(kind)), "result", "x")) == (Rejected, "maybe", 0)
    assert outcome(classify(answered(422, finding(kind)), "submit", "x")) == (Rejected, "no", 0)


def test_a_filter_and_an_empty_answer_may_do_better_at_another_try() -> None:
    refused = answered(422, finding("content_policy_violation"))
    assert outcome(classify(refused, "result", "x")) == (ContentRefused, "maybe", 2)
    assert outcome(classify(refused, "submit", "x")) == (ContentRefused, "no", 2)
    assert outcome(classify(answered(422, finding("no_media_generated")), "result", "x")) == (NoMedia, "maybe", 2)


@pytest.mark.parametrize("in_header", [False, True])
@pytest.mark.parametrize(("kind", "status", "expected"), _INFRASTRUCTURE)
def test_infrastructure_fails_for_free(kind: str, status: int, expected: type[RemoteError], in_header: bool) -> None:
    body: Json = {"detail": "down"} if in_header else {"detail": "down", "error_type": kind}
    response = answered(status, body, {"X-Fal-Error-Type": kind} if in_header else None)
    assert outcome(classify(response, "result", "x")) == (expected, "no", 2)
    assert outcome(classify(response, "submit", "x")) == (expected, "no", 2)


@pytest.mark.parametrize("kind", ["client_disconnected", "client_cancelled"])
def test_a_cancelled_request_may_have_cost_something(kind: str) -> None:
    response = answered(499, {"detail": "cancelled", "error_type": kind})
    assert outcome(classify(response, "result", "x")) == (ModelFailed, "maybe", 0)
    assert type(classify(response, "submit", "x")) is Ambiguous


@pytest.mark.parametrize(
    ("at", "status", "body", "headers", "expected"),
    [
        ("submit", 400, {"detail": "bad", "error_type": "bad_request"}, {}, Rejected),
        ("result", 400, {"detail": "bad", "error_type": "bad_request"}, {}, Rejected),
        ("result", 400, {"detail": "Request is still in progress"}, {}, Broken),
        ("result", 404, {"detail": "Request not found"}, {}, Gone),
        ("result", 410, None, {}, Gone),
        ("result", 429, {"detail": "slow down"}, {}, Broken),
        ("result", 502, "<html>nginx</html>", {}, Broken),
        ("result", 502, "down", {"x-fal-request-id": "r"}, ModelFailed),
        ("result", 418, "down", {"x-fal-request-id": "r"}, Rejected),
        ("result", 418, "<html>a hotel's page</html>", {}, Broken),
        ("submit", 302, None, {}, Ambiguous),
        ("submit", 502, "<html>nginx</html>", {}, Ambiguous),
        ("submit", 504, None, {}, Ambiguous),
        ("submit", 504, None, {"X-Fal-Request-Timeout-Type": "user"}, ModelFailed),
        ("submit", 500, "down", {"x-fal-request-id": "r"}, ModelFailed),
        ("submit", 429, None, {}, Unreachable),
        ("submit", 404, {"detail": "Application not found"}, {}, Rejected),
        ("submit", 401, {"detail": "Invalid key"}, {}, Unauthorised),
        ("submit", 403, {"detail": "User is locked. Reason: Exhausted balance"}, {}, OutOfCredit),
        ("submit", 403, {"detail": "Request blocked by the load balancer"}, {}, Unauthorised),
        ("submit", 402, None, {}, OutOfCredit),
        ("status", 401, None, {}, Unauthorised),
        ("status", 403, {"detail": "User is locked."}, {}, OutOfCredit),
        ("status", 404, {"status": "NOT_FOUND"}, {}, Gone),
        ("status", 500, {"detail": "down", "error_type": "internal_error"}, {}, Broken),
        ("status", 422, finding("value_error"), {}, Broken),
        ("upload", 413, None, {}, Rejected),
        ("upload", 503, None, {}, Unreachable),
        ("download", 403, None, {}, Gone),
        ("download", 404, None, {}, Gone),
        ("download", 500, None, {}, Broken),
        ("download", 402, None, {}, Broken),
        ("history", 401, None, {}, Unauthorised),
        ("history", 403, {"error": {"type": "authorization_error", "message": "not allowed"}}, {}, Ambiguous),
        ("history", 500, None, {}, Unreachable),
        ("prices", 404, {"error": {"type": "not_found", "message": "no such endpoint"}}, {}, Rejected),
        ("prices", 429, {"error": {"type": "rate_limited", "message": "slow down"}}, {}, Unreachable),
    ],
)
def test_the_class_follows_from_place_status_and_mark(
    at: At, status: int, body: Json, headers: dict[str, str], expected: type[RemoteError]
) -> None:
    assert type(classify(answered(status, body, headers), at, "x")) is expected


def test_the_gravest_of_several_findings_counts() -> None:
    body: dict[str, Any] = {"detail": []}
    for kind in ("value_error", "content_policy_violation", "image_too_small"):
        each: Any = finding(kind, "prompt")
        body["detail"] += each["detail"]
    error = classify(answered(422, body), "result", "x")
    assert type(error) is ContentRefused
    assert [each.type for each in error.findings] == ["value_error", "content_policy_violation", "image_too_small"]


@pytest.mark.parametrize(
    ("units", "charge", "words"),
    [
        ("8", "yes", "charged 8 units for it"),
        ("0.250000", "yes", "charged 0.250000 units for it"),
        ("1E+1", "yes", "charged 10 units for it"),
        ("0", "no", "charged nothing"),
        ("0.0", "no", "charged nothing"),
        ("", "maybe", "may have charged for it"),
        ("none", "maybe", "may have charged for it"),
        ("NaN", "maybe", "may have charged for it"),
        ("Infinity", "maybe", "may have charged for it"),
        ("-1", "maybe", "may have charged for it"),
    ],
)
def test_what_fal_says_of_the_bill_counts(units: str, charge: str, words: str) -> None:
    refused = answered(422, finding("value_error"), {"X-Fal-Billable-Units": units})
    error = classify(refused, "result", "x")
    assert error.charge == charge
    assert f"fal {words}: " in str(error)


def test_the_bill_of_something_else_does_not_count() -> None:
    assert classify(answered(404, None, {"X-Fal-Billable-Units": "0"}), "download", "x").charge == "yes"


@pytest.mark.parametrize(("header", "tries"), [("false", 0), ("False", 0), ("true", 2), ("", 2)])
def test_what_fal_calls_not_retryable_is_not_bought_again(header: str, tries: int) -> None:
    response = answered(500, finding("internal_server_error"), {"X-Fal-Retryable": header})
    assert classify(response, "result", "x").more_tries == tries
    assert classify(answered(422, finding("value_error"), {"X-Fal-Retryable": "true"}), "result", "x").more_tries == 0


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ({"detail": "x"}, {}, False),
        ("<html>", {}, False),
        (None, {}, False),
        ([], {}, False),
        ({"detail": ["x"]}, {}, False),
        ({"detail": [{"msg": "x"}]}, {}, False),
        ({"detail": "x", "error_type": "internal_error"}, {}, True),
        (finding("value_error"), {}, True),
        (None, {"X-Fal-Request-Id": "r"}, True),
        (None, {"X-Fal-Retryable": "false"}, True),
        (None, {"Server": "nginx"}, False),
    ],
)
def test_what_bears_fals_mark(body: Json, headers: dict[str, str], expected: bool) -> None:
    assert from_fal(answered(502, body, headers)) is expected


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (finding("t", "a", 0, msg="bad", input="mine"), "a.0: bad (t)"),
        ({"detail": {"loc": ["body", "a"], "msg": "bad", "type": "t"}}, "a: bad (t)"),
        ({"detail": [{"msg": "bad"}]}, "bad"),
        ({"detail": [{"loc": "body", "msg": 3, "type": ["t"]}]}, "status 400"),
        ({"detail": ["bad", "worse", 3]}, "bad; worse"),
        ({"detail": "text", "error_type": "bad_request"}, "text (bad_request)"),
        ({"error_type": "bad_request"}, "bad_request"),
        ({"error": {"type": "x", "message": "platform"}}, "platform"),
        ({"error": "plain"}, "plain"),
        ({"detail": "line\nof \x1b[31mred"}, "line of [31mred"),
        ({"detail": "see https://f.example/a?token=secret now"}, "see https://f.example/a now"),
        ({"detail": "see HTTPS://me:pw@f.example/a#frag"}, "see HTTPS://f.example/a"),
        ({"detail": "got data:image/png;base64,iVBORw0KGgo= here"}, "got data:image/png;base64,… here"),
        ({}, "status 400"),
        ([], "status 400"),
        (None, "status 400"),
        ("text", "status 400"),
    ],
)
def test_a_sentence_says_what_the_seller_says_and_nothing_of_ours(body: Json, said: str) -> None:
    assert str(classify(answered(400, body), "submit", "x")) == f"fal refused x and charged nothing: {said}"


@pytest.mark.parametrize("content", [b"<html>no</html>", b"\xff\xfe", b"[" * 100_000, b"{" * 9, b""])
def test_an_answer_of_any_bytes_has_its_class(content: bytes) -> None:
    response = httpx.Response(503, content=content, request=httpx.Request("GET", "https://queue.fal.run/"))
    assert type(classify(response, "submit", "x")) is Ambiguous
    assert "status 503" in str(classify(response, "submit", "x"))


def test_an_answer_that_no_request_led_to_is_read_as_well() -> None:
    assert str(classify(httpx.Response(400, json={"detail": "bad"}), "result", "x")).endswith(": bad")


def test_findings_are_kept_whole_and_the_sentence_short() -> None:
    items: list[Json] = [
        {"loc": ["body", "elements", n, "url"], "msg": "x" * 9000, "type": "value_error"} for n in range(9)
    ]
    error = classify(answered(422, {"detail": items}), "result", "hook.clip")
    assert [each.path for each in error.findings] == [f"elements/{n}/url" for n in range(9)]
    assert len(str(error)) < 400
    assert all(len(each.message) <= 240 for each in error.findings)


def test_a_body_in_the_body_is_a_field() -> None:
    error = classify(answered(422, finding("value_error", "body", "x")), "result", "x")
    assert error.findings == (Finding("body/x", "no good", "value_error"),)


def test_short_values_are_told() -> None:
    body = finding("literal_error", "duration", msg="Input should be '5' or '10', found '12s'", input="12s")
    assert "found '12s'" in str(classify(answered(422, body, sent={"duration": "12s"}), "result", "x"))


@given(
    key=st.from_regex(r"[\x21-\x39\x3b-\x7e]{4,40}(:[\x21-\x39\x3b-\x7e]{4,40})?", fullmatch=True),
    form=st.sampled_from(["plain", "header", "quoted", "base64", "upper", "parts"]),
    before=st.text(max_size=5000),
    behind=st.text(max_size=50),
)
def test_the_key_is_told_in_no_spelling(key: str, form: str, before: str, behind: str) -> None:
    request = httpx.Request("GET", "https://queue.fal.run/", headers={"Authorization": f"Key {key}"})
    spelled = {
        "plain": key,
        "header": f"Key {key}",
        "quoted": quote(key, safe=""),
        "base64": base64.b64encode(key.encode()).decode(),
        "upper": key.upper(),
        "parts": " and ".join(key.split(":")),
    }[form]
    shown = public(f"{before} {spelled} {behind}", httpx.Response(400, request=request)).lower()
    # A key may stand in the text around it by chance; then it was not told by the answer's echo alone.
    around = f"{before} {behind}".lower()
    for secret in (spelled.lower(), *(part.lower() for part in key.split(":"))):
        assert secret not in shown or secret in around


@given(prompt=st.text(st.characters(categories=["L", "Zs"]), min_size=30, max_size=400), cut=st.integers(0, 20))
def test_a_prompt_is_not_told_whoever_echoes_it(prompt: str, cut: int) -> None:
    echo = " ".join(prompt.split())[cut:]
    bodies: list[Json] = [
        finding("value_error", "prompt", msg=f"refused '{echo}'", input={"deep": [prompt]}),
        {"detail": f"refused '{echo}'"},
    ]
    for body in bodies:
        shown = str(classify(answered(422, body, sent={"prompt": prompt}), "submit", "x"))
        said = shown.removeprefix("fal refused x and charged nothing: ")
        runs = (echo[start : start + 12] for start in range(len(echo) - 11))
        assert not any(run in said for run in runs)


def test_what_the_answer_repeats_of_a_result_that_was_asked_for_later() -> None:
    """The request of a result has no body: what may be an echo is told by the answer itself."""
    body = finding("content_policy_violation", "prompt", msg=f"'{PROMPT[:40]}…' was flagged", input=PROMPT)
    request = httpx.Request("GET", "https://queue.fal.run/a/b/requests/r")
    error = classify(httpx.Response(422, json=body, request=request), "result", "hook.clip")
    assert not re.search("Maya|mirror", f"{error} {error.findings}")
    assert "was flagged" in str(error)
