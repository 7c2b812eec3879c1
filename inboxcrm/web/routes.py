"""Which address leads to which page: every one of them asks permission, reads, and writes the page on its own thread.

Routes of a plug-in bypass what Datasette allows globally, so `_answer` is the only way to a page, and it asks.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from datasette.utils.asgi import Forbidden, Response

from inboxcrm.domain.spreadsheets import harmless
from inboxcrm.store.vault import SHOWN
from inboxcrm.web import duplicates, files, memory, pages
from inboxcrm.web.desk import DATABASE, Desk, desk_of
from inboxcrm.web.letters import HTML_POLICY
from inboxcrm.web.look import CSS, refusal, write
from inboxcrm.web.pages import Page, Visit

Handler = Callable[..., Any]
OWN = "/-/inboxcrm"
MOST_CSV_PAGES = 1_000

_ID = r"(?P<id>\d{1,15})"


def routes() -> list[tuple[str, Handler]]:
    """Patterns and their handlers, in the form Datasette takes."""
    shown = {
        r"/": pages.home,
        rf"{OWN}/messages": pages.messages,
        rf"{OWN}/contacts": pages.contacts,
        rf"{OWN}/contact/{_ID}": pages.contact,
        rf"{OWN}/matter/{_ID}": pages.matter,
        rf"{OWN}/message/{_ID}": pages.message,
        rf"{OWN}/search": pages.search,
        rf"{OWN}/promises": pages.promises,
        rf"{OWN}/duplicates": duplicates.duplicates,
        rf"{OWN}/memory": memory.memory,
        rf"{OWN}/outbox": pages.outbox,
        rf"{OWN}/data": pages.data,
    }
    return [
        *((rf"^{pattern}$", _page(make)) for pattern, make in shown.items()),
        (rf"^{OWN}/message/{_ID}/html$", _letter_html),
        (rf"^{OWN}/message/{_ID}/mail\.eml$", _whole_mail),
        (rf"^{OWN}/message/{_ID}/part/(?P<path>\d{{1,4}}(?:\.\d{{1,4}}){{0,40}})$", _attachment),
        (rf"^{OWN}/static/web\.css$", _stylesheet),
        (rf"^/{DATABASE}$", _to_data),
        (rf"^/{DATABASE}/(?P<view>{'|'.join(SHOWN)})\.csv$", _csv),
        (rf"^{OWN}(?:/.*)?$", _nothing),
    ]


def _page(make: Callable[[Visit], Page | None]) -> Handler:
    async def view(request: Any, datasette: Any) -> Any:
        desk = await _permitted(datasette, request)
        arguments = dict(parse_qsl(request.query_string, keep_blank_values=True))

        def answer(connection: sqlite3.Connection) -> str | None:
            row_id = int(request.url_vars.get("id") or 0)
            page = make(Visit(connection, desk, desk.now(), row_id, arguments))
            return None if page is None else write(desk, connection, page, arguments)

        try:
            html = await desk.reader.read(answer)
        except sqlite3.OperationalError as error:
            return Response.text(f"The database could not answer in time ({error}). Try again.", status=503)
        return _missing("There is no such record") if html is None else Response.html(html)

    return view


async def _permitted(datasette: Any, request: Any) -> Desk:
    """The desk, if this visitor may see it. Raises Forbidden."""
    desk = desk_of(datasette)
    if desk is None:
        raise Forbidden("not served here")
    if hasattr(datasette, "permission_allowed"):
        for action, resource in (("view-instance", None), ("view-database", DATABASE)):
            if not await datasette.permission_allowed(request.actor, action, resource=resource, default=True):
                raise Forbidden(action)
    else:
        from datasette.resources import DatabaseResource

        if not await datasette.allowed(
            action="view-database", resource=DatabaseResource(DATABASE), actor=request.actor
        ):
            raise Forbidden("view-database")
    return desk


async def _letter_html(request: Any, datasette: Any) -> Any:
    desk = await _permitted(datasette, request)
    cleaned = await desk.reader.read(lambda connection: files.html(connection, int(request.url_vars["id"])))
    if cleaned is None:
        return _missing("This mail has no HTML")
    return Response.html(cleaned, headers={"content-security-policy": HTML_POLICY})


async def _whole_mail(request: Any, datasette: Any) -> Any:
    desk = await _permitted(datasette, request)
    return _download(await desk.reader.read(lambda connection: files.mail(connection, int(request.url_vars["id"]))))


async def _attachment(request: Any, datasette: Any) -> Any:
    desk = await _permitted(datasette, request)
    row_id, path = int(request.url_vars["id"]), request.url_vars["path"]
    return _download(await desk.reader.read(lambda connection: files.attachment(connection, row_id, path)))


def _download(found: files.Download | None) -> Any:
    """Bytes that the browser saves under a name of ours and never shows."""
    if found is None:
        return _missing("There is no such file")
    return Response(
        body=found.octets,
        headers={"content-disposition": f'attachment; filename="{found.name}"', "content-security-policy": "sandbox"},
        content_type="application/octet-stream",
    )


async def _nothing(request: Any, datasette: Any) -> Any:
    """Under our name, and none of our pages."""
    await _permitted(datasette, request)
    return _missing("There is no such page")


def _missing(heading: str) -> Any:
    """A page for what is not there, which leads back: no exception, which Datasette would print with every local."""
    sentence = "It may have been erased, or the address was cut short."
    policy = "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    return Response.html(
        refusal(404, heading, sentence, back=True), status=404, headers={"content-security-policy": policy}
    )


async def _stylesheet() -> Any:
    return Response(body=CSS, headers={"cache-control": "private, max-age=86400"}, content_type="text/css")


async def _to_data() -> Any:
    return Response.redirect(f"{OWN}/data")


async def _csv(request: Any, datasette: Any) -> Any:
    """Datasette's CSV of a view, filters and all, with every cell made harmless for spreadsheets."""
    await _permitted(datasette, request)
    view = request.url_vars["view"]
    arguments = [pair for pair in parse_qsl(request.query_string) if pair[0] not in _CSV_OPTIONS]
    everything = "_stream" in request.args
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    following: str | None = None
    for number in range(MOST_CSV_PAGES if everything else 1):
        found = await _rows(datasette, request, view, arguments, following)
        if number == 0:
            writer.writerow([harmless(name) for name in found["columns"]])
        writer.writerows([[harmless(cell) for cell in row] for row in found["rows"]])
        following = found.get("next")
        if not following:
            break
    return Response(
        body="\ufeff" + out.getvalue(),
        headers={"content-disposition": f'attachment; filename="{view}.csv"'},
        content_type="text/csv; charset=utf-8",
    )


_CSV_OPTIONS = frozenset(("_stream", "_size", "_dl", "_header", "_next", "_shape", "_labels", "_col", "_nocol"))


async def _rows(
    datasette: Any, request: Any, view: str, arguments: list[tuple[str, str]], following: str | None
) -> Mapping[str, Any]:
    """A page of rows as Datasette's JSON tells them, asked with the visitor's own cookie."""
    paging = [("_size", "max"), ("_shape", "arrays"), ("_extra", "columns,next")]
    query = urlencode([*arguments, *paging, *([("_next", following)] if following else [])])
    answer = await datasette.client.get(f"/{DATABASE}/{quote(view)}.json?{query}", cookies=request.cookies)
    if answer.status_code != 200:
        raise Forbidden(f"the rows of {view} could not be read")
    found: Mapping[str, Any] = answer.json()
    return found
