"""Bounces as the products lay them out, of a mail of ours to Bob: what they say, and how they wrap it."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable

TO = "bob@client.example"


def headers(sender: str, subject: str, *, return_path: str | None, fields: tuple[str, ...] = ()) -> str:
    """The head of a mail that came through our border; no Return-Path at all where it is None."""
    traces = [] if return_path is None else [f"Return-Path: <{return_path}>"]
    return "\r\n".join(
        [
            *traces,
            "Received: from mx.client.example by mx.example.org with ESMTP; Mon, 2 Mar 2026 09:30:00 +0000",
            f"From: {sender}",
            "To: ann@example.org",
            f"Subject: {subject}",
            "Message-ID: <bounce.1@mx.client.example>",
            "Date: Mon, 2 Mar 2026 09:30:00 +0000",
            "MIME-Version: 1.0",
            *fields,
        ]
    )


def plain(sender: str, subject: str, text: str, *, return_path: str | None = "postmaster@client.example") -> bytes:
    """One part of text and no mark of any machine."""
    head = headers(sender, subject, return_path=return_path, fields=("Content-Type: text/plain; charset=utf-8",))
    return f"{head}\r\n\r\n{crlf(text)}".encode()


def parts(sender: str, subject: str, *pieces: str, kind: str = "mixed", return_path: str | None = "") -> bytes:
    """Several parts, each with its own fields; `kind` is the multipart's subtype."""
    head = headers(sender, subject, return_path=return_path, fields=(f'Content-Type: multipart/{kind}; boundary="=B"',))
    body = "".join(f"--=B\r\n{crlf(piece)}\r\n" for piece in pieces)
    return f"{head}\r\n\r\n{body}--=B--\r\n".encode()


def crlf(text: str) -> str:
    return "\r\n".join(text.splitlines())


def encoded(content_type: str, text: str, encoding: str) -> str:
    """A part in a transfer encoding that readers of octets do not see through."""
    octets = crlf(text).encode()
    body = base64.encodebytes(octets).decode() if encoding == "base64" else quopri.encodestring(octets, True).decode()
    return f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n\n{body}"


def status(code: str = "5.1.1", *, action: str = "failed", to: str = TO) -> str:
    """The fields of RFC 3464."""
    return f"Reporting-MTA: dns; mx.client.example\n\nFinal-Recipient: rfc822;{to}\nAction: {action}\nStatus: {code}\n"


def returned(mail_id: str) -> str:
    """The head of our mail, as it comes back."""
    return f"From: Ann Example <ann@example.org>\nTo: {TO}\nSubject: Automatic reply\nMessage-ID: {mail_id}\n"


def exchange_2003(mail_id: str) -> bytes:
    return parts(
        "System Administrator <postmaster@client.example>",
        "Undeliverable: Automatic reply",
        "Content-Type: text/plain\n\nYour message\n\n  To:      Bob\n  Subject: Automatic reply\n\n"
        f"did not reach the following recipient(s):\n\n{TO} on Mon, 2 Mar 2026 09:30:00 +0100\n"
        "    The e-mail account does not exist at the organization.\n        <mail.client.example #5.1.1>\n",
        f"Content-Type: message/rfc822\n\n{returned(mail_id)}",
        return_path="postmaster@client.example",
    )


def exchange_online(mail_id: str) -> bytes:
    return parts(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@client.example>",
        "Undeliverable: Automatic reply",
        encoded("text/html; charset=utf-8", f"<p>Your message to <b>{TO}</b> couldn't be delivered.</p>", "base64"),
        encoded("message/delivery-status", status("5.1.10"), "base64"),
        encoded("message/rfc822", returned(mail_id), "quoted-printable"),
        kind="report; report-type=delivery-status",
    )


def domino(mail_id: str) -> bytes:
    return plain(
        "Postmaster <postmaster@client.example>",
        f"DELIVERY FAILURE: User bob ({TO}) not listed in Domino Directory",
        f"Your message\n\n  Subject: Automatic reply\n\nwas not delivered to:\n\n  {TO}\n\nbecause:\n\n"
        f"  User bob ({TO}) not listed in Domino Directory\n\n{returned(mail_id)}",
    )


def qmail(mail_id: str) -> bytes:
    return plain(
        "MAILER-DAEMON@mx.client.example",
        "failure notice",
        "Hi. This is the qmail-send program at mx.client.example.\nI'm afraid I wasn't able to deliver your message to "
        "the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{TO}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <ann@example.org>\n{returned(mail_id)}",
        return_path=None,
    )


