"""Hostile mail in the window: every column is text, every file is a download, every cell is harmless."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from html.parser import HTMLParser

import pytest

from inboxcrm.domain.spreadsheets import harmless
from inboxcrm.store.database import Database
from inboxcrm.web.letters import blocks, clean_html
from tests.web import home
from tests.web.conftest import Window

ACTIVE = {"script", "svg", "math", "object", "embed", "base", "frame", "applet"}


class Elements(HTMLParser):
    """The elements of a page as a browser's tokenizer would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(text)
    return parser.found


def poison(connection: sqlite3.Connection, payload: str) -> None:
    """The payload in every text column that a stranger, or somebody who got at the settings, could fill."""
    columns = {
        "contacts": ("name", "plan", "policy", "language", "timezone", "known_because"),
        "organisations": ("name", "domain", "plan"),
        "addresses": ("spec", "name"),
        "matters": ("subject", "subject_key"),
        "messages": ("message_id", "sender", "recipients", "subject", "preview", "language", "outcome"),
        "letters": ("text",),
        "promises": ("ended_how",),
        "outbox": ("template", "recipient", "subject", "text", "reply", "state"),
        "mailboxes": ("name", "cause", "state"),
    }
    for table, names in columns.items():
        assignments = ", ".join(f"{name} = :payload" for name in names)
        connection.execute(f"UPDATE {table} SET {assignments}", {"payload": payload})
    listed = json.dumps([payload])
    files = json.dumps([{"path": "2", "name": payload, "type": payload, "size": 1}])
    connection.execute("UPDATE messages SET reasons = ?, defects = ?, attachments = ?", (listed, listed, files))
    told = json.dumps(home.STORY)
    for word in ("auth-fail", "A1", "D5", "dkim=fail example.com", "a person waits for an answer", "urgent", "8h",
                 "the subject says so", "nothing on record that it continues", "bob@example.com is in the address book",
                 "the gate says review: auth-fail"):  # fmt: skip
        told = told.replace(json.dumps(word), json.dumps(payload))
    connection.execute("UPDATE decisions SET story = ?", (told,))
    connection.execute(
        "INSERT INTO alarms (kind, raised_at, detail) VALUES (?, '2026-03-03T08:00:00Z', ?)", (payload,) * 2
    )


@pytest.mark.parametrize("payload", home.PAYLOADS)
async def test_no_column_becomes_an_element_or_a_handler_on_any_page(window: Window, payload: str) -> None:
    clean = {path: [tag for tag, _ in elements((await window.get(path)).text)] for path in _paths(window)}
    book = Database(window.path)
    with book.write() as connection:
        poison(connection, payload)
    book.close()

    for path in _paths(window):
        answer = await window.get(path)
        assert answer.status_code == 200, (path, answer.text)
        found = elements(answer.text)
        assert payload not in answer.text
        assert "49" not in re.findall(r">\s*(49)<b", answer.text)
        new = (
            {tag for tag, _ in found} - set(clean[path]) - {"p", "strong", "br", "ul", "li", "dt", "dd", "span", "time"}
        )
        assert not new & (ACTIVE | {"img", "b", "style", "title", "form", "iframe"}), (path, new)
        for tag, attributes in found:
            assert not any(name.startswith("on") for name in attributes), (path, tag, attributes)
            for name in ("href", "src", "action"):
                assert not (attributes.get(name) or "").strip().lower().startswith("javascript"), (
                    path,
                    tag,
                    attributes,
                )
        if path.startswith("/inboxcrm"):
            continue
        drawings = [tag for tag in clean[path] if tag == "svg"]  # the record draws itself
        assert [tag for tag, _ in found if tag in ACTIVE] == drawings, path


def _paths(window: Window) -> list[str]:
    views = ("message_list", "owed", "promise_list", "matter_list", "contact_list", "outbox_list", "mailbox_list")
    return [*window.own_pages().values(), *(f"/inboxcrm/{view}" for view in views)]


@pytest.mark.parametrize("payload", home.PAYLOADS)
async def test_words_in_an_address_line_stay_words(window: Window, payload: str) -> None:
    for path in ("search", "contacts"):
        answer = await window.site.client.get(
            f"/-/inboxcrm/{path}",
            params={"q": payload, "page": payload},
            cookies={window.key.cookie_name: window.key.cookie},
        )
        assert answer.status_code == 200
        assert payload not in answer.text
        assert not {tag for tag, _ in elements(answer.text)} & (ACTIVE | {"img"})


