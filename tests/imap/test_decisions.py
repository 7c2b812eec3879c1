"""The decisions of reading mail, as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.errors import InboxcrmError
from inboxcrm.imap import decisions
from inboxcrm.imap.decisions import Advance, Changes, Way
from inboxcrm.imap.errors import (
    BusyError,
    CertificateError,
    ClosingError,
    ConnectionLostError,
    FolderMissingError,
    LoginRefusedError,
    NotConnectedError,
    ThrottledError,
    TooManyConnectionsError,
)
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.folders import choose
from inboxcrm.imap.names import Listed
from inboxcrm.imap.retries import Failures
from inboxcrm.imap.uids import closed_ranges, sequence_set, within
from inboxcrm.ports import Arrival, FolderRole, MailboxState, Position

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STORED = Position(5, 100, highest_modseq=50, baseline=10)


@pytest.mark.parametrize(
    ("stored", "opened", "expected"),
    [
        (None, Opened("INBOX", 3, 5, 4), Way.FIRST),
        (STORED, Opened("INBOX", 3, 6, 100), Way.RESET),
        (STORED, Opened("INBOX", 3, 4, 100), Way.RESET),
        (STORED, Opened("INBOX", 3, 5, 99), Way.RECONCILE),
        (STORED, Opened("INBOX", 3, 5, 100), Way.CONTINUE),
        (STORED, Opened("INBOX", 3, 5, None), Way.CONTINUE),
    ],
    ids=["new", "validity-up", "validity-down", "uidnext-down", "same", "no-uidnext"],
)
def test_how_a_folder_is_taken_up(stored: Position | None, opened: Opened, expected: Way) -> None:
    assert decisions.way(stored, opened) is expected


@pytest.mark.parametrize(
    ("stored_modseq", "modseq", "told", "expected"),
    [
        (50, None, True, Changes.RECENT),
        (None, 50, False, Changes.ALL),
        (50, 49, True, Changes.ALL),
        (50, 50, True, Changes.NONE),
        (50, 51, True, Changes.TOLD),
        (50, 51, False, Changes.ASK),
    ],
    ids=["nomodseq", "first-modseq", "went-back", "nothing", "qresync", "condstore"],
)
def test_how_changes_are_learnt(stored_modseq: int | None, modseq: int | None, told: bool, expected: Changes) -> None:
    stored = Position(5, 100, highest_modseq=stored_modseq)

    assert decisions.changes(stored, Opened("INBOX", 3, 5, 100, modseq), told=told) is expected


def test_a_search_for_everything_from_a_number_names_the_last_message_even_below_it() -> None:
    assert decisions.newer([7], 8) == []
    assert decisions.newer([7, 8, 12], 8) == [8, 12]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 12 << 20), max_size=300))
def test_batches_hold_every_message_once_and_keep_their_bounds(octets: list[int]) -> None:
    sizes = list(enumerate(octets))

    cut = decisions.batches(sizes)

    assert [uid for group in cut for uid in group] == [uid for uid, _ in sizes]
    for group in cut:
        assert 1 <= len(group) <= decisions.BATCH_MESSAGES
        total = sum(octets[uid] for uid in group)
        assert len(group) == 1 or total <= decisions.BATCH_OCTETS
        assert len(group) == 1 or all(octets[uid] <= decisions.ALONE_OCTETS for uid in group)


@given(st.sets(st.integers(1, 400)), st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), max_size=8))
def test_ranges_say_what_sets_say(uids: set[int], pairs: list[tuple[int, int]]) -> None:
    ranges = list(closed_ranges(uids))
    apart = list(closed_ranges(uid for low, high in pairs for uid in range(min(low, high), max(low, high) + 1)))

    assert {uid for low, high in ranges for uid in range(low, high + 1)} == uids
    assert sequence_set(uids).count(",") == max(0, len(ranges) - 1)
    assert within(apart, sorted(uids)) == [
        uid for uid in sorted(uids) if any(low <= uid <= high for low, high in apart)
    ]


@pytest.mark.parametrize(
    ("position", "advance", "expected"),
    [
        (STORED, Advance(uid_next=104), Position(5, 104, 50, baseline=10)),
        (STORED, Advance(uid_next=90), STORED),
        (STORED, Advance(highest_modseq=60, checked_at=NOON), Position(5, 100, 60, baseline=10, checked_at=NOON)),
        (
            Position(5, 100, backfill_below=80),
            Advance(backfill_below=40, owed=(44, 41), checked_at=NOON),
            Position(5, 100, backfill_below=40, pending=(41, 44)),
        ),
        (
            Position(5, 100, backfill_below=80, pending=(3,)),
            Advance(backfilled=True, settled=(3,), checked_at=NOON),
            Position(5, 100, checked_at=NOON),
        ),
        (None, Advance(fresh=STORED), STORED),
    ],
    ids=["new-mail", "never-back", "changes", "backlog", "backlog-done", "fresh"],
)
def test_where_a_step_leaves_a_position(position: Position | None, advance: Advance, expected: Position) -> None:
    assert advance.apply(position) == expected


@pytest.mark.parametrize(
    ("checked_at", "news_since", "received_at", "expected"),
    [
        (None, None, NOON, False),
        (NOON, None, NOON + timedelta(hours=1), True),
        (NOON, None, NOON - timedelta(hours=1), False),
        (NOON, None, NOON - timedelta(minutes=9), True),
        (None, NOON, NOON + timedelta(hours=1), True),
        (None, NOON, NOON - timedelta(hours=1), False),
        (NOON, NOON - timedelta(days=1), NOON - timedelta(hours=1), False),
        (NOON + timedelta(days=3650), None, NOON + timedelta(hours=1), True),
        (NOON + timedelta(days=3650), None, NOON - timedelta(days=2), False),
        (None, NOON + timedelta(days=3650), NOON + timedelta(hours=1), True),
    ],
    ids=[
        "unknown",
        "after",
        "before",
        "clocks-differ",
        "first-reading",
        "moved-in-it",
        "looked-since",
        "clock-ran-ahead",
        "and-it-was-moved",
        "clock-ran-ahead-in-it",
    ],
)
def test_what_was_delivered_and_what_was_moved(
    checked_at: datetime | None, news_since: datetime | None, received_at: datetime, expected: bool
) -> None:
    position = Position(5, 100, checked_at=checked_at, news_since=news_since)

    assert decisions.was_delivered(received_at, position, now=NOON + timedelta(hours=2)) is expected


_BEFORE = NOON - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (Position(5, 100, checked_at=NOON, news_since=NOON - timedelta(days=9)), (NOON, _BEFORE)),
        (Position(5, 100, backfill_below=40, news_since=NOON), (None, NOON)),
        (Position(5, 100, backfill_below=40, checked_at=NOON, news_since=_BEFORE), (NOON, _BEFORE)),
    ],
    ids=["all-read", "first-reading", "renumbered-already"],
)
def test_from_when_on_the_unknown_is_news_after_the_numbers_changed(
    stored: Position, expected: tuple[datetime | None, datetime]
) -> None:
    again = decisions.renumbered(stored, Opened("INBOX", 3, 6, 4), uid_next=4, unknown=[1])
    back = decisions.reconciled(stored, uid_next=4, unknown=[1], pending=())

    assert {(one.checked_at, one.news_since, one.baseline) for one in (again, back)} == {(*expected, 0)}


@pytest.mark.parametrize(
    ("baseline", "uid", "received_at", "expected"),
    [
        (10, 9, NOON + timedelta(hours=1), False),
        (10, 10, NOON - timedelta(hours=1), True),
        (0, 9, NOON + timedelta(hours=1), True),
        (0, 10, NOON - timedelta(hours=1), False),
    ],
    ids=["there-before", "came-since", "renumbered-and-new", "renumbered-and-old"],
)
def test_what_is_news_among_the_unknown(baseline: int, uid: int, received_at: datetime, expected: bool) -> None:
    position = Position(5, 100, baseline=baseline, news_since=NOON)
    arrival = Arrival(uid, received_at, frozenset(), b"")

    assert decisions.is_news(arrival, position, now=NOON + timedelta(hours=2)) is expected


def _refused(kind: type[InboxcrmError]) -> InboxcrmError:
    return kind("FETCH", status="NO", code=None, text="no")  # type: ignore[call-arg]  # all CommandRefusedErrors


@pytest.mark.parametrize(
    ("errors", "seconds", "state", "whole"),
    [
        ([LoginRefusedError("no")], 60, MailboxState.WAITING, True),
        ([LoginRefusedError("no")] * 2, 6 * 3600, MailboxState.NEEDS_USER, True),
        ([CertificateError("no")], 3600, MailboxState.NEEDS_USER, True),
        ([_refused(ThrottledError)], 900, MailboxState.PAUSED, True),
        ([_refused(ThrottledError)] * 3, 3600, MailboxState.PAUSED, True),
        ([_refused(ThrottledError)] * 30, 6 * 3600, MailboxState.PAUSED, True),
        ([_refused(TooManyConnectionsError)], 300, MailboxState.WAITING, False),
        ([_refused(NotConnectedError)], 300, MailboxState.WAITING, True),
        ([_refused(BusyError)] * 2, 30, MailboxState.WAITING, False),
        ([_refused(BusyError)] * 3, 300, MailboxState.WAITING, False),
        ([FolderMissingError("no")], 300, MailboxState.WAITING, False),
        ([ConnectionLostError("no")], 2, MailboxState.WAITING, False),
        ([ConnectionLostError("no")] * 4, 16, MailboxState.WAITING, False),
        ([ConnectionLostError("no")] * 50, 300, MailboxState.WAITING, False),
        ([ClosingError("no")], 0.2, MailboxState.WAITING, False),
    ],
    ids=[
        "login",
        "login-again",
        "certificate",
        "throttled",
        "throttled-thrice",
        "throttled-for-days",
        "limit",
        "not-connected",
        "busy",
        "busy-still",
        "folder-missing",
        "lost",
        "lost-again",
        "down",
        "woke",
    ],
)
def test_when_to_try_again(errors: list[InboxcrmError], seconds: float, state: MailboxState, whole: bool) -> None:
    failures = Failures()

    pause = [failures.pause_after(error, lambda _, high: high) for error in errors][-1]

    assert (pause.seconds, pause.state, pause.whole_account) == (seconds, state, whole)


def test_the_third_time_without_a_mailbox_behind_the_login_gets_a_hint() -> None:
    failures = Failures()

    hints = [failures.pause_after(_refused(NotConnectedError), max).hint for _ in range(3)]

    assert hints[:2] == [None, None]
    assert "IMAP" in (hints[2] or "")


def _listed(name: str, *attributes: str, delimiter: str = "/") -> Listed:
    return Listed(name, frozenset(attributes), delimiter)


@pytest.mark.parametrize(
    ("found", "configured", "sent"),
    [
        ([_listed("INBOX"), _listed("Post", "sent"), _listed("Sent")], (), "Post"),
        ([_listed("INBOX"), _listed("INBOX.Gesendete Elemente", delimiter=".")], (), "INBOX.Gesendete Elemente"),
        ([_listed("INBOX"), _listed("Sent", "noselect"), _listed("Sent Items")], (), "Sent Items"),
        ([_listed("INBOX"), _listed("Aus"), _listed("Sent")], ("sent=Aus",), "Aus"),
        ([_listed("INBOX")], ("sent=Aus",), None),
        ([_listed("Archive/Sent"), _listed("INBOX"), _listed("Sent Items")], (), "Sent Items"),
        ([_listed("Old.Sent", delimiter="."), _listed("INBOX.Sent", delimiter=".")], (), "INBOX.Sent"),
        ([_listed("Other Users/bob/Sent", "sent"), _listed("Sent", "sent")], (), "Sent"),
        ([_listed("INBOX"), _listed("E\u0301le\u0301ments envoye\u0301s")], (), "E\u0301le\u0301ments envoye\u0301s"),
        ([_listed("INBOX"), _listed("Wysłane")], (), "Wysłane"),
    ],
    ids=[
        "special-use",
        "by-name",
        "not-selectable",
        "configured",
        "none",
        "kept-below-the-archive",
        "kept-below-another-folder",
        "of-another-user",
        "decomposed",
        "of-another-language",
    ],
)
def test_where_sent_mail_is(found: list[Listed], configured: tuple[str, ...], sent: str | None) -> None:
    choice = choose(found, configured)

    assert choice.sent == sent
    assert choice.watched[0] == ("INBOX", FolderRole.INBOX)


@pytest.mark.parametrize("listed", ["INBOX", "Inbox"])
def test_inbox_is_read_once_however_it_is_written(listed: str) -> None:
    choice = choose([_listed(listed)], ("inbox", "Inbox"))

    assert (choice.watched, choice.missing) == ((("INBOX", FolderRole.INBOX),), ())


def test_configured_folders_are_read_and_missing_ones_named() -> None:
    found = [_listed("INBOX"), _listed("Sent", "sent"), _listed("Old", "archive"), _listed("All", "all")]

    choice = choose(found, ("Old", "Gone", "Sent"))

    assert choice.watched == (
        ("INBOX", FolderRole.INBOX),
        ("Sent", FolderRole.SENT),
        ("Old", FolderRole.ARCHIVE),
    )
    assert choice.missing == ("Gone",)
    assert choice.all_mail == "All"


@pytest.mark.parametrize(
    ("told", "listed"),
    [
        pytest.param({"mails": 160, "octets": 4 << 20, "seconds": 3.4, "left": 19_800}, True, id="ten megabits"),
        pytest.param({"mails": 1_100, "octets": 28 << 20, "seconds": 2.0, "left": 18_900}, False, id="quick line"),
        pytest.param({"mails": 1_100, "octets": 28 << 20, "seconds": 2.0, "left": 900_000}, False, id="quick and many"),
        pytest.param({"mails": 160, "octets": 4 << 20, "seconds": 3.4, "left": 2_000}, False, id="slow and few"),
        pytest.param({"mails": 50, "octets": 400_000, "seconds": 0.4, "left": 19_950}, False, id="too early to say"),
        pytest.param({"mails": 0, "octets": 0, "seconds": 40.0, "left": 19_950}, False, id="nothing came yet"),
        pytest.param({"mails": 600, "octets": 2 << 20, "seconds": 2.1, "left": 9_000}, False, id="small ones first"),
        pytest.param(
            {"mails": 600, "octets": 2 << 20, "seconds": 2.1, "left": 9_000, "mean_size": 60_000.0}, True,
            id="small ones first and larger to come",
        ),
        pytest.param({"mails": 0, "octets": 0, "seconds": 0.0, "left": 1, "waits": True}, True, id="not today"),
        pytest.param({"mails": 9, "octets": 9, "seconds": 99.0, "left": 0, "waits": True}, False, id="nothing left"),
    ],
)  # fmt: skip
def test_a_list_comes_first_where_the_letters_take_long(told: dict[str, Any], listed: bool) -> None:
    assert decisions.lists_first(**told) is listed


def test_a_list_ends_with_what_it_is_a_list_of() -> None:
    listed = Position(1, 100, backfill_below=100, baseline=100, listed_below=40)

    assert Advance(listed_below=1).apply(listed).listed_below == 1
    assert Advance(backfill_below=50).apply(listed).listed_below == 40
    assert Advance(backfilled=True).apply(listed).listed_below is None
    assert decisions.reconciled(listed, uid_next=90, unknown=[3], pending=[3]).listed_below is None
