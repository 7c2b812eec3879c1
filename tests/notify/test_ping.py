"""A watch on the web hears that all is well."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from inboxcrm.errors import TransientError
from inboxcrm.notify.ping import Ping


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and what was asked of it; /bad answers 500."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(500 if self.path == "/bad" else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


async def test_the_address_is_fetched_with_its_query(web: tuple[str, list[str]]) -> None:
    await Ping(f"{web[0]}/check?run=1")()

    assert web[1] == ["/check?run=1"]


async def test_an_answer_that_is_no_success_is_told(web: tuple[str, list[str]]) -> None:
    with pytest.raises(TransientError, match="500"):
        await Ping(f"{web[0]}/bad")()


async def test_nobody_there_is_told() -> None:
    with pytest.raises(TransientError, match="cannot be reached"):
        await Ping("http://127.0.0.1:1/")()


async def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(TransientError, match="cannot be reached"):
        await Ping("https://watch..example/")()