async def test_an_html_letter_is_cleaned_and_shut_in(window: Window) -> None:
    answer = await window.get(f"/-/inboxcrm/message/{window.rows.message}/html")

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "img-src data:" in policy
    assert "<b>Ann</b>" in answer.text
    assert "evil.example" not in answer.text
    assert "alert" not in answer.text
    assert "owned" not in answer.text
    assert not {tag for tag, _ in elements(answer.text)} & (ACTIVE | {"form", "input", "iframe"})


@pytest.mark.parametrize(
    "dirt",
    [
        "<img src=http://evil.example/a.png>",
        "<img srcset='http://evil.example/a.png 2x'>",
        "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
        "<a href='http://evil.example/'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<p style='background:url(http://evil.example/)'>x</p>",
        "<p style='background-color:url(//evil.example)'>x</p>",
        "<p style='color:ex\\70ression(alert(1))'>x</p>",
        "<link rel=stylesheet href=http://evil.example/>",
        "<video poster=http://evil.example/><source src=http://evil.example/></video>",
        "<table background=http://evil.example/><tr><td background=http://evil.example/>x</table>",
        "<input type=image src=http://evil.example/>",
        "<p id=body class=x name=cookie>x</p>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<!--><img src=x onerror=alert(1)>-->",
    ],
)
def test_no_dirt_survives_the_cleaning(dirt: str) -> None:
    cleaned = clean_html(dirt)

    assert "evil.example" not in cleaned
    assert not re.search(r"\s(on\w+|href|srcset|background|id|class|name|poster)=", cleaned)
    assert "svg" not in cleaned
    assert "<style" not in cleaned


def test_a_picture_inside_the_letter_stays() -> None:
    assert 'src="data:image/png;base64,AAAA"' in clean_html('<img src="data:image/png;base64,AAAA">')


async def test_an_attachment_is_a_download_under_a_name_of_ours(window: Window) -> None:
    answer = await window.get(f"/-/inboxcrm/message/{window.rows.message}/part/2")

    assert answer.content == b"<script>alert(6)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="mail-{window.rows.message}-part-2.html"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"


async def test_the_mail_itself_can_be_saved_as_it_came(window: Window) -> None:
    answer = await window.get(f"/-/inboxcrm/message/{window.rows.message}/mail.eml")

    assert answer.content == home.HOSTILE
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("path", ["9", "1.9", "0", "2.1.1.1"])
async def test_a_part_that_is_not_there_is_not_found(window: Window, path: str) -> None:
    assert (await window.get(f"/-/inboxcrm/message/{window.rows.message}/part/{path}")).status_code == 404


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", " =", "\n="])
async def test_no_cell_of_a_csv_is_a_formula(window: Window, begin: str) -> None:
    book = Database(window.path)
    with book.write() as connection:
        connection.execute("UPDATE messages SET subject = ?, sender = ?", (f"{begin}HYPERLINK(1)", f"{begin}cmd"))
    book.close()

    answer = await window.get("/inboxcrm/message_list.csv?_stream=on&outcome=review")
    heads, *rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    assert len(rows) == 1
    assert rows[0][heads.index("subject")] == f"'{begin}HYPERLINK(1)"
    assert rows[0][heads.index("sender")] == f"'{begin}cmd"


async def test_a_csv_keeps_the_filters_of_the_page_it_came_from(window: Window) -> None:
    answer = await window.get("/inboxcrm/message_list.csv?outcome=suppress")

    assert len(answer.text.splitlines()) == 1


@pytest.mark.parametrize(
    ("cell", "shown"), [(-5, -5), (None, None), ("plain", "plain"), ("-5", "'-5"), ("＝x", "'＝x")]
)
def test_only_text_is_changed_for_a_spreadsheet(cell: object, shown: object) -> None:
    assert harmless(cell) == shown


def test_a_letter_shows_quotes_apart_and_the_host_of_a_link() -> None:
    found = blocks("Look: https://example.org@evil.example/x\n> old\n> older\nend")

    assert [block.quoted for block in found] == [False, True, False]
    assert [piece.text for piece in found[0].pieces if piece.host] == ["example.org@evil.example"]


def test_a_letter_hides_nothing_and_turns_nothing() -> None:
    text = "".join(piece.text for block in blocks("a\u202eb\x1b[2Jc\u200bd") for piece in block.pieces)

    assert text == "ab␛[2Jcd"


def test_a_letter_of_a_million_quotes_has_few_blocks() -> None:
    assert len(blocks("> a\nb\n" * 100_000)) < 300
