"""What each page of the window shows."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from inboxcrm.domain.address import address
from inboxcrm.domain.mime import parse
from inboxcrm.domain.occasions import Kind as OccasionKind
from inboxcrm.domain.occasions import Occasion
from inboxcrm.ports import FolderRole, Listed, Position
from inboxcrm.store import (
    call_backs,
    commitments,
    contacts,
    facts,
    folders,
    listings,
    lookalikes,
    merging,
    occasions,
    told_occasions,
)
from inboxcrm.store import home as memory
from inboxcrm.store.database import Database
from tests.web import home
from tests.web.conftest import Window


async def test_the_first_page_shows_what_is_owed_what_was_told_and_the_mailboxes(window: Window) -> None:
    page = await window.read("/")

    assert "1 answer owed to 1 person" in page
    assert "was told" in page
    assert "today 17:00" in page
    assert "main" in page


async def test_a_contact_page_has_the_card_what_is_owed_and_the_timeline(window: Window) -> None:
    page = await window.read(f"/-/inboxcrm/contact/{window.rows.contact}")

    assert "bob@example.com" in page
    assert "You owe an answer" in page
    assert "March 2026" in page
    assert f"/-/inboxcrm/message/{window.rows.message}" in page


async def test_a_contact_page_has_the_brief(window: Window) -> None:
    book = Database(window.path)
    with book.write() as connection:
        facts.add(
            connection,
            contact_id=window.rows.contact,
            message_id=None,
            text="likes <b>tea</b>",
            quote="",
            said_at=home.NOW,
            now=home.NOW,
        )
    book.close()

    page = await window.read(f"/-/inboxcrm/contact/{window.rows.contact}")

    assert "Before you answer" in page
    assert "likes <b>tea</b>, Tue 2026-03-03" in page


async def test_a_contact_page_asks_for_a_yes_or_no_to_what_letters_seem_to_say(window: Window) -> None:
    book, contact = Database(window.path), window.rows.contact
    with book.write() as connection:
        commitments.add(
            connection,
            message_id=window.rows.message,
            contact_id=contact,
            matter_id=None,
            side="theirs",
            kind="deed",
            quote="I will pay by Friday.",
            detail="",
            said_at=home.NOW,
            due_on=None,
            state="suggested",
        )
        for month, day in ((5, 4), (6, None)):
            told_occasions.suggest(
                connection,
                contact,
                kind="birthday",
                month=month,
                day=day,
                year=None,
                quote="my <b>birthday</b>",
                source="mail",
                told_at=home.NOW,
                message_id=window.rows.message,
            )
    book.close()

    page = await window.read(f"/-/inboxcrm/contact/{contact}")

    assert "Waits for your yes or no" in page
    assert "I will pay by Friday." in page
    assert "inboxcrm commitments confirm 1" in page
    assert "birthday, 05-04" in page
    assert "inboxcrm occasions confirm 2 --on DAY" in page
    assert "my <b>birthday</b>" in page


async def test_the_page_of_duplicates_says_why_and_what_to_type(window: Window) -> None:
    book = Database(window.path)
    with book.write() as connection:
        names = ("Bob <i>Builder</i>", "Bob <i>Builder</i>")
        addresses = ("bob.builder@example.net", "bob.builder@home.example")
        twin, other = (
            contacts.add_contact(connection, address(name, spec), None, now=home.NOW)
            for name, spec in zip(names, addresses, strict=True)
        )
    book.close()

    page = await window.read("/-/inboxcrm/duplicates")
    raw = (await window.get("/-/inboxcrm/duplicates")).text

    assert f"inboxcrm contacts merge c{twin} c{other}" in page or f"inboxcrm contacts merge c{other} c{twin}" in page
    assert "name" in page.split("Because")[1]
    assert "<i>Builder" not in raw
    assert "/-/inboxcrm/duplicates" in await window.read("/-/inboxcrm/contacts")


async def test_the_memory_page_foresees_what_rules_in_time_will_do(window: Window) -> None:
    book = Database(window.path)
    with book.write() as connection:
        day = Occasion(OccasionKind.BIRTHDAY, 3, 9, None)
        occasions.add(connection, window.rows.contact, day, note="", source="hand", now=home.NOW)
    book.close()

    page = await window.read("/-/inboxcrm/memory")

    assert "What rules in time will do" in page
    assert "Mon 9 Mar" in page
    assert "draft birthday, notify owner: a birthday: a greeting is drafted" in page


async def test_the_memory_page_has_what_was_agreed_said_and_asked_for(window: Window) -> None:
    book, contact = Database(window.path), window.rows.contact
    with book.write() as connection:
        (promise,) = (row[0] for row in connection.execute("SELECT id FROM promises").fetchall())
        call_backs.keep(
            connection,
            promise,
            message_id=window.rows.message,
            phrase="call me <b>tomorrow</b>",
            call_at=home.NOW + timedelta(days=1),
            call_on=None,
            sure=True,
        )
        facts.add(
            connection,
            contact_id=contact,
            message_id=None,
            text="lives in <i>Bern</i>",
            quote="",
            said_at=home.NOW,
            now=home.NOW,
        )
        for state, quote in (("open", "send the plans"), ("suggested", "I will pay by Friday.")):
            commitments.add(
                connection,
                message_id=window.rows.message,
                contact_id=contact,
                matter_id=None,
                side="mine",
                kind="deed",
                quote=quote,
                detail="",
                said_at=home.NOW,
                due_on=home.NOW.date(),
                state=state,
            )
    book.close()

    page, first = await window.read("/-/inboxcrm/memory"), await window.read("/")

    told = ("They asked to be called", "tomorrow 10:00", "send the plans", "Waits for your yes or no", "I will pay by")
    assert [words for words in (*told, "lives in", "No step waits.") if words not in page] == []
    raw = (await window.get("/-/inboxcrm/memory")).text
    assert "<b>tomorrow" not in raw
    assert "<i>Bern" not in raw
    assert "asked to be called" in first


async def test_a_matter_page_has_the_whole_letters_with_quotes_folded(window: Window) -> None:
    page = await window.read(f"/-/inboxcrm/matter/{window.rows.matter}")

    assert "could you send the offer?" in page
    assert "2 quoted lines" in page
    assert "your turn" in page


async def test_a_message_page_says_why_from_the_stored_reasons(window: Window) -> None:
    page = await window.read(f"/-/inboxcrm/message/{window.rows.message}")

    for said in (
        "the gate says review: auth-fail",
        "bob@example.com is in the address book",
        "nothing on record that it continues",
        "D5",
        "dkim=fail example.com",
        "8h of open office time",
        "the mail arrives",
        "urgent: the subject says so",
        "Hello Bob,",
    ):
        assert said in page


async def test_a_message_shows_its_html_only_on_request_in_a_sandboxed_frame(window: Window) -> None:
    address = f"/-/inboxcrm/message/{window.rows.message}"

    assert "<iframe" not in (await window.get(address)).text
    assert f'sandbox src="{address}/html"' in (await window.get(f"{address}?html=1")).text


async def test_the_keyboard_comes_past_the_menu_at_once(window: Window) -> None:
    for path in window.own_pages().values():
        page = await window.read(path)
        assert page.index('<a class="skip" href="#main">') < page.index('<a class="brand"')
        assert '<main id="main"' in page


async def test_a_search_lights_up_what_was_found(window: Window) -> None:
    answer = await window.get("/-/inboxcrm/search?q=could+send")

    assert "<mark>could</mark>" in answer.text


@pytest.mark.parametrize("words", ['"', "NEAR(", "*", "subject:x", "^a", "a AND (", "-", "\x00", "x " * 10_000])
async def test_a_search_takes_every_sign_of_the_query_language_as_a_word(window: Window, words: str) -> None:
    answer = await window.site.client.get(
        "/-/inboxcrm/search", params={"q": words[:4000]}, cookies={window.key.cookie_name: window.key.cookie}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("view", "asked", "found"),
    [
        pytest.param("contact_list", "_search=bob", True, id="a word in any cell"),
        pytest.param("contact_list", "_search=bob+example", True, id="two words in two cells"),
        pytest.param("contact_list", "_search=bob+nowhere", False, id="one of two words is missing"),
        pytest.param("contact_list", "_search=%25", False, id="a sign of the pattern is a word"),
        pytest.param("contact_list", "_search_name=bob", True, id="in its column"),
        pytest.param("contact_list", "_search_organisation=bob", False, id="in another column"),
        pytest.param("message_list", "_search=OFFER", True, id="capital letters"),
        pytest.param("message_list", "_search=", True, id="no word"),
    ],
)
async def test_datasettes_search_leaves_the_rows_that_hold_the_words(
    window: Window, view: str, asked: str, found: bool
) -> None:
    page, rows = await window.read(f"/inboxcrm/{view}?{asked}"), await window.get(f"/inboxcrm/{view}.json?{asked}")

    assert 'type="search"' in page
    assert bool(rows.json()["rows"]) is found


async def test_a_column_that_is_not_there_is_not_searched(window: Window) -> None:
    answer = await window.get("/inboxcrm/contact_list.json?_search_secret=x")

    assert answer.status_code == 400
    assert "contact_list has no column secret to search in" in answer.json()["error"]


async def test_the_outbox_shows_the_text_as_it_went(window: Window) -> None:
    page = await window.read("/-/inboxcrm/outbox")

    assert "Hello Bob,\n\nreceived." in page
    assert "250 ok" in page


async def test_the_promises_page_has_the_record_and_the_ledger(window: Window) -> None:
    page = await window.read("/-/inboxcrm/promises")

    assert '<svg viewBox="0 0 64 148"' in page
    assert "<title>2026-03: 0 kept, 0 kept late, 0 broken, 1 open</title>" in page
    assert '<rect class="live"' in page
    assert "2026-03" in page
    assert "Offer" in page


async def test_pause_and_alarms_stand_above_every_page(window: Window) -> None:
    book = Database(window.path)
    with book.write() as connection:
        memory.set_value(connection, "paused_at", "2026-03-03T08:00:00Z")
        memory.set_value(connection, memory.BRAKE, "2026-03-03T08:00:00Z")
        memory.raise_alarm(connection, "brake", "thirty in an hour", now=home.NOW)
        for number in range(5):
            memory.raise_alarm(connection, memory.OF_RULES, f"note {number}", now=home.NOW)
    book.close()

    for path in window.own_pages().values():
        page = await window.read(path)
        assert "Paused" in page
        assert "Brake on" in page
        assert "thirty in an hour" in page
        assert "YOUR RULES</strong> note 0" in page
        assert "and 3 more</summary>" in page


async def test_long_lists_have_pages(window: Window) -> None:
    book = Database(window.path)
    with book.write() as connection:
        for number in range(120):
            raw = f"From: bob@example.com\nSubject: Number {number}.\n\nText of {number}.".encode()
            at = home.NOW - timedelta(days=2, minutes=number)
            home.add_message(connection, raw, contact=window.rows.contact, matter=window.rows.matter, at=at)
    book.close()

    for path in ("/-/inboxcrm/messages", f"/-/inboxcrm/contact/{window.rows.contact}"):
        first, third = await window.read(path), await window.read(f"{path}?page=3")
        assert "Number 0." in first
        assert "?page=2" in first
        assert "Number 119." in third
        assert 'rel="next"' not in third
    assert "Text of 119." in await window.read(f"/-/inboxcrm/matter/{window.rows.matter}")
    assert 'rel="next"' in await window.read("/-/inboxcrm/search?q=text")


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "٣"])
async def test_a_wild_page_number_is_no_error(window: Window, page: str) -> None:
    assert (await window.get(f"/-/inboxcrm/messages?page={page}")).status_code == 200


@pytest.mark.parametrize(
    "path", ["contact/999", "matter/999", "message/999", "message/999/html", "message/999/mail.eml", "contact/x", "no"]
)
async def test_what_is_not_there_is_not_found_and_says_so_in_the_window_only(
    window: Window, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await window.get(f"/-/inboxcrm/{path}")

    assert answer.status_code == 404
    assert "To the first page" in answer.text
    assert capsys.readouterr() == ("", ""), "a traceback with local values would hold people's mail"


async def test_a_fault_of_datasettes_own_pages_prints_no_local_values(
    window: Window, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await window.get("/inboxcrm/message_list?_sort=nothing")

    assert "Cannot sort table by nothing" in answer.text
    assert capsys.readouterr() == ("", "")


async def test_pages_follow_what_the_daemon_writes(window: Window) -> None:
    await window.read("/")
    writer = sqlite3.connect(window.path)
    writer.execute("UPDATE contacts SET name = 'Robert New'")
    writer.commit()
    writer.close()

    assert "Robert New" in await window.read("/-/inboxcrm/contacts")


async def test_the_views_are_tables_with_facets_in_datasette(window: Window) -> None:
    page = await window.read("/inboxcrm/message_list?_facet=sender")

    assert "Every mail: who, what, when, and what was decided." in page
    assert "1 row" in page


async def test_a_mail_of_somebody_who_looks_like_a_known_contact_says_so(window: Window) -> None:
    book = Database(window.path)
    with book.write() as connection:
        known = address("Known", "b0b@example.com")
        contacts.add_contact(connection, known, None, now=home.NOW)
        contacts.make_known(connection, known.key, because="you wrote to them", at=home.NOW)
        lookalikes.draw_new(connection, limit=10)
    book.close()

    page = await window.read(f"/-/inboxcrm/message/{window.rows.message}")

    assert "Look twice" in page
    assert "bob@example.com looks like b0b@example.com of Known, and is another" in page


async def test_the_page_of_a_merged_contact_is_that_of_the_one_it_was_merged_into(window: Window) -> None:
    book = Database(window.path)
    with book.write() as connection:
        other = contacts.add_contact(connection, address("Bob at home", "bob@home.example"), None, now=home.NOW)
        merging.merge(connection, window.rows.contact, other, (), at=home.NOW)
    book.close()

    page = await window.read(f"/-/inboxcrm/contact/{other}")

    assert "bob@example.com" in page
    assert "bob@home.example" in page


async def test_mail_that_is_not_read_yet_is_found_and_counted_and_is_no_link(window: Window) -> None:
    book = Database(window.path)
    raw = b"From: Bob <bob@example.com>\r\nSubject: Zebras <b>unread</b>\r\n\r\n"
    position = Position(1, 100, backfill_below=50, baseline=100, listed_below=1)
    with book.write() as connection:
        (box,) = connection.execute("SELECT id FROM mailboxes LIMIT 1").fetchone()
        connection.execute("UPDATE mailboxes SET backlog = 20")
        folder_id = folders.move_to(connection, box, "Old", FolderRole.OTHER, position)
        listings.enter(connection, folder_id, 1, [(Listed(7, home.NOW, frozenset(), 9_000, raw), parse(raw))])
        connection.execute("INSERT OR IGNORE INTO addresses (key, spec, name, contact_id) VALUES (?, ?, '', ?)",
                           ("bob@example.com", "bob@example.com", window.rows.contact))  # fmt: skip
    book.close()

    found = await window.read("/-/inboxcrm/search?q=zebra")
    octets = (await window.get("/-/inboxcrm/search?q=zebra")).text
    card = await window.read(f"/-/inboxcrm/contact/{window.rows.contact}")
    first = await window.read("/")
    mail = await window.read("/-/inboxcrm/messages")

    assert "Zebras <b>unread</b>" in found
    assert "Zebras &lt;b&gt;unread&lt;/b&gt;" in octets
    assert "not read yet" in found
    assert "inboxcrm show n1" in found
    assert "1 more not read yet" in card
    assert "the list is whole" in first
    assert "the list is whole" in mail
    assert mail.count("Zebras <b>unread</b>") == mail.count("not read yet</span>") == 1
    assert 'href="/-/inboxcrm/message/n1"' not in mail
