"""Every name in the gate's tables does something, and every bound holds to the unit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import History, MailClass, Outcome, Settings, Verdict, judge
from tests.mail_builders import BORDER, ME, NOW, letter

SETTINGS = Settings(own_addresses=(ME,), trusted_authserv_ids=(BORDER,), border_hosts=(BORDER,))
NOBODY = History()


def verdict(raw: bytes, *, history: History = NOBODY, settings: Settings = SETTINGS) -> Verdict:
    return judge(parse(raw), history=history, settings=settings, now=NOW, circumstances=None)


@pytest.mark.parametrize(
    "field",
    [
        "List-Unsubscribe-Post", "X-Mandrill-User", "X-Mandrill-Tag", "X-Mailjet-Campaign", "X-MJ-Mid",
        "X-Mailin-Campaign", "X-Mailin-Client", "X-Sib-Id", "X-CSA-Complaints", "X-EMarSys-Identify", "X-SFMC-Stack",
        "X-MSFBL", "X-RPCampaign", "X-Job", "X-Mailchimp-Id", "X-MCDA", "X-HS-CID", "X-CM-Message-Id",
        "X-Virtual-MTA", "X-Delivery-Id", "X-Campaign",
    ],
)  # fmt: skip
def test_a_mass_mailers_field_is_a_hint(field: str) -> None:
    assert verdict(letter(f"{field}: x")).reasons == ("bulk-hint",)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("Precedence: bulk, junk", "precedence"),
        ("Precedence: bulk (mass", "precedence"),
        ("Precedence: bulk\u00a0", "precedence"),
        ("X-Precedence: =?us-ascii?Q?bulk?= .", "precedence"),
        ("X-Auto-Response-Suppress: DR;OOF;AutoReply", "auto-response-suppress"),
        ("X-Auto-Response-Suppress: =?utf-8?Q?DR,_OOF?=", "auto-response-suppress"),
        ("X-Mailer: vacation 1.2", "vendor-auto"),
        ("User-Agent: Autoresponder/2", "vendor-auto"),
        ("X-XMailer: autoresponder", "vendor-auto"),
        ("Return-Receipt: automatic", "vendor-auto"),
        ("Content-Class: urn:content-classes:mdn", "mdn"),
        ("X-Spam: Yes", "spam"),
        ("X-Bogosity: Spam, tests=bogofilter", "spam"),
        ("X-MS-Exchange-Organization-SCL: 6", "spam"),
        ("X-Rspamd-Action: reject", "spam"),
        ("X-Original-Envelope-From: <>", "null-return-path"),
        ("X-Envelope-From: <MAILER-DAEMON@h.example>", "null-return-path"),
        ("X-ListServer: x", "list"),
        ("X-ListProcessor-Version: x", "list"),
        ("X-Google-Group-Id: x", "list"),
        ("X-ezmlm-Version: x", "list"),
        *(
            (f"{name}: x", "vendor-auto")
            for name in (
                "X-TMDA-Fingerprint", "X-GitLab-NotificationReason", "X-GitLab-Pipeline-Id", "X-LinkedIn-Template",
                "X-TwitterCategory", "X-Notifications", "X-Redmine-Host", "X-Trac-Project", "X-Phabricator-Mail-ID",
                "X-Gerrit-MessageType", "X-Nagios-Host", "X-Debian-PR-Message", "X-Boxbe-Challenge", "X-AHMAILID",
                "X-Auto-Responder", "X-Auto-Response", "X-Auto-Generated", "X-Autoreply-Domain", "X-Auto-Submitted",
                "X-MS-Exchange-Message-Is-NDR",
            )
        ),
    ],
)  # fmt: skip
def test_a_machines_field_silences_for_its_own_reason(field: str, reason: str) -> None:
    assert verdict(letter(field)).reasons == (reason,)


@pytest.mark.parametrize(
    "field",
    [
        "X-Mailer: Vacationer Mail 3", "User-Agent: Autoresponders", "X-Bogosity: Ham", "X-Spam: yesterday",
        "X-MS-Exchange-Organization-SCL: 1", "X-Rspamd-Action: rejected once", "Return-Receipt: manual",
        "X-Autoreply: none", "X-Auto-Response: ", "Delivered-To: autoresponder@example.org",
    ],
)  # fmt: skip
def test_its_nearest_neighbour_does_not(field: str) -> None:
    assert verdict(letter(field)).outcome is Outcome.ACK


@pytest.mark.parametrize(
    "content_type",
    [
        "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
        "message/global-disposition-notification", "message/feedback-report", "MULTIPART/REPORT; boundary=x",
    ],
)  # fmt: skip
def test_a_report_at_the_top_is_no_letter(content_type: str) -> None:
    raw = letter().replace(b"text/plain; charset=utf-8", content_type.encode())

    assert verdict(raw).outcome is Outcome.SUPPRESS


TRACE = (
    "Return-Path", "Received", "Received-SPF", "Delivered-To", "X-Received", "DKIM-Filter", "DMARC-Filter", "ARC-Seal",
    "ARC-Message-Signature", "ARC-Authentication-Results", "X-Original-To", "Envelope-To", "X-Envelope-From",
    "X-Envelope-To", "Delivery-Date", "X-Google-Smtp-Source", "X-Forwarded-To", "X-Forwarded-For", "X-Sieve",
    "X-Spam-Checker-Version", "X-Spam-Level", "X-Spam-Score", "X-Spam-Status", "X-Spam-Flag", "X-Virus-Scanned",
    "X-Rspamd-Server", "X-Rspamd-Queue-Id", "X-Rspamd-Action", "X-Spamd-Result", "X-Apple-MoveToFolder",
)  # fmt: skip


@pytest.mark.parametrize("field", TRACE)
def test_a_trace_field_keeps_the_run_unbroken(field: str) -> None:
    raw = letter(results="none").replace(
        f"Authentication-Results: {BORDER}; none".encode(),
        f"{field}: x\nAuthentication-Results: {BORDER}; dmarc=pass header.from=client.example".encode(),
    )

    assert verdict(raw).authenticated


@pytest.mark.parametrize(
    ("results", "history", "outcome"),
    [
        ("spf=fail smtp.mailfrom=bob@client.example", NOBODY, Outcome.REVIEW),
        ("spf=hardfail smtp.mailfrom=bob@client.example", NOBODY, Outcome.REVIEW),
        ("spf=neutral smtp.mailfrom=bob@client.example", NOBODY, Outcome.ACK_MIN),
        ("spf=pass smtp.mail=bob@client.example", NOBODY, Outcome.ACK),
        ("dkim=fail header.d=client.example", NOBODY, Outcome.ACK_MIN),
        ("dmarc=fail", History(answered_ids=frozenset({"<sent.1@example.org>"})), Outcome.REVIEW),
        ("dmarc=fail", History(known=True), Outcome.REVIEW),
        ("dmarc=fail", History(known=True, answered_ids=frozenset({"<sent.1@example.org>"})), Outcome.ACK_MIN),
        ("spf=softfail", History(known=True, answered_ids=frozenset({"<sent.1@example.org>"})), Outcome.ACK_MIN),
    ],
)
def test_identity_gives_the_ceiling(results: str, history: History, outcome: Outcome) -> None:
    assert verdict(letter("In-Reply-To: <sent.1@example.org>", results=results), history=history).outcome is outcome


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ("dmarc=pass header.from=client.example", Outcome.ACK),
        ("dkim=pass header.d=client.example", Outcome.ACK_MIN),
        ("dkim=pass header.d=client.example; spf=pass; dmarc=none", Outcome.ACK_MIN),
    ],
)
def test_an_envelope_of_another_organisation_needs_dmarc(results: str, outcome: Outcome) -> None:
    assert verdict(letter(results=results, return_path="x@esp.example")).outcome is outcome


@pytest.mark.parametrize(
    ("sender", "usable"),
    [
        ("a" * 64 + "@client.example", True),
        ("a" * 65 + "@client.example", False),
        ("b@" + "x" * 60 + "." + "y" * 60 + "." + "z" * 60 + "." + "w" * 60 + ".example", True),
        ("bb@" + "x" * 60 + "." + "y" * 60 + "." + "z" * 60 + "." + "w" * 60 + ".example", True),
        ("bbbb@" + "x" * 60 + "." + "y" * 60 + "." + "z" * 60 + "." + "w" * 60 + ".example", False),
        ("bob@client.local", False),
        ("bob@client.localhost", False),
        ("bob@client.localdomain", False),
        ("bob@client.invalid", False),
        ("bob@client.1", False),
        ("bob@-client.example", False),
        ("bob..x@client.example", False),
        ("Team: bob@client.example;", False),
    ],
)
def test_an_address_is_used_only_if_it_is_safe(sender: str, usable: bool) -> None:
    found = verdict(letter(sender=sender, results="none", return_path="x@client.example"))

    assert (found.reasons != ("no-usable-sender",)) is usable
    assert (found.recipient is not None) is usable


@pytest.mark.parametrize("sender", ["Bob Client bob@client.example", "Maier, Bernd <bob@client.example>"])
def test_a_from_that_had_to_be_guessed_gets_the_minimum(sender: str) -> None:
    found = verdict(letter(sender=sender))

    assert (found.outcome, found.reasons[0]) == (Outcome.ACK_MIN, "unquoted-name")


def test_headers_of_256_kib_are_read_and_one_octet_more_is_too_much() -> None:
    room = 256 * 1024 - sum(len(name) + len(value) for name, value in parse(letter("X-Fill: ")).headers)
    fields = [f"X-Fill: {'x' * (room - 2_000)}"]
    at_most = parse(letter(*fields))
    missing = 256 * 1024 - sum(len(name) + len(value) for name, value in at_most.headers)
    full = replace(at_most, headers=(*at_most.headers, ("x", "y" * (missing - 1))), defects=())
    over = replace(at_most, headers=(*at_most.headers, ("x", "y" * missing)), defects=())

    outcomes = [
        judge(one, history=NOBODY, settings=SETTINGS, now=NOW, circumstances=None).outcome for one in (full, over)
    ]

    assert outcomes == [Outcome.ACK, Outcome.SUPPRESS]


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        (("Auto-Submitted: auto-generated", "Reply-To: lead@nova.example"), ("form-lead",)),
        (
            ("Auto-Submitted: auto-generated", "Reply-To: lead@nova.example", "List-Id: <x.example>"),
            ("auto-submitted",),
        ),
        (("Auto-Submitted: auto-generated", "Reply-To: lead@nova.example", "Precedence: bulk"), ("auto-submitted",)),
        (("Auto-Submitted: auto-generated", "Reply-To: lead@nova.example", "X-Spam-Flag: YES"), ("auto-submitted",)),
        (("X-Vacation: on", "Reply-To: lead@nova.example", "List-Unsubscribe: <x>"), ("vendor-auto",)),
        (("X-Autogenerated: form", "Reply-To: lead@nova.example"), ("form-lead",)),
        (("X-Autogenerated: form", "Reply-To: b=x.example@nova.example"), ("vendor-auto",)),
        (("X-Autogenerated: form", f"Reply-To: {ME}"), ("vendor-auto",)),
    ],
)
def test_a_lead_is_a_lead_unless_it_came_by_a_list_or_in_bulk(
    fields: tuple[str, ...], reasons: tuple[str, ...]
) -> None:
    assert verdict(letter(*fields)).reasons == reasons


@pytest.mark.parametrize(
    ("fields", "return_path", "reasons"),
    [
        ((f"Resent-From: {ME}",), ME, ("redirected", "authenticated", "return-path-disagrees")),
        (("Resent-From: other@client.example",), ME, ("self",)),
        ((f"Resent-From: {ME}",), "bob@client.example", ("redirected", "authenticated")),
    ],
)
def test_only_my_own_redirection_excuses_my_own_envelope(
    fields: tuple[str, ...], return_path: str, reasons: tuple[str, ...]
) -> None:
    raw = letter(*fields, return_path=return_path, results="dkim=pass header.d=client.example")

    assert verdict(raw).reasons == reasons


def test_a_certified_mail_is_answered_to_its_writer_and_not_to_me() -> None:
    found = verdict(letter("X-Trasporto: posta-certificata", f"Reply-To: {ME}, carla@studio.example"))

    assert found.recipient is not None
    assert found.recipient.key == "carla@studio.example"


@pytest.mark.parametrize(
    "text",
    [
        "Something.\n\nReceived: from a by b\n",
        "Something.\n> Message-ID: <sent.1@example.org>\n",
        "See <sent.1@example.org>\n",
    ],
)
def test_a_mail_system_that_quotes_a_mail_bounces(text: str) -> None:
    history = History(sent_ids=frozenset({"<sent.1@example.org>"}))

    assert verdict(letter(sender="postmaster@client.example", text=text), history=history).reasons == ("bounce-like",)


@pytest.mark.parametrize(
    ("local", "robot"),
    [
        ("jira-alerts", True),
        ("orders_newsletter2", True),
        ("alerts.eu", True),
        ("eu.alerts", False),
        ("no.reply", True),
        ("mail_no_reply_4", True),
        ("bounce-77-x", True),
        ("cron7", False),
        ("mailman", True),
        ("mailmann", False),
        ("4711", False),
    ],
)
def test_a_robot_is_known_by_whole_words_of_its_address(local: str, robot: bool) -> None:
    found = verdict(letter(sender=f"{local}@client.example"))

    assert (found.reasons == ("system-address",)) is robot


@pytest.mark.parametrize("value", ["auto-reply", "AUTO_REPLY", "bulk (mass mail)"])
def test_a_precedence_of_machines_is_one(value: str) -> None:
    assert verdict(letter(f"Precedence: {value}")).reasons == ("precedence",)


def test_a_notice_stays_a_machines_even_from_a_known_contact() -> None:
    found = verdict(letter("Auto-Submitted: auto-notified"), history=History(known=True))

    assert found.mail_class is MailClass.MACHINE


def test_an_invitation_that_a_calendar_sent_is_not_called_a_machines_mail() -> None:
    raw = letter("Auto-Submitted: auto-generated").replace(
        b"Content-Type: text/plain; charset=utf-8", b"Content-Type: text/calendar; method=REQUEST"
    )

    assert (verdict(raw).outcome, verdict(raw).mail_class) == (Outcome.SUPPRESS, MailClass.UNKNOWN)


@pytest.mark.parametrize(
    ("reply_to", "outcome"),
    [
        ("carla@example.org", Outcome.REVIEW),
        ("noreply@nova.example", Outcome.SUPPRESS),
        (f"{ME}", Outcome.SUPPRESS),
        (f"{ME}, carla@example.org", Outcome.REVIEW),
    ],
)
def test_my_own_form_has_a_lead_only_where_somebody_else_is_to_be_answered(reply_to: str, outcome: Outcome) -> None:
    found = verdict(letter(f"Reply-To: {reply_to}", sender=ME, return_path=ME))

    assert (found.outcome, found.reasons) == (outcome, ("self",))


def test_a_form_rule_never_gives_more_than_the_minimum() -> None:
    raw = letter("Reply-To: carla@example.org", sender=ME, return_path=ME, results="dmarc=pass header.from=example.org")

    assert verdict(raw, settings=replace(SETTINGS, form_senders=(ME,))).outcome is Outcome.ACK_MIN
    assert verdict(raw, settings=replace(SETTINGS, form_senders=("x@example.org",))).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("sender", "fields", "text", "reasons"),
    [
        ("bob@client.example", ("X-Mailer: <SMTP32 v8.22>",), "Unknown user: x@client.example", ("bounce-like",)),
        (
            "bob@client.example",
            ("X-Mailer: <IMail v8.22>",),
            "Unknown user, who is x@client.example?",
            ("authenticated",),
        ),
        ("postmaster@client.example", (), "Look: 550 5.1.1 x", ("bounce-like",)),
        ("postmaster@client.example", (), "We use version 4.1.12 of 550 parts", ("bounce-like",)),
        ("postmaster@client.example", (), "Call extension 550 or 4.12", ("authenticated",)),
        ("postmaster-eu@client.example", (), "Look: 550 5.1.1 x", ("bounce-like",)),
        ("Mail Delivery <x@client.example>", (), "Look: 550 5.1.1 x", ("bounce-like",)),
        ("Maildelia Meyer <x@client.example>", (), "Look: 550 5.1.1 x", ("authenticated",)),
    ],
)
def test_a_bounce_needs_a_mail_systems_signature_and_its_words(
    sender: str, fields: tuple[str, ...], text: str, reasons: tuple[str, ...]
) -> None:
    assert verdict(letter(*fields, sender=sender, text=text + "\n")).reasons == reasons


def test_a_mail_systems_letter_with_a_delivery_status_beside_it_is_a_bounce() -> None:
    parts = "--B\n\nSee below.\n--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n--B--\n"
    raw = letter(sender="postmaster@client.example", text=parts).replace(
        b"text/plain; charset=utf-8", b"multipart/mixed; boundary=B"
    )

    assert verdict(raw).reasons == ("bounce-like",)


@pytest.mark.parametrize(
    ("sender", "outcome", "mail_class"),
    [
        ("No Reply <bob@client.example>", Outcome.REVIEW, MailClass.UNKNOWN),
        ("DO_NOT_REPLY <bob@client.example>", Outcome.REVIEW, MailClass.UNKNOWN),
        ('"Client (no-reply)" <billing@client.example>', Outcome.REVIEW, MailClass.MACHINE),
        ("Auto Responder <bob@client.example>", Outcome.REVIEW, MailClass.UNKNOWN),
        ("Noreen Plyer <bob@client.example>", Outcome.ACK, MailClass.HUMAN),
        ("Reply No Later <bob@client.example>", Outcome.ACK, MailClass.HUMAN),
        ("Auto Meier <bob@client.example>", Outcome.ACK, MailClass.HUMAN),
    ],
)
def test_who_says_by_name_that_nobody_reads_waits_for_a_key(
    sender: str, outcome: Outcome, mail_class: MailClass
) -> None:
    found = verdict(letter(sender=sender, text="Dear Ann, we would like to have the offer again.\n"))

    assert (found.outcome, found.mail_class) == (outcome, mail_class)


def in_parts(kind: str, *parts: str, text: str = "Bob Client will be there.") -> bytes:
    whole = "".join(f"--B\n{part}\n" for part in (f"Content-Type: text/plain; charset=utf-8\n\n{text}", *parts))
    return letter(text=f"{whole}--B--\n").replace(
        b"Content-Type: text/plain; charset=utf-8\n\n--B", f"Content-Type: multipart/{kind}; boundary=B\n\n--B".encode()
    )


@pytest.mark.parametrize(
    ("text", "part", "outcome"),
    [
        ("The message was displayed.", "disposition-notification", Outcome.REVIEW),
        ("The message was displayed.", "global-disposition-notification", Outcome.REVIEW),
        ("It could not be handed over.", "delivery-status", Outcome.REVIEW),
        ("Dear Ann, see what came back to me.", "delivery-status", Outcome.ACK),
        ("See what came back to me. Why?", "delivery-status", Outcome.ACK),
        ("See what came back to me.", "delivery-status\nContent-Disposition: attachment", Outcome.ACK),
        ("See what came back to me.", "rfc822", Outcome.ACK),
    ],
)
def test_a_report_that_a_gateway_wrapped_is_no_letter_and_one_that_a_person_sends_on_is(
    text: str, part: str, outcome: Outcome
) -> None:
    assert verdict(in_parts("mixed", f"Content-Type: message/{part}\n\nX: y", text=text)).outcome is outcome


@pytest.mark.parametrize(
    ("text", "calendar", "outcome"),
    [
        ("Bob will be there.", "method=REPLY; name=x.ics", Outcome.REVIEW),
        ("Bob will be there.", "method=REPLY\nContent-Disposition: attachment; filename=x.ics", Outcome.REVIEW),
        ("Bob proposes a time.", "method=COUNTER\nContent-Disposition: attachment; filename=x.ics", Outcome.REVIEW),
        ("Dear Ann, Eve said yes.", "method=REPLY\nContent-Disposition: attachment; filename=x.ics", Outcome.ACK),
        ("Eve said yes. And you?", "method=REPLY\nContent-Disposition: attachment; filename=x.ics", Outcome.ACK),
        ("You are invited.", "method=REQUEST; name=x.ics", Outcome.REVIEW),
        ("You are invited.", "method=REQUEST\nContent-Disposition: inline; filename=x.ics", Outcome.REVIEW),
        ("The agenda is below.", "method=REQUEST\nContent-Disposition: attachment; filename=x.ics", Outcome.ACK),
        ("Bob will be there.", "charset=utf-8", Outcome.REVIEW),
        ("The date is below.", "name=x.ics", Outcome.ACK),
        ("The date is below.", "method=PUBLISH", Outcome.ACK),
    ],
)
def test_a_calendar_object_is_the_letter_unless_it_is_a_file_beside_one(
    text: str, calendar: str, outcome: Outcome
) -> None:
    raw = in_parts("mixed", f"Content-Type: text/calendar; {calendar}\n\nBEGIN:VCALENDAR", text=text)

    assert verdict(raw).outcome is outcome


@pytest.mark.parametrize(
    ("text", "method", "mail_class"),
    [
        ("", "REPLY", MailClass.MACHINE),
        ("Bob Client has accepted this invitation.", "REPLY", MailClass.MACHINE),
        ("Bob Client hat den Termin zugesagt.", "REPLY", MailClass.MACHINE),
        ("Bob さんが承諾しました", "REPLY", MailClass.MACHINE),
        ("Bob Client has declined this invitation with this note:\n\nI am in Rome.", "REPLY", MailClass.UNKNOWN),
        ("Declined. Would Thursday at ten suit you?", "REPLY", MailClass.UNKNOWN),
        ("Dear Ann, it is declined since I am in Rome.", "REPLY", MailClass.UNKNOWN),
        ("I am in Rome, please send another date.", "REPLY", MailClass.UNKNOWN),
        ("", "REQUEST", MailClass.UNKNOWN),
    ],
)
def test_what_somebody_wrote_beside_an_answer_to_an_invitation_is_not_called_a_machines(
    text: str, method: str, mail_class: MailClass
) -> None:
    found = verdict(
        in_parts("alternative", f"Content-Type: text/calendar; method={method}\n\nBEGIN:VCALENDAR", text=text)
    )

    assert (found.outcome, found.mail_class) == (Outcome.REVIEW, mail_class)


@pytest.mark.parametrize(
    ("calendar", "outcome"),
    [
        (b"method=REPLY; name=x.ics", Outcome.REVIEW),
        (b"method=REPLY\nContent-Disposition: attachment; filename=x.ics", Outcome.REVIEW),
        (b"name=x.ics", Outcome.REVIEW),
        (b"method=PUBLISH", Outcome.ACK),
    ],
)
def test_a_calendar_object_alone_is_the_letter(calendar: bytes, outcome: Outcome) -> None:
    raw = letter().replace(b"text/plain; charset=utf-8", b"text/calendar; " + calendar)

    assert verdict(raw).outcome is outcome


def test_a_loop_token_of_mine_is_my_kind() -> None:
    settings = replace(SETTINGS, own_tokens=("Instance-1",))

    assert verdict(letter("X-Loop: instance-1"), settings=settings).reasons == ("own-kind",)
    assert verdict(letter("X-Loop: instance-2"), settings=settings).reasons == ("foreign-loop",)


@pytest.mark.parametrize(
    ("sender", "return_path", "text", "reasons"),
    [
        ("billing@client.example", "bob@client.example", "Hello.", ("authenticated",)),
        ("billing@client.example", "x@esp.example", "Hello.", ("transactional",)),
        ("billing-7@client.example", "b-77-ann@client.example", "Hello.", ("transactional",)),
        ("billing@client.example", "bob@client.example", "News.\n\nClick here to unsubscribe.", ("transactional",)),
        ("bob@client.example", "bob@client.example", "Please unsubscribe me.", ("authenticated",)),
        (
            "bob@client.example",
            "bob@client.example",
            "x" * 400 + "\n\nPlease reply to this email.",
            ("authenticated",),
        ),
        (
            "bob@client.example",
            "bob@client.example",
            "x" * 400 + "\n\nPlease do not reply to this email.",
            ("transactional",),
        ),
        ("bob@client.example", "ann=example.org@client.example", "Hello.", ("authenticated",)),
        ("billingham@client.example", "x@esp.example", "Hello.", ("authenticated",)),
    ],
)
def test_two_signs_make_a_stranger_transactional(
    sender: str, return_path: str, text: str, reasons: tuple[str, ...]
) -> None:
    raw = letter(sender=sender, return_path=return_path, text=text + "\n", results="dmarc=pass")

    assert verdict(raw).reasons == reasons
    assert verdict(raw, history=History(known=True)).outcome is Outcome.ACK


@pytest.mark.parametrize(
    "field",
    ["Precedence: first-class (not bulk)", "Precedence: special-delivery", "X-Auto-Response-Suppress: DR; NDR (all)"],
)
def test_a_mark_of_a_machine_in_a_comment_or_within_a_word_is_none(field: str) -> None:
    assert verdict(letter(field)).outcome is Outcome.ACK


@pytest.mark.parametrize(
    "sender",
    ["<bob@client.example> <eve@evil.example>", "<=?utf-8?q?ann?=@example.org>"],
    ids=["two angles, of which two readers take two", "an encoded word before the at"],
)
def test_a_sender_whom_two_readers_read_as_two_is_not_written_to(sender: str) -> None:
    found = verdict(letter(sender=sender))

    assert (found.outcome, found.recipient, found.reasons) == (Outcome.SUPPRESS, None, ("no-usable-sender",))
