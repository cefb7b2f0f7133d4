"""A stand-in for the part of GitHub's REST API that keeps the comments of a pull request."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "a-maker/a-shop"
DENIED = {"message": "Resource not accessible by integration", "status": "403"}


@dataclass(slots=True)
class Fault:
    """What the next request of this method meets. `done`: it has its effect all the same."""

    method: str
    status: int
    done: bool = False
    headers: dict[str, str] = field(default_factory=lambda: {"Retry-After": "0"})


@dataclass(slots=True)
class GitHub:
    """Comments, oldest first; what was asked, as `METHOD path`, and by which tokens; and how it misbehaves."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    read_only: bool = False

    def say(self, body: str, *, kind: str = "Bot", association: str = "NONE") -> dict[str, Any]:
        """Add a comment, as the run's own token does where nothing else is said."""
        comment = {
            "id": 1000 + len(self.comments),
            "body": body,
            "user": {"type": kind},
            "author_association": association,
        }
        self.comments.append(comment)
        return comment

    def writes(self) -> list[str]:
        """The requests that change something."""
        return [one for one in self.asked if not one.startswith("GET ")]


@contextmanager
def github_at_work() -> Iterator[GitHub]:
    """The stand-in on a free port, for as long as the `with`."""
    github = GitHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(github))
    github.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(github: GitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def do_PATCH(self) -> None:
            self._handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

        def _handle(self) -> None:
            github.asked.append(f"{self.command} {self.path}")
            github.tokens.add(self.headers["Authorization"])
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
            fault = next((one for one in github.faults if one.method == self.command), None)
            if fault is not None:
                github.faults.remove(fault)
                if fault.done:
                    self._answer(body)
                self._send(fault.status, {"message": "a fault"}, fault.headers)
            else:
                self._send(*self._answer(body))

        def _answer(self, body: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
            address = urlsplit(self.path)
            below = address.path.removeprefix(f"/repos/{REPOSITORY}/issues/")
            if self.command != "GET" and github.read_only:
                return 403, DENIED, {}
            if self.command == "GET" and below == "7/comments":
                return self._page(parse_qs(address.query))
            if self.command == "POST" and below == "7/comments":
                return 201, github.say(body["body"]), {}
            found = [one for one in github.comments if below == f"comments/{one['id']}"]
            if self.command == "PATCH" and found:
                found[0]["body"] = body["body"]
                return 200, found[0], {}
            return 404, {"message": "Not Found"}, {}

        def _page(self, query: dict[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
            size, page = int(query["per_page"][0]), int(query["page"][0])
            links = ", ".join(
                f'<{github.url}/?page={number}>; rel="{name}"'
                for name, number, there in (
                    ("prev", page - 1, page > 1),
                    ("next", page + 1, page * size < len(github.comments)),
                )
                if there
            )
            return 200, github.comments[(page - 1) * size : page * size], {"Link": links} if links else {}

        def _send(self, status: int, document: Any, headers: dict[str, str]) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    return Handler
