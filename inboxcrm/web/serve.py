"""Serves the reviewer's window: Datasette on the home's file, read-only, on loopback, behind a start token."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import uvicorn
from datasette.app import Datasette

from inboxcrm import bootstrap
from inboxcrm.clock import SystemClock
from inboxcrm.config import Config, Mode, Owner
from inboxcrm.errors import UserError
from inboxcrm.ports import Clock
from inboxcrm.service.switch import ModeInFile
from inboxcrm.store.reader import Reader
from inboxcrm.store.vault import SHOWN
from inboxcrm.web.desk import DATABASE, Desk, seat
from inboxcrm.web.door import Key

if TYPE_CHECKING:
    from inboxcrm.rulebook import RuleBook

_SETTINGS = {
    "default_allow_sql": False,
    "allow_download": False,
    "suggest_facets": False,
    "allow_csv_stream": True,
    "default_cache_ttl": 0,
    "default_page_size": 50,
    "max_returned_rows": 1_000,
    "num_sql_threads": 2,
    "sql_time_limit_ms": 2_000,
    "facet_time_limit_ms": 300,
    "truncate_cells_html": 300,
    "template_debug": False,
    "trace_debug": False,
}
_FACETS = {
    "message_list": ["outcome"],
    "promise_list": ["state", "organisation"],
    "matter_list": ["turn", "organisation"],
    "contact_list": ["organisation", "plan"],
    "outbox_list": ["state", "template"],
}
_SORTED = {
    "message_list": "received_at",
    "promise_list": "received_at",
    "matter_list": "last_at",
    "contact_list": "last_at",
    "outbox_list": "id",
}


def serve(config: Config, *, host: str = "127.0.0.1", port: int = 8001, open_browser: bool = False) -> None:
    """Serve a home until interrupted. Prints one line: the address, with the start token in it.

    Raises UserError for an address that is not loopback, and for a port that is taken.
    """
    _check_loopback(host)
    bootstrap.opened(config).close()  # it is brought up to date, and nobody in it who was erased
    with contextlib.closing(_listen(host, port)) as listener:
        key = Key(str(listener.getsockname()[1]))
        site, desk = build(
            config.database,
            config.owner,
            mode=ModeInFile(config),
            clock=SystemClock(),
            key=key,
            rules=_rules(config),
        )
        address = _address(host, listener, key)
        click.echo(f"The correspondence, read-only: {address}")
        if open_browser:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(uvicorn.Server(_settings(site)).serve(sockets=[listener]))
        desk.reader.close()


@dataclass(slots=True)
class WebServer:
    """A window that is open beside other work; `url` has the start token in it."""

    url: str
    _server: uvicorn.Server
    _running: asyncio.Task[None]
    _desk: Desk
    _listener: socket.socket

    async def stop(self) -> None:
        """Close the window: answers that are being written are finished first."""
        self._server.should_exit = True
        await self._running
        self._listener.close()
        self._desk.reader.close()


async def start(
    database: Path, owner: Owner, *, mode: Mode = Mode.SHADOW, port: int = 0, clock: Clock | None = None
) -> WebServer:
    """Serve a home's file on 127.0.0.1 inside a running event loop; port 0 takes any free one.

    `clock` says what "today" is. Raises UserError when the port is taken. Who starts it calls `stop()`.
    """
    listener = _listen("127.0.0.1", port)
    key = Key(str(listener.getsockname()[1]))
    site, desk = build(database, owner, mode=lambda: mode, clock=clock or SystemClock(), key=key)
    server = _Guest(_settings(site))
    running = asyncio.create_task(server.serve(sockets=[listener]), name="web")
    while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    window = WebServer(_address("127.0.0.1", listener, key), server, running, desk, listener)
    if running.done():
        await window.stop()
    return window


def _rules(config: Config) -> RuleBook | None:
    """The rules, to show what they will do; None where they cannot be used, of which `doctor` and the desk speak."""
    try:
        return bootstrap.rule_book(config, bootstrap.template_set(config))
    except UserError:
        return None


def build(
    database: Path, owner: Owner, *, mode: Callable[[], Mode], clock: Clock, key: Key, rules: RuleBook | None = None
) -> tuple[Any, Desk]:
    """A Datasette that shows one home, and the desk whose reader must be closed after it."""
    desk = Desk(database, Reader(database), owner, mode, clock, key, rules)
    tables = {
        name: {
            "description": description,
            "size": 50,
            **({"facets": _FACETS[name]} if name in _FACETS else {}),
            **({"sort_desc": _SORTED[name]} if name in _SORTED else {}),
        }
        for name, description in SHOWN.items()
    }
    site = Datasette(
        files=[str(database)],
        settings=_SETTINGS,
        metadata={
            "title": "inboxcrm",
            "extra_css_urls": ["/-/inboxcrm/static/web.css"],
            "allow_sql": False,
            "databases": {DATABASE: {"allow_sql": False, "tables": tables}},
        },
    )
    if DATABASE not in site.databases:
        renamed = site.databases[database.stem]
        site.remove_database(database.stem)
        site.add_database(renamed, name=DATABASE)
    _print_no_values()
    seat(site, desk)
    site.client = type(site.client)(site)  # Datasette made its own before there was a desk: no door, no pages
    return site, desk


def _print_no_values() -> None:
    """Where rich is installed Datasette prints each fault with every local value: people's mail, on the terminal."""
    from datasette import handle_exception  # it is whole only once datasette.app has loaded its plug-ins

    handle_exception.rich = None


class _Guest(uvicorn.Server):
    """A server inside somebody else's program: signals are the host's affair."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the handlers alone."""
        yield


def _settings(site: Any) -> uvicorn.Config:
    return uvicorn.Config(
        site.app(),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        limit_concurrency=64,
    )


def _check_loopback(host: str) -> None:
    if host not in ("localhost", "127.0.0.1", "::1"):
        raise UserError(
            f"--host {host}: only loopback (127.0.0.1, ::1, localhost) is served. Anything else would show other "
            "people's mail to the network, and there is no login to configure yet. From another machine type: "
            "ssh -L 8001:127.0.0.1:8001 THIS-MACHINE"
        )


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if host == "::1" else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise UserError(f"--port {port}: cannot listen there ({error}). Try another, or 0 for any.") from error
    return listener


def _address(host: str, listener: socket.socket, key: Key) -> str:
    shown = "[::1]" if host == "::1" else host
    return f"http://{shown}:{listener.getsockname()[1]}/?token={key.token}"
