"""inboxcrm's Datasette plug-in: pages for a home that `inboxcrm web` serves, locks for a home opened any other way.

Hooks that Datasette 0.65 and 1.0 have in common carry the safety: `prepare_connection` locks what SQL may read,
`asgi_wrapper` is the door. `permission_allowed` (0.65) repeats the same rules, so that no dead links are shown. For
a Datasette that serves other databases every hook answers nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import datasette as library

from inboxcrm.store.reader import holds_a_home, open_read_only
from inboxcrm.store.vault import SHOWN, lock
from inboxcrm.web import words
from inboxcrm.web.desk import DATABASE, desk_of
from inboxcrm.web.door import App, Door
from inboxcrm.web.look import refusal
from inboxcrm.web.routes import routes

Hook = TypeVar("Hook", bound=Callable[..., Any])
hookimpl: Callable[[Hook], Hook] = library.hookimpl
hookimpl_last: Callable[[Hook], Hook] = library.hookimpl(trylast=True)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Lock every connection that Datasette itself opens to a home's file."""
    if holds_a_home(conn):
        lock(conn, shown=desk_of(datasette) is not None and database == DATABASE)


@hookimpl
def permission_allowed(datasette: Any, action: str, resource: Any) -> bool | None:
    """Refuse everything of a home but the shown views of one that `inboxcrm web` serves."""
    name = resource[0] if isinstance(resource, tuple) else resource
    if not isinstance(name, str) or not _is_home(datasette, name):
        return None
    if desk_of(datasette) is None:
        return False
    if action == "view-table":
        return None if resource[1] in SHOWN else False
    return None if action == "view-database" else False


@hookimpl_last  # what it says of the search box stands, and not what Datasette says
def filters_from_request(request: Any, database: str, table: str, datasette: Any) -> Any:
    """Look for the words of `?_search=` in a shown view."""
    shown = desk_of(datasette) is not None and database == DATABASE and table in SHOWN
    return partial(words.filters, request, database, table, datasette) if shown else None


@hookimpl
def register_routes(datasette: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Our pages, before Datasette's own."""
    return [] if desk_of(datasette) is None else routes()


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[App], App]:
    """The door, around everything."""
    desk = desk_of(datasette)
    return lambda app: app if desk is None else Door(app, desk.key, refusal)


def _is_home(datasette: Any, name: str) -> bool:
    database = datasette.databases.get(name)
    return database is not None and database.path is not None and _file_is_home(str(database.path))


@lru_cache(maxsize=64)
def _file_is_home(path: str) -> bool:
    try:
        connection = open_read_only(Path(path))
    except sqlite3.Error:
        return False
    try:
        return holds_a_home(connection)
    except sqlite3.Error:
        return False
    finally:
        connection.close()
