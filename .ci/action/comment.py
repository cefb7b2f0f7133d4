#!/usr/bin/env python3
"""Keep one comment on the pull request: found by its marker, edited at every push, written where there is none.

Only this step is given the token. Where the token may not comment, as in a pull request from a fork, the run's summary,
which has the same words, says so.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from workflow import annotate, output, summarise

TRIES = 4
WAIT, LONGEST_WAIT = 2, 60
"""Seconds before a try is repeated, where GitHub does not name any, and the most that it may name."""
TRUSTED = ("OWNER", "MEMBER", "COLLABORATOR")
"""Whose comments may carry the marker, beside those of bots. A stranger's is left alone."""


class Refused(Exception):
    """GitHub did not let this token do it."""


class Passing(Exception):
    """GitHub or the way to it is disturbed; `after` seconds later it may be better."""

    def __init__(self, words: str, after: float) -> None:
        super().__init__(words)
        self.after = after


@dataclass(frozen=True, slots=True)
class GitHub:
    """GitHub's REST API for one repository, by one token."""

    url: str
    repository: str
    token: str

    def comments(self, number: int) -> Iterator[dict[str, Any]]:
        """The comments of a pull request, oldest first."""
        page, more = 1, True
        while more:
            found, links = self._send("GET", f"issues/{number}/comments?per_page=100&page={page}")
            yield from found
            page, more = page + 1, 'rel="next"' in links

    def write(self, number: int, body: str) -> int:
        """Add a comment, and give its id."""
        return int(self._send("POST", f"issues/{number}/comments", body)[0]["id"])

    def edit(self, comment: int, body: str) -> int:
        """Give a comment other words, and give its id."""
        return int(self._send("PATCH", f"issues/comments/{comment}", body)[0]["id"])

    def _send(self, method: str, path: str, body: str | None = None) -> tuple[Any, str]:
        """The answer, and its links to other pages. Raises Refused, Passing, or HTTPError for what is neither."""
        # The address is GitHub's own, or that of a company's own GitHub.
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/repos/{self.repository}/{path}",
            method=method,
            data=None if body is None else json.dumps({"body": body}).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "adc",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer), answer.headers.get("Link", "")
        except urllib.error.HTTPError as error:
            after = error.headers.get("Retry-After")
            if error.code >= 500 or error.code == 429 or after:
                raise Passing(f"HTTP {error.code}", _seconds(after)) from error
            if error.code in (401, 403):
                raise Refused(_words(error)) from error
            raise
        except (OSError, HTTPException, ValueError) as error:
            raise Passing(str(error), WAIT) from error


def _seconds(named: str | None) -> float:
    return min(float(named), LONGEST_WAIT) if named and named.isdecimal() else WAIT


def _words(error: urllib.error.HTTPError) -> str:
    """What GitHub says is wrong."""
    try:
        return str(json.load(error)["message"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"


def keep_one(github: GitHub, number: int, body: str, *, begin: bool) -> int | None:
    """Give the comment these words, and return its id; its first line is the marker.

    Where there is none, one is written, unless `begin` is false. It is looked for before every write, so a try after a
    disturbance never adds a second one. Raises as GitHub does.
    """
    marker = body.partition("\n")[0]
    for found in github.comments(number):
        if found["body"].startswith(marker) and _ours(found):
            if found["body"].replace("\r\n", "\n").rstrip() == body.rstrip():
                return int(found["id"])
            try:
                return github.edit(found["id"], body)
            except urllib.error.HTTPError as error:
                if error.code not in (404, 410):  # deleted between the two requests
                    raise
    return github.write(number, body) if begin else None


def _ours(comment: dict[str, Any]) -> bool:
    return comment["user"]["type"] == "Bot" or comment["author_association"] in TRUSTED


def main() -> int:
    """0, also where the token may not comment; 1 where GitHub failed."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    if "pull_request" not in event:
        print("this run is for no pull request; the summary of the run has it")
        return 0
    number = event["pull_request"]["number"]
    body = Path(os.environ["REPORT"]).read_text(encoding="utf-8")
    github = GitHub(os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"], os.environ["TOKEN"])
    begin = os.environ["CHANGED"] == "true"
    for further in reversed(range(TRIES)):
        try:
            comment = keep_one(github, number, body, begin=begin)
        except Refused as error:
            told = f"not written as a comment: this run's token may not ({error})"
            annotate(
                "notice", f"{told}; the summary of the run has it. See `permissions` in the action's documentation"
            )
            summarise(f"_This was {told}._")
            return 0
        except Passing as error:
            if not further:
                annotate("error", f"GitHub did not take the comment ({error}); run this job again")
                return 1
            time.sleep(error.after)
        except urllib.error.HTTPError as error:
            annotate("error", f"GitHub did not take the comment: {_words(error)}")
            return 1
        else:
            break
    if comment is not None:
        output("comment-id", str(comment))
    return 0


if __name__ == "__main__":
    sys.exit(main())