def exim(mail_id: str) -> bytes:
    return plain(
        "Mail Delivery System <Mailer-Daemon@mx.client.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {TO}\n    Unrouteable address\n\n------ This is a copy of the message. ------\n\n"
        f"{returned(mail_id)}",
        return_path=None,
    )


def postfix(mail_id: str) -> bytes:
    return parts(
        "MAILER-DAEMON@mx.client.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "Content-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n"
        f"This is the mail system at host mx.client.example.\n\n<{TO}>: host mx2.client.example said: 550 5.1.1\n",
        f"Content-Description: Delivery report\nContent-Type: message/delivery-status\n\n{status()}",
        f"Content-Description: Undelivered Message\nContent-Type: message/rfc822\n\n{returned(mail_id)}",
        kind="report; report-type=delivery-status",
    )


def gmail(mail_id: str) -> bytes:
    alternatives = (
        'Content-Type: multipart/related; boundary="=R"\n\n--=R\nContent-Type: text/plain; charset="UTF-8"\n\n'
        f"** Address not found **\n\nYour message wasn't delivered to {TO} because "
        "the address couldn't be found.\n--=R--\n"
    )
    return parts(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        alternatives,
        f"Content-Type: message/delivery-status\n\n{status()}",
        f"Content-Type: message/rfc822\n\n{returned(mail_id)}",
        kind="report; report-type=delivery-status",
    )


def yahoo(mail_id: str) -> bytes:
    return plain(
        "MAILER-DAEMON@yahoo.example",
        "Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\n\n"
        f"<{TO}>:\n554: delivery error: dd This user doesn't have a yahoo.example account [-5] - mta1.yahoo.example\n\n"
        f"--- Below this line is a copy of the message.\n\n{returned(mail_id)}",
        return_path=None,
    )


def gmx(mail_id: str) -> bytes:
    return plain(
        "GMX Mailer Daemon <mailer-daemon@gmx.example>",
        "Mail delivery failed: returning message to sender",
        "Diese Nachricht wurde automatisch von der E-Mail-Software erzeugt.\n\nDie folgende Nachricht konnte nicht "
        f"an einen oder mehrere Empfänger zugestellt werden:\n\n{TO}:\nUnbekannter Empfänger\n\n"
        f"--- The header of the original message is following. ---\n\n{returned(mail_id)}",
        return_path=None,
    )


def courier(mail_id: str) -> bytes:
    return parts(
        '"Courier mail server at mx.client.example" <@mx.client.example>',
        "NOTICE: mail delivery status.",
        "Content-Type: text/plain; charset=us-ascii\n\nThis is a delivery status notification from mx.client.example,\n"
        f"running the Courier mail server, version 0.65.\n\n<{TO}>:\n     mx2.client.example [192.0.2.9]:\n"
        "     <<< 550 User unknown.\n",
        f"Content-Type: message/delivery-status\n\n{status('5.0.0')}",
        f"Content-Type: text/rfc822-headers; charset=us-ascii\n\n{returned(mail_id)}",
        kind="report; report-type=delivery-status",
    )


def mailenable(mail_id: str) -> bytes:
    return plain(
        "Postmaster <postmaster@mx.client.example>",
        "Message Delivery Failure",
        "MailEnable: Message Delivery Failure.\n\nThe following recipient(s) could not be reached:\n\n"
        f"    Recipient: [SMTP:{TO}]\n    Reason: Remote server returned: 550 no such recipient here\n\n"
        f"Message headers follow:\n\n{returned(mail_id)}",
    )


def imail(mail_id: str) -> bytes:
    return plain(
        "Postmaster <postmaster@mx.client.example>",
        "Undeliverable Mail",
        f"Unknown user: {TO}\n\n\nOriginal message follows.\n\n{returned(mail_id)}",
    )


def apache_james(mail_id: str) -> bytes:
    return plain(
        "postmaster@mx.client.example",
        "Delivery Failure Notification",
        "Hi. This is the James mail server at mx.client.example.\nI'm afraid I wasn't able to deliver your message "
        "to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"{TO}\n\nThe original message follows:\n\n{returned(mail_id)}",
    )


