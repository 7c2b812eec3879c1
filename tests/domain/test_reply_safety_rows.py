"""The rows no mail file can show: state, history, failure, and how rows combine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inboxcrm.domain import reply_safety
from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import Circumstances, History, MailClass, Outcome, Settings, Verdict, judge
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit
from tests.mail_builders import BORDER, ME, NOW, letter

SETTINGS = Settings(own_addresses=(ME,), trusted_authserv_ids=(BORDER,), border_hosts=(BORDER,))
FRESH = Circumstances(received_at=NOW)
NOBODY = History()


def verdict(
    raw: bytes, *, state: Circumstances | None = FRESH, history: History = NOBODY, settings: Settings = SETTINGS
) -> Verdict:
    return judge(parse(raw), history=history, settings=settings, now=NOW, circumstances=state)


def test_a_fresh_mail_of_an_authenticated_person_may_be_acknowledged_in_full() -> None:
    found = verdict(letter())

    assert (found.outcome, found.mail_class, found.reasons) == (Outcome.ACK, MailClass.HUMAN, ("authenticated",))
    assert found.authenticated
    assert found.private_details_allowed
    assert found.recipient is not None
    assert found.recipient.key == "bob@client.example"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (replace(FRESH, ledger_writable=False), "not-safe"),
        (replace(FRESH, clock_plausible=False), "not-safe"),
        (replace(FRESH, first_sync=True), "first-sync"),
        (replace(FRESH, rebaseline=True), "rebaseline"),
        (replace(FRESH, answered=True), "answered"),
        (replace(FRESH, received_at=NOW - timedelta(hours=24, seconds=1)), "stale"),
        (replace(FRESH, flags=frozenset({"\\Answered"})), "answered"),
        (replace(FRESH, flags=frozenset({"\\Draft"})), "folder"),
        (replace(FRESH, flags=frozenset({"\\Deleted"})), "folder"),
        (replace(FRESH, flags=frozenset({"$JUNK"})), "folder"),
        *(
            (replace(FRESH, folder_role=role), "folder")
            for role in ("sent", "drafts", "junk", "trash", "archive", "all")
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_state_that_forbids_an_answer_keeps_the_mail_a_persons(state: Circumstances, reason: str) -> None:
    found = verdict(letter(), state=state)

    assert (found.outcome, found.mail_class, found.reasons) == (Outcome.SUPPRESS, MailClass.HUMAN, (reason,))


@pytest.mark.parametrize(
    "state",
    [
        replace(FRESH, received_at=NOW - timedelta(hours=24)),
        replace(FRESH, flags=frozenset({"\\Seen", "\\Flagged", "$NotJunk"})),
        replace(FRESH, folder_role="other"),
        None,
    ],
    ids=["just-in-time", "harmless-flags", "other-folder", "a-file"],
)
def test_its_nearest_neighbour_may_be_answered(state: Circumstances | None) -> None:
    assert verdict(letter(), state=state).outcome is Outcome.ACK


@pytest.mark.parametrize(
    ("date", "outcome"),
    [
        ("Mon, 23 Feb 2026 10:00:00 +0100", Outcome.ACK),
        ("Mon, 23 Feb 2026 08:59:59 +0000", Outcome.SUPPRESS),
        ("Mon, 2 Mar 2099 09:00:00 +0100", Outcome.ACK),
        ("yesterday or so", Outcome.ACK),
        ("Mon, 2 Mar 9999 09:00:00 +9999", Outcome.ACK),
    ],
    ids=["seven-days", "older", "future", "unreadable", "absurd"],
)
def test_a_copied_mail_is_known_by_its_old_date_and_an_absurd_date_is_ignored(date: str, outcome: Outcome) -> None:
    raw = letter().replace(b"Mon, 2 Mar 2026 09:00:00 +0100\nMessage-ID", f"{date}\nMessage-ID".encode())

    assert verdict(raw).outcome is outcome


def test_what_the_ledger_knows_is_not_answered_again() -> None:
    assert verdict(letter(), history=History(duplicate=True)).reasons == ("duplicate",)


def test_state_is_asked_before_the_mail_and_its_class_found_all_the_same() -> None:
    found = verdict(letter("Auto-Submitted: auto-replied"), state=replace(FRESH, first_sync=True))

    assert (found.reasons, found.mail_class) == (("first-sync",), MailClass.MACHINE)


def test_a_failing_row_ends_in_silence_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(facts: Facts) -> Hit | None:
        raise ZeroDivisionError

    monkeypatch.setattr(reply_safety, "ROWS", (*reply_safety.ROWS[:12], ("C2", broken), *reply_safety.ROWS[13:]))

    found = verdict(letter())

    assert (found.outcome, found.mail_class, found.reasons) == (Outcome.SUPPRESS, MailClass.UNKNOWN, ("error",))
    assert found.failed
    assert found.alert is not None
    assert found.alert.splitlines()[-1] == "ZeroDivisionError"
    assert found.asked[-1].stops
    assert found.recipient is None


def test_a_row_that_fails_while_the_class_is_sought_leaves_the_verdict_and_says_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(facts: Facts) -> Hit | None:
        raise ZeroDivisionError

    monkeypatch.setattr(reply_safety, "ROWS", (*reply_safety.ROWS[:10], ("C1", broken), *reply_safety.ROWS[11:]))

    found = verdict(letter(), state=replace(FRESH, answered=True))

    assert (found.outcome, found.mail_class, found.reasons) == (Outcome.SUPPRESS, MailClass.UNKNOWN, ("answered",))


def test_the_class_of_a_stopped_mail_is_sought_in_the_rows_about_the_mail_and_in_none_above_them() -> None:
    absurd = letter(*(f"X-Padding: {'x' * 900}" for _ in range(400)))

    assert verdict(absurd, state=FRESH).mail_class is MailClass.UNKNOWN
    assert verdict(absurd, state=replace(FRESH, answered=True)).mail_class is MailClass.HUMAN


def test_ceilings_are_collected_and_the_lowest_stands() -> None:
    raw = letter("Reply-To: bob@private.example", results="dmarc=fail header.from=client.example")

    found = verdict(raw)

    assert found.outcome is Outcome.REVIEW
    assert found.reasons == ("auth-fail", "reply-to-elsewhere")


def test_a_stop_tells_only_its_own_reason_and_asks_no_further() -> None:
    found = verdict(letter("List-Id: <l.example>", "Precedence: bulk"))

    assert found.reasons == ("list",)
    assert found.asked[-1].row == "C7"
    assert found.asked[-1].stops
    assert not found.authenticated
    assert not found.private_details_allowed


def test_every_row_that_was_asked_is_told_in_the_order_of_the_table() -> None:
    found = verdict(letter())

    assert [one.row for one in found.asked] == [row for row, _ in reply_safety.ROWS]


def test_private_details_need_an_unbounded_acknowledgement() -> None:
    found = verdict(letter("Reply-To: bob@private.example"))

    assert found.authenticated
    assert not found.private_details_allowed


@pytest.mark.parametrize(
    ("settings", "outcome", "recipient"),
    [
        (SETTINGS, Outcome.REVIEW, "carla@nova.example"),
        (replace(SETTINGS, form_senders=(ME,)), Outcome.ACK_MIN, "carla@nova.example"),
        (replace(SETTINGS, form_senders=(f"{ME} Contact",)), Outcome.ACK_MIN, "carla@nova.example"),
        (replace(SETTINGS, form_senders=(f"{ME} Order",)), Outcome.REVIEW, "carla@nova.example"),
    ],
    ids=["no-rule", "rule", "rule-with-subject", "rule-for-another-subject"],
)
def test_my_own_form_is_answered_only_by_rule_and_to_the_client(
    settings: Settings, outcome: Outcome, recipient: str
) -> None:
    raw = letter(
        "Reply-To: Carla <carla@nova.example>",
        sender=ME,
        subject="Contact form",
        return_path=ME,
        results="dmarc=pass header.from=example.org",
    )

    found = verdict(raw, settings=settings)

    assert found.outcome is outcome
    assert found.recipient is not None
    assert found.recipient.key == recipient
    assert found.form_lead


def test_a_forged_form_is_never_answered() -> None:
    raw = letter("Reply-To: victim@nova.example", sender=ME, subject="Contact form", results="spf=none")

    found = verdict(raw, settings=replace(SETTINGS, form_senders=(ME,)))

    assert found.outcome is Outcome.REVIEW


def test_a_non_ascii_address_is_answered_only_where_it_can_be_written_to() -> None:
    raw = letter(sender="Jörg <jörg@client.example>")

    assert verdict(raw).reasons == ("undeliverable",)
    assert verdict(raw, settings=replace(SETTINGS, smtputf8=True)).outcome is Outcome.ACK


@pytest.mark.parametrize(
    "mark", ["Auto-Submitted: auto-generated", "Precedence: bulk", "X-Auto-Response-Suppress: All"]
)
def test_a_familiar_sender_with_a_machines_mark_reaches_the_queue_unanswered(mark: str) -> None:
    strange, known = verdict(letter(mark)), verdict(letter(mark), history=History(known=True))

    assert (strange.outcome, strange.mail_class) == (Outcome.SUPPRESS, MailClass.MACHINE)
    assert (known.outcome, known.mail_class) == (Outcome.SUPPRESS, MailClass.UNKNOWN)


def test_an_absence_stays_a_machines_even_from_a_known_contact() -> None:
    found = verdict(letter("Auto-Submitted: auto-replied"), history=History(known=True))

    assert found.mail_class is MailClass.MACHINE


OWN_GROUP = ("List-Id: Info <info.example.org>", "Precedence: list", "List-Post: <mailto:info@example.org>")


@pytest.mark.parametrize(
    ("fields", "return_path", "outcome"),
    [
        (OWN_GROUP, "bob@client.example", Outcome.ACK),
        (OWN_GROUP, "info-bounces@example.org", Outcome.ACK_MIN),
        ((*OWN_GROUP, "List-Id: <talk.lists.example>"), "bob@client.example", Outcome.SUPPRESS),
        (("List-Id: <talk.lists.example>",), "bob@client.example", Outcome.SUPPRESS),
        (("List-Help: <https://lists.example>",), "bob@client.example", Outcome.SUPPRESS),
        ((*OWN_GROUP, "Precedence: bulk"), "bob@client.example", Outcome.SUPPRESS),
        (OWN_GROUP, "talk-bounces@lists.example", Outcome.SUPPRESS),
    ],
    ids=[
        "own",
        "own-envelope",
        "a-list-through-it",
        "a-list-to-it",
        "unnamed-list",
        "bulk-through-it",
        "foreign-envelope",
    ],
)
def test_my_group_is_no_list_but_a_list_that_writes_to_it_is(
    fields: tuple[str, ...], return_path: str, outcome: Outcome
) -> None:
    raw = letter(*fields, to="info@example.org", return_path=return_path, results="dkim=pass header.d=client.example")

    assert verdict(raw, settings=replace(SETTINGS, own_lists=("info@example.org",))).outcome is outcome
