"""Where a browser comes back to after a sign-in: an address of this machine that lives as long as the sign-in."""

from __future__ import annotations

import http.server
import time
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from inboxcrm.domain.text import plain
from inboxcrm.errors import UserError

_DONE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>inboxcrm</title>
<body style="font-family: sans-serif; margin: 4em"><h1>{said}</h1>
<p>You may close this page and go back to the terminal.</p>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider sent back (RFC 6749 section 4.1.2): a code, or why there is none; `state` names the request."""

    state: str | None
    code: str | None = None
    error: str | None = None

    def __repr__(self) -> str:
        return f"Answer(error={self.error!r})"


def answer_in(address: str) -> Answer:
    """The answer in an address that somebody copied out of a browser. UserError where it holds none."""
    fields = parse_qs(urlsplit(address.strip()).query)
    code, error = fields.get("code", [None])[0], fields.get("error", [None])[0]
    if code is None and error is None:
        raise UserError(
            "that address holds no answer. Copy the whole address of the page the browser ends at, which begins with "
            "http://127.0.0.1 or http://localhost and cannot be shown"
        )
    description = fields.get("error_description", [None])[0]
    why = ": ".join(each for each in (error, description) if each)
    return Answer(fields.get("state", [None])[0], code, plain(why, 300) or None)


class Redirect:
    """Listens on a free port of loopback; the first answer to our request is it, anything else is not found."""

    def __init__(self, host: str) -> None:
        self._answer: Answer | None = None
        self._state: str | None = None
        self._server = http.server.HTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://{host}:{self._server.server_port}"  # no path: Microsoft compares it with http://localhost

    def wait(self, patience: timedelta, state: str) -> Answer | None:
        """The answer to the request with this state; None where none came in time."""
        self._state = state
        until = time.monotonic() + patience.total_seconds()
        while self._answer is None and (left := until - time.monotonic()) > 0:
            self._server.timeout = min(left, 1.0)
            self._server.handle_request()
        return self._answer

    def _taken(self, path: str) -> Answer | None:
        try:
            answer = answer_in(path)
        except UserError:
            return None
        if answer.state is None or answer.state != self._state:
            return None
        self._answer = self._answer or answer
        return answer

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        redirect = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 10  # a connection that says nothing holds nobody up for longer

            def do_GET(self) -> None:
                answer = redirect._taken(self.path)
                if answer is None:
                    self.send_error(404)
                    return
                page = _DONE.format(said="Signed in." if answer.code else "Not signed in.").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Nothing: the address holds the code."""

        return Handler

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server_close()