def sendmail(mail_id: str) -> bytes:
    return parts(
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.client.example>",
        "Returned mail: see transcript for details",
        "\nThe original message was received at Mon, 2 Mar 2026 09:29:58 GMT\n\n"
        f"   ----- The following addresses had permanent fatal errors -----\n<{TO}>\n"
        "    (reason: 550 5.1.1 User unknown)\n",
        encoded("message/delivery-status", status(), "quoted-printable"),
        f"Content-Type: text/rfc822-headers\n\n{returned(mail_id)}",
        kind="report; report-type=delivery-status",
    )


def encoded_prose(mail_id: str) -> bytes:
    """What a gateway makes of qmail's letter when it passes it on: one part, in base64."""
    head = headers(
        "Mail Delivery Subsystem <postmaster@mx.client.example>",
        "Returned mail: User unknown",
        return_path=None,
        fields=("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"),
    )
    text = f"The following address failed:\n\n<{TO}>: 550 5.1.1 user unknown\n\n--- Returned ---\n{returned(mail_id)}"
    return f"{head}\r\n\r\n{crlf(base64.encodebytes(text.encode()).decode())}\r\n".encode()


FOR_GOOD: dict[str, Callable[[str], bytes]] = {
    "Exchange 2003": exchange_2003,
    "Exchange Online, every part encoded": exchange_online,
    "Domino": domino,
    "qmail": qmail,
    "Exim": exim,
    "Postfix": postfix,
    "Gmail": gmail,
    "Yahoo": yahoo,
    "GMX": gmx,
    "Courier": courier,
    "MailEnable": mailenable,
    "IMail": imail,
    "Apache James": apache_james,
    "sendmail, status encoded": sendmail,
    "prose in base64": encoded_prose,
}


def exim_warning(mail_id: str) -> bytes:
    return plain(
        "Mail Delivery System <Mailer-Daemon@mx.client.example>",
        "Warning: message 1tABCD-000001-XX delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been "
        f"delivered to one or more of its\nrecipients after more than 24 hours.\n\n  {TO}\n\nNo action is required on "
        f"your part. Delivery attempts will continue for\nsome time.\n\n{returned(mail_id)}",
        return_path=None,
    )


def full_today(mail_id: str) -> bytes:
    return parts(
        "MAILER-DAEMON@mx.client.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        f"Content-Type: text/plain\n\n<{TO}>: 452 4.2.2 mailbox full\n",
        encoded("message/delivery-status", status("4.2.2"), "base64"),
        f"Content-Type: text/rfc822-headers\n\n{returned(mail_id)}",
        kind="report; report-type=delivery-status",
    )


def qmail_deferral(mail_id: str) -> bytes:
    return plain(
        "MAILER-DAEMON@mx.client.example",
        "failure notice",
        f"Hi. This is the qmail-send program at mx.client.example.\n\n<{TO}>:\n451 4.3.0 try again later\n\n"
        f"--- Below this line is a copy of the message.\n\n{returned(mail_id)}",
        return_path=None,
    )


def says_nothing(mail_id: str) -> bytes:
    return plain(
        "Postmaster <postmaster@client.example>",
        "Delivery Status Notification",
        f"About your message to {TO}:\n\nsee the log of the gateway.\n\n{returned(mail_id)}",
    )


def too_much_was_sent(mail_id: str) -> bytes:
    """A hosting company's server took the mail and threw it away: the owner's domain sends too much for now."""
    return plain(
        "Mail Delivery System <Mailer-Daemon@host.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\nA message that you sent could not be "
        "delivered to one or more of its\nrecipients. This is a permanent error. The following address failed:\n\n"
        f"  {TO}\n    Domain example.org has exceeded the max defers and failures per hour (5/5 (100%)) allowed. "
        f"Message discarded.\n\n{returned(mail_id)}",
        return_path=None,
    )


def limit_of_the_day(mail_id: str) -> bytes:
    return parts(
        "Microsoft Outlook <postmaster@outlook.example>",
        "Undeliverable: Received",
        "Content-Type: text/plain\n\nYour message wasn't delivered because you've reached your daily limit.\n",
        f"Content-Type: message/delivery-status\n\n{status('5.1.90')}",
        f"Content-Type: text/rfc822-headers\n\n{returned(mail_id)}",
        kind="report; report-type=delivery-status",
    )


NOT_FOR_GOOD: dict[str, Callable[[str], bytes]] = {
    "Exim's warning": exim_warning,
    "full today, status encoded": full_today,
    "qmail's deferral": qmail_deferral,
    "a report that says neither": says_nothing,
    "cPanel's limit of an hour": too_much_was_sent,
    "Microsoft's limit of a day": limit_of_the_day,
}
