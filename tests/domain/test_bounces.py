"""What reports and absences tell."""

from __future__ import annotations

from datetime import date

import pytest

from inboxcrm.domain.mime import parse
from inboxcrm.domain.safety.absences import Absence, read_absence
from inboxcrm.domain.safety.bounces import Failure, ReportKind, read_report
from tests.mail_builders import letter

MONDAY = date(2026, 3, 2)


def report(
    status_fields: str, *, returned: str = "Message-ID: <ours.1@example.org>", kind: str = "delivery-status"
) -> bytes:
    part = "delivery-status" if kind == "delivery-status" else kind
    return (
        "From: MAILER-DAEMON@client.example\nTo: ann@example.org\nSubject: Returned\nMessage-ID: <r.1@client.example>\n"
        f"Content-Type: multipart/report; report-type={kind}; boundary=B\n\n--B\n\nIt failed.\n--B\n"
        f"Content-Type: message/{part}\n\nReporting-MTA: dns; mx.client.example\n\n{status_fields}\n\n--B\n"
        f"Content-Type: text/rfc822-headers\n\nFrom: ann@example.org\n{returned}\n--B--\n"
    ).encode()


@pytest.mark.parametrize(
    ("fields", "kind", "permanent"),
    [
        ("Final-Recipient: rfc822; bob@client.example\nAction: failed\nStatus: 5.1.1", ReportKind.FAILED, True),
        ("Final-Recipient: rfc822; bob@client.example\nAction: failed\nStatus: 4.4.7", ReportKind.FAILED, False),
        ("Final-Recipient: rfc822; bob@client.example\nAction: delayed\nStatus: 4.4.1", ReportKind.DELAYED, False),
    ],
    ids=["failed", "given-up", "delayed"],
)
def test_a_report_names_its_recipient_and_whether_it_is_for_good(
    fields: str, kind: ReportKind, permanent: bool
) -> None:
    raw = report(fields)

    found = read_report(parse(raw), raw)

    assert found.kind is kind
    assert [(one.address, one.permanent) for one in found.failures] == [("bob@client.example", permanent)]
    assert found.quoted_ids == ("<ours.1@example.org>",)


@pytest.mark.parametrize(
    ("status", "diagnostic", "permanent"),
    [
        ("5.2.2", "smtp; 552 5.2.2 Mailbox full", False),
        ("5.0.0", "smtp; 552 the mailbox of this user is over quota", False),
        ("5.0.0", "smtp; 552 Postfach ist voll", False),
        ("5.3.4", "smtp; 552 5.3.4 message too big", False),
        ("5.7.1", "smtp; 554 5.7.1 rejected for its content", False),
        ("5.7.1", "smtp; 550 5.7.1 unknown user", True),
        ("5.2.1", "smtp; 550 5.2.1 mailbox disabled", True),
        ("5.4.1", "smtp; 550 5.4.1 recipient address rejected: access denied", True),
        ("5.0.0", "smtp; 550 not here", True),
    ],
)
def test_only_what_is_said_of_the_address_is_for_good(status: str, diagnostic: str, permanent: bool) -> None:
    raw = report(
        f"Final-Recipient: rfc822; bob@client.example\nAction: failed\nStatus: {status}\nDiagnostic-Code: {diagnostic}"
    )

    (failure,) = read_report(parse(raw), raw).failures

    assert failure.permanent is permanent


@pytest.mark.parametrize(
    ("said", "permanent"),
    [("552 mailbox full, try later", False), ("the quota of the recipient is exceeded, it was not delivered", False),
     ("550 no such user", True)],
)  # fmt: skip
def test_the_same_is_told_from_prose(said: str, permanent: bool) -> None:
    raw = letter(subject="Undeliverable", sender="postmaster@client.example", text=f"eve@elsewhere.example: {said}\n")

    assert [one.permanent for one in read_report(parse(raw), raw).failures] == [permanent]


