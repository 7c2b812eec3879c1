"""What a report tells: which mail it is about, whom that did not reach, and whether for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inboxcrm.domain.mime import parse
from inboxcrm.domain.safety.bounces import Failure, ReportKind, read_report
from tests.mail_builders import letter


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


def permanent_in_prose(said: str) -> bool:
    """Whether a bounce in prose, whose subject says nothing, marks its one recipient."""
    raw = letter(subject="Your mail", sender="postmaster@client.example", text=f"eve@elsewhere.example: {said}\n")
    (failure,) = read_report(parse(raw), raw).failures
    return failure.permanent


def heard(said: str, phrase: Callable[[str], str], *, permanent: bool) -> list[str]:
    """Of these phrases, parted by " | ", those that are taken otherwise."""
    return [one for one in said.split(" | ") if permanent_in_prose(phrase(one)) is not permanent]


def test_what_says_that_it_will_not_be_tried_again_marks_the_address_without_any_code() -> None:
    said = (
        "the user is unknown | recipient not found | the address is invalid | mailbox not valid | account not known"
        " | the user does not have it | the account doesn't have it | address not listed | recipient not exist"
        " | mailbox disabled | account inactive | the user no longer works here | mailbox unavailable"
        " | address rejected | unknown alias | invalid person | bad alias | no such person | no such user"
        " | bad recipient | invalid address | unknown mailbox | no such account | not listed in the directory"
        " | they do not exist | they don't exist | she does not exist | she doesn't exist | we do not have an eve"
        " | it doesn't have a box | no mailbox here of this name | that domain isn't in my control"
        " | a permanent error | a permanent and fatal failure | refused permanently | it was given up | i am giving up"
        " | a fatal error | it couldn't be delivered | it cannot be delivered | it will not be delivered"
        " | it wasn't delivered | it was not delivered to her | it is not delivered to her | i was unable to deliver it"
        " | unzustellbar | nicht zugestellt | konnte nicht | unbekannt | existiert nicht | il n'a pas pu être remis"
        " | inconnue | desconocido | no existe | no se pudo entregar | no se ha podido entregar | sconosciuto"
        " | inesistente | non è stato possibile | desconhecida | desconhecido | não existe | onbekend | bestaat niet"
        " | 存在しません | 不明 | delivery failed | delivery to the following recipients failed | it did not reach her"
        " | undeliverable | delivery failure"
    )

    assert heard(said, lambda one: one, permanent=True) == []


def test_what_says_neither_marks_nobody() -> None:
    said = "look here | 550 | call 550 12 34 | 0550 gone | a superuser is invalid | the carbonaccount is unknown"

    assert heard(said, lambda one: one, permanent=False) == []


def test_what_is_tried_again_marks_nobody_whatever_else_is_said() -> None:
    said = (
        "delayed | it will be retried | we will retry | we will keep trying | not yet been delivered"
        " | still undelivered | a temporary trouble | temporarily | warning message only | try again later | verzögert"
        " | wird erneut versucht | wird weiter versucht | différé | différée | reintentar | ritardata | ritardato"
    )

    assert heard(said, "it was undeliverable, {}".format, permanent=False) == []


def test_a_full_mailbox_marks_nobody_though_the_code_is_one_for_good() -> None:
    said = (
        "the inbox is full | mail box full | the account is over quota | exceeds the storage | storage exceeded"
        " | your account exceeds it | postfach voll | das postfach hat die größe überschritten | boîte pleine"
        " | el buzón está lleno | bandeja llena, el buzón está llena | la casella è piena | het postvak is vol"
        " | a caixa está cheia | over quota | overquota | it exceeded its storage | it exceeded the quota"
        " | it exceeded quota | out of storage | insufficient storage | insufficient system storage | the quota is full"
    )

    assert heard(said, "550 {}".format, permanent=False) == ["exceeds the storage"]


def test_words_that_only_begin_like_full_do_not_excuse_an_address() -> None:
    said = (
        "the mailbox was carefully removed | das postfach wurde vollständig entfernt | het postvak is volgens ons weg"
    )

    assert heard(said, "550 {}".format, permanent=True) == []


def test_an_address_that_is_unknown_is_so_for_good_though_its_mailbox_is_full() -> None:
    said = (
        "the user is unknown | recipient not found | the address does not exist | mailbox doesn't exist"
        " | account not exist | unknown user | invalid recipient | no such address | unknown mailbox | no such account"
    )

    assert heard(said, "552 over quota, {}".format, permanent=True) == []


@pytest.mark.parametrize(
    ("said", "permanent"),
    [
        ("550 gone away", True),
        ("\n550 gone away", True),
        ("(550 gone away)", True),
        ("#550: gone away", True),
        ("[550>", True),
        ("550-gone away", True),
        ("550 5.9 gone away", True),
        ("450 gone away", False),
        ("5.1.1 gone away", True),
        ("4.1.1 undeliverable, 550 by the last one", False),
        ("15.1.1 gone away", False),
        ("5.1.1000 gone away", False),
        ("5.2.2 gone away", False),
        ("5.2.20 gone away", True),
        ("5.6.1 gone away", False),
    ],
)
def test_a_code_decides_before_words(said: str, permanent: bool) -> None:
    assert permanent_in_prose(said) is permanent


def recipients(*fields: str, text: str) -> list[str]:
    raw = letter(*fields, subject="Your mail", sender="postmaster@client.example", text=text)
    return [one.address for one in read_report(parse(raw), raw).failures]


def test_a_bounce_in_prose_is_about_the_addresses_in_its_first_lines_but_ours_and_its_own() -> None:
    assert recipients(text="EVE@elsewhere.example, ANN@example.org: no. PostMaster@client.example\n") == [
        "eve@elsewhere.example"
    ]
    assert recipients(text="eve@elsewhere.example\n" + "so it is\n" * 400 + "carl@elsewhere.example\n") == [
        "eve@elsewhere.example"
    ]
    assert recipients(text="".join(f"<c{number}@elsewhere.example>\n" for number in range(30))) == [
        f"c{number}@elsewhere.example" for number in range(20)
    ]
    assert recipients("X-Failed-Recipients: dora@elsewhere.example", text="eve@elsewhere.example\n") == [
        "dora@elsewhere.example"
    ]


@pytest.mark.parametrize("name", ["Received", "Return-Path", "Message-ID", "From", "Date"])
def test_the_mail_that_is_returned_names_no_recipient(name: str) -> None:
    text = f"eve@elsewhere.example: gone\n\n> {name}: <carl@elsewhere.example>\n"

    assert recipients(text=text) == ["eve@elsewhere.example"]


@pytest.mark.parametrize(
    ("fields", "failures"),
    [
        ("Final-Recipient: rfc822; <bob@client.example>\nStatus: 5.1.1", [("bob@client.example", "5.1.1", True)]),
        ("Final-Recipient: bob@client.example\nAction: Failed (gone)\nStatus: 5.1.1 (gone)",
         [("bob@client.example", "5.1.1", True)]),
        ("Final-Recipient: rfc822; bob@client.example\nAction: failed\nDiagnostic-Code: smtp; 550 5.1.1 gone",
         [("bob@client.example", "5.1.1", True)]),
        ("Final-Recipient: rfc822; bob@client.example\nAction: failed", [("bob@client.example", "", True)]),
        ("Final-Recipient: rfc822; bob@client.example\nAction: delayed\nStatus: 5.1.1",
         [("bob@client.example", "5.1.1", False)]),
        ("Final-Recipient: bob@client.example\nAction: relayed\n\nFinal-Recipient: carl@client.example\nAction: failed",
         [("carl@client.example", "", True)]),
        ("Final-Recipient: rfc822; bob@client.example\nAction: failed\nStatus: 5.6.3",
         [("bob@client.example", "5.6.3", False)]),
    ],
    ids=["no-action", "with-a-comment", "code-in-the-diagnostic", "no-code", "delayed", "one-of-two", "its-content"],
)  # fmt: skip
def test_the_fields_of_a_report_are_read_as_servers_write_them(
    fields: str, failures: list[tuple[str, str, bool]]
) -> None:
    raw = report(fields)

    found = read_report(parse(raw), raw)

    assert [(one.address, one.status, one.permanent) for one in found.failures] == failures
    assert found.quoted_ids == ("<ours.1@example.org>",)


def test_the_words_of_a_server_are_kept_to_five_hundred_characters() -> None:
    raw = report(f"Final-Recipient: rfc822; bob@client.example\nAction: failed\nDiagnostic-Code: smtp; {'5' * 900}")

    (failure,) = read_report(parse(raw), raw).failures

    assert (len(failure.diagnostic), failure.diagnostic[:6]) == (500, "smtp; ")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("Feedback-Type: abuse", ReportKind.COMPLAINT),
        ("Final-Recipient: rfc822; bob@client.example\nAction: Delivered (to the mailbox)", ReportKind.DELIVERED),
        ("Final-Recipient: rfc822; bob@client.example\nAction: expanded", ReportKind.DELIVERED),
        ("Final-Recipient: rfc822; bob@client.example\nAction: unheard-of\nStatus: delivered", ReportKind.FAILED),
        ("Final-Recipient: rfc822; bob@client.example\nDisposition: automatic-action; deleted", ReportKind.READ),
        ("Final-Recipient: rfc822; bob@client.example\nDisposition: x; y\nStatus: 5.1.1", ReportKind.FAILED),
        ("Disposition: x; y", ReportKind.FAILED),
        ("Final-Recipient: rfc822; bob@client.example", ReportKind.FAILED),
    ],
    ids=[
        "complaint",
        "delivered",
        "expanded",
        "an-action-unheard-of",
        "read",
        "failed-with-a-disposition",
        "no-recipient",
        "no-disposition",
    ],
)
def test_a_report_is_of_the_kind_that_its_fields_say(fields: str, kind: ReportKind) -> None:
    raw = report(fields)

    assert read_report(parse(raw), raw).kind is kind


def test_a_report_quotes_what_it_answers_the_nearest_first_and_never_itself() -> None:
    fields = (
        "In-Reply-To: <ours.2@example.org>",
        "References: <letter.1@client.example> <ours.0@example.org> <ours.1@example.org>",
    )
    many = "".join(f"Message-ID: <m.{number}@example.org>\n" for number in range(60))
    raw = letter(*fields, sender="MAILER-DAEMON@client.example", text="eve@elsewhere.example: gone\n")
    long = letter(sender="MAILER-DAEMON@client.example", text=f"eve@elsewhere.example: gone\n\n{many}")

    assert read_report(parse(raw), raw).quoted_ids == (
        "<ours.2@example.org>", "<ours.1@example.org>", "<ours.0@example.org>",
    )  # fmt: skip
    assert len(read_report(parse(long), long).quoted_ids) == 50