def test_a_report_of_success_marks_nobody_undeliverable() -> None:
    raw = report("Final-Recipient: rfc822; bob@client.example\nAction: relayed\nStatus: 2.0.0")

    found = read_report(parse(raw), raw)

    assert (found.kind, found.failures) == (ReportKind.DELIVERED, ())


def test_a_read_receipt_is_no_failure() -> None:
    raw = report(
        "Final-Recipient: rfc822; bob@client.example\nOriginal-Message-ID: <ours.1@example.org>\n"
        "Disposition: manual-action/MDN-sent-manually; displayed",
        returned="",
        kind="disposition-notification",
    )

    found = read_report(parse(raw), raw)

    assert (found.kind, found.failures, found.quoted_ids) == (ReportKind.READ, (), ("<ours.1@example.org>",))


def test_two_recipients_are_two_failures() -> None:
    raw = report(
        "Final-Recipient: rfc822; bob@client.example\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; carl@client.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 full"
    )

    found = read_report(parse(raw), raw)

    assert found.failures == (
        Failure("bob@client.example", "5.1.1", True, ""),
        Failure("carl@client.example", "5.2.2", False, "smtp; 552 full"),
    )


def test_a_bounce_in_prose_gives_up_its_address_code_and_message_id() -> None:
    text = (
        "Hi. This is the qmail-send program at client.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
        "<bob@client.example>:\n550 5.1.1 no such user\n\n--- Below this line is a copy of the message.\n\n"
        "Message-ID: <ours.1@example.org>\nSubject: Offer\n"
    )
    raw = letter(sender="MAILER-DAEMON@client.example", text=text)

    found = read_report(parse(raw), raw)

    assert found.kind is ReportKind.FAILED
    assert found.failures == (Failure("bob@client.example", "5.1.1", True, ""),)
    assert found.quoted_ids == ("<ours.1@example.org>",)


def test_a_delay_in_prose_is_not_for_good() -> None:
    raw = letter(sender="postmaster@client.example", text="Your mail to bob@client.example is delayed.\n")

    found = read_report(parse(raw), raw)

    assert (found.kind, found.failures[0].permanent) == (ReportKind.DELAYED, False)


@pytest.mark.parametrize(
    ("text", "until", "back_on"),
    [
        ("I am away until 9 March 2026.", date(2026, 3, 9), None),
        ("I am out from 1 to 5 March and will be back on 8 March.", date(2026, 3, 5), date(2026, 3, 8)),
        ("I return on March 9th, 2026.", None, date(2026, 3, 9)),
        ("I will not return until 03/16/2026.", None, date(2026, 3, 16)),
        ("Ich bin bis zum 9. März nicht im Büro.", date(2026, 3, 9), None),
        ("Ich bin ab 10.03.2026 wieder da, bis 09.03. in den Ferien.", date(2026, 3, 9), date(2026, 3, 10)),
        ("Je suis absent jusqu'au 9 mars.", date(2026, 3, 9), None),
        ("De retour le 9 mars 2026.", None, date(2026, 3, 9)),
        ("Estoy fuera hasta el 9 de marzo de 2026.", date(2026, 3, 9), None),
        ("Sarò assente fino al 9 marzo.", date(2026, 3, 9), None),
        ("Ik ben afwezig tot 9 maart.", date(2026, 3, 9), None),
        ("Away until 2026-03-09.", date(2026, 3, 9), None),
        ("3月9日まで休暇です。", date(2026, 3, 9), None),
        ("Until 5 January.", date(2027, 1, 5), None),
        ("Since 1 February 2026 we have a new office.", None, None),
        ("Call extension 31.31 or 99/99.", None, None),
        ("See you in 2030-01-01 style.", None, None),
    ],
)
def test_an_absence_tells_its_end_where_it_states_one(text: str, until: date | None, back_on: date | None) -> None:
    message = parse(letter(subject="Out of office", text=text + "\n"))

    assert read_absence(message, received_on=MONDAY) == Absence(until, back_on)
