"""What machines sent into the demo's mailbox: lists, newsletters, notices, invoices, invitations, a bounce."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random

from .story_cast import Cast, Person, ascii_name, pools
from .story_clients import new_message_id
from .story_letters import SPAN, Letter, Post, calendar
from .story_scripts import blocks, fill
from .story_wire import (
    Attachment,
    Headers,
    Piece,
    encoded_words,
    file_piece,
    mailbox,
    message,
    multipart,
    small_pdf,
    text_piece,
)
from .story_words import bulk_slots, occasion, slots, working_day

LISTS = (
    ("mailops", "lists.mailops.example", "People who run mail servers"),
    ("sysgroup", "lists.sysgroup.example", "Regional system administrators"),
    ("smallnets", "lists.smallnets.example", "Networks without a department"),
    ("dbcraft", "lists.dbcraft.example", "Databases in daily use"),
    ("restore", "lists.restore-club.example", "The restore club"),
)
_NEWSLETTERS = (
    ("The Careful Migrator", "letter", "careful-migrator.example"),
    ("Kabel & Co.", "info", "kabel-und-co.example"),
    ("Courses at the Mill", "news", "mill-courses.example"),
    ("Slow Reading Club", "hello", "slow-reading.example"),
)
_BUILDS = ("build {n} failed", "build {n} is green again", "nightly tests: {n} passed, 2 skipped", "build {n} passed")
_HOSTERS = (("Nimbus Racks", "nimbus-racks.example"), ("Polder Hosting", "polder-hosting.example"))
_ABSENCES = {
    "de": (
        "Automatische Antwort",
        "Guten Tag,\n\nich bin bis einschließlich {day} nicht im Büro. Wenn es eilt, hilft {colleague} gern weiter.",
    ),
    "en": (
        "Automatic reply",
        "I am out of the office until {day} and not reading mail. In urgent cases please turn to {colleague}.",
    ),
    "fr": (
        "Réponse automatique",
        "Je ne serai pas au bureau jusqu'au {day} inclus. En cas d'urgence, veuillez vous adresser à {colleague}.",
    ),
    "es": ("Respuesta automática", "Estaré fuera de la oficina hasta el {day}. Para urgencias, escribe a {colleague}."),
}


def machine_mail(cast: Cast, letters: Sequence[Letter], now: datetime, random: Random) -> list[Letter]:
    """Everything no person wrote to the owner, or not to the owner alone."""
    post = Post(cast.owner)
    found = [*_lists(post, now, random), *_newsletters(post, now, random), *_builds(cast, post, now, random)]
    found += [*_invoices(post, now, random), *_invitations(cast, post, now, random)]
    found += [
        *_absences(cast, post, letters, random),
        *_bounce(cast, post, now, random),
        *_odd(cast, post, now, random),
    ]
    return [letter for letter in found if letter.received_at < now]


def list_post(
    post: Post,
    mailing_list: tuple[str, str, str],
    author: tuple[str, str],
    subject: str,
    text: str,
    moment: datetime,
    random: Random,
    *,
    parent: str | None = None,
) -> tuple[str, bytes]:
    """A post as Mailman 2 sends it out (RFC 2369, RFC 2919): its Message-ID and its bytes as delivered."""
    name, domain, title = mailing_list
    message_id = new_message_id(author[1], "thunderbird", random)
    headers: Headers = [
        ("From", mailbox(*author)),
        ("To", f"{name}@{domain}"),
        ("Subject", f"{'Re: ' if parent else ''}[{name}] {subject}"),
        ("Date", format_datetime(moment - timedelta(seconds=90))),
        ("Message-ID", message_id),
        *((("In-Reply-To", parent), ("References", parent)) if parent else ()),
        ("Sender", f"{name}-bounces@{domain}"),
        ("Errors-To", f"{name}-bounces@{domain}"),
        ("X-BeenThere", f"{name}@{domain}"),
        ("X-Mailman-Version", "2.1.39"),
        ("Precedence", "list"),
        ("List-Id", f"{title} <{name}.{domain}>"),
        (
            "List-Unsubscribe",
            f"<https://{domain}/options/{name}>,\r\n <mailto:{name}-request@{domain}?subject=unsubscribe>",
        ),
        ("List-Archive", f"<https://{domain}/archive/{name}/>"),
        ("List-Post", f"<mailto:{name}@{domain}>"),
        ("List-Help", f"<mailto:{name}-request@{domain}?subject=help>"),
        ("List-Subscribe", f"<https://{domain}/listinfo/{name}>"),
    ]
    footer = f"\n\n-- \n{author[0]}\n_______________________________________________\n{name} mailing list\n"
    raw = message(headers, text_piece(text + footer + f"{name}@{domain}"))
    bounces = f"{name}-bounces@{domain}"
    return message_id, post.deliver(raw, moment, random, envelope_from=bounces, domain=domain)


def notice(post: Post, sender: tuple[str, str], subject: str, text: str, moment: datetime, random: Random) -> bytes:
    """A notification that nobody can answer, marked as RFC 3834 section 5 asks."""
    domain = sender[1].rpartition("@")[2]
    headers: Headers = [
        ("From", mailbox(*sender)),
        ("To", post.owner.address),
        ("Subject", encoded_words(subject)),
        ("Date", format_datetime(moment)),
        ("Message-ID", new_message_id(sender[1], "thunderbird", random)),
        ("Auto-Submitted", "auto-generated"),
    ]
    return post.deliver(
        message(headers, text_piece(text)), moment, random, envelope_from=f"bounces@{domain}", domain=domain
    )


def subscriber(random: Random) -> tuple[str, str]:
    """Somebody on a mailing list: name and address."""
    first, last = random.choice(pools()["en"]["first"])[0], random.choice(pools()["de"]["last"])
    place = random.choice(("uni-altmark.example", "kellernetz.example", "harbour-isp.example", "smallworks.example"))
    return f"{first} {last}", f"{ascii_name(first)}.{ascii_name(last)}@{place}"


def _some_time(now: datetime, share: float, random: Random, *, hours: tuple[int, int] = (7, 22)) -> datetime:
    """A moment `share` of the eighteen months ago, between two hours of the clock."""
    moment = now - SPAN * share
    return moment.replace(
        hour=random.randint(hours[0], hours[1] - 1), minute=random.randint(0, 59), second=random.randint(0, 59)
    )


def _seen(now: datetime, moment: datetime) -> frozenset[str]:
    return frozenset() if now - moment < timedelta(days=3) else frozenset({"\\Seen"})


def _lists(post: Post, now: datetime, random: Random) -> Iterator[Letter]:
    lists = random.sample(LISTS, 2)
    threads = random.sample(blocks("lists.txt"), 14)
    for number, (subject, text) in enumerate(threads):
        moment = _some_time(now, 0.006 + 0.97 * number / len(threads), random)
        values = bulk_slots(moment, random)
        title, mailing_list = fill(subject, values, random), random.choice(lists)
        parent = None
        asker = subscriber(random)
        for turn, body in enumerate(text.split("\n---\n")):
            author = asker if turn == 2 else subscriber(random) if turn else asker
            words = fill(body.strip(), values, random)
            message_id, raw = list_post(post, mailing_list, author, title, words, moment, random, parent=parent)
            parent = parent or message_id
            yield Letter("INBOX", moment, _seen(now, moment), raw, author[1], "list: post")
            moment += timedelta(minutes=random.randint(35, 900))


def _newsletters(post: Post, now: datetime, random: Random) -> Iterator[Letter]:
    issues = blocks("bulk.txt")
    for number, (head, text) in enumerate(random.sample(issues, len(issues))):
        name, local, domain = random.choice(_NEWSLETTERS)
        moment = _some_time(now, 0.01 + 0.95 * number / len(issues), random, hours=(6, 10))
        values = bulk_slots(moment, random)
        subject = f"{name}: " + fill(head.removeprefix("newsletter "), values, random)
        page = f"https://{domain}/u/{random.getrandbits(48):012x}"
        words = fill(text, values, random)
        headers: Headers = [
            ("From", mailbox(name, f"{local}@{domain}")),
            ("To", post.owner.address),
            ("Subject", encoded_words(subject)),
            ("Date", format_datetime(moment)),
            ("Message-ID", new_message_id(f"x@mailer.{domain}", "thunderbird", random)),
            ("List-Id", f"<news.{domain}>"),
            ("List-Unsubscribe", f"<{page}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Precedence", "bulk"),
            ("Feedback-ID", f"{number}:{domain}:news"),
        ]
        html = f'<html><body><h1>{subject}</h1><p>{words}</p><p><a href="{page}">Unsubscribe</a></p></body></html>\n'
        pieces = (
            text_piece(f"{words}\n\nUnsubscribe: {page}\n", encoding="quoted-printable"),
            text_piece(html, encoding="quoted-printable", subtype="html"),
        )
        envelope = f"bounce-{random.getrandbits(32):08x}@mailer.{domain}"
        raw = message(headers, multipart("alternative", pieces, random))
        raw = post.deliver(raw, moment, random, envelope_from=envelope, domain=domain)
        yield Letter("INBOX", moment, _seen(now, moment), raw, f"{local}@{domain}", "newsletter: issue")


def _builds(cast: Cast, post: Post, now: datetime, random: Random) -> Iterator[Letter]:
    projects = [ascii_name(company.projects[0]) for company in cast.companies]
    sender = ("Forge", "no-reply@forge.example")
    for number in range(11):
        moment = _some_time(now, 0.004 + 0.09 * number, random, hours=(0, 24))
        build = random.choice(_BUILDS).format(n=random.randint(180, 2400))
        project = random.choice(projects)
        text = f"Pipeline of {project} on branch main.\n\n{build.capitalize()}, took {random.randint(2, 14)} minutes.\n"
        raw = notice(post, sender, f"[{project}] {build}", text, moment, random)
        yield Letter("INBOX", moment, _seen(now, moment), raw, sender[1], "robot: build")


def _invoices(post: Post, now: datetime, random: Random) -> Iterator[Letter]:
    name, domain = random.choice(_HOSTERS)
    for number in range(9):
        moment = _some_time(now, 0.02 + 0.11 * number, random, hours=(3, 5))
        serial = f"{moment:%y%m}-{random.randint(10000, 99999)}"
        page = f"https://{domain}/account/{random.getrandbits(40):010x}"
        html = (
            f"<html><body><p>Invoice {serial} for {moment:%m/%Y} is attached.</p><p>The amount will be debited in ten"
            f' days.</p><p><a href="{page}/unsubscribe">Unsubscribe from paper-free billing</a></p></body></html>\n'
        )
        pdf = Attachment(f"{serial}.pdf", "application/pdf", small_pdf((name, f"Invoice {serial}", "Two servers, 1 U")))
        headers: Headers = [
            ("From", mailbox(name, f"billing@{domain}")),
            ("To", post.owner.address),
            ("Subject", f"Your {name} invoice {serial}"),
            ("Date", format_datetime(moment)),
            ("Message-ID", new_message_id(f"x@mailer.{domain}", "thunderbird", random)),
        ]
        body = text_piece(html, encoding="quoted-printable", subtype="html")
        raw = message(headers, multipart("mixed", (body, file_piece(pdf)), random))
        envelope = f"bounce+{random.getrandbits(40):010x}@mailer.{domain}"
        raw = post.deliver(raw, moment, random, envelope_from=envelope, domain=domain)
        yield Letter("INBOX", moment, _seen(now, moment), raw, f"billing@{domain}", "robot: invoice")


def _invitations(cast: Cast, post: Post, now: datetime, random: Random) -> Iterator[Letter]:
    for number, host in enumerate(random.sample(cast.colleagues, 4)):
        moment = working_morning(now - SPAN * (0.05 + 0.2 * number), host, random)
        when = occasion(moment, random)
        values = slots(cast.owner, host, None, moment, when, random)
        subject = f"{values['project']}, {values['meet_date']}"
        event = calendar(subject, when.meeting, host, "REQUEST")
        invite = text_piece(event.decode(), encoding="base64", subtype="calendar; method=REQUEST")
        pieces = (text_piece(f"{subject}\n{values['room']}\n", encoding="quoted-printable"), invite)
        headers: Headers = [
            ("From", mailbox(host.name, host.address)),
            ("To", mailbox(cast.owner.name, cast.owner.address)),
            ("Subject", encoded_words(subject)),
            ("Date", format_datetime(moment)),
            ("Message-ID", new_message_id(host.address, "outlook", random)),
            ("Content-Class", "urn:content-classes:calendarmessage"),
        ]
        raw = message(headers, multipart("alternative", pieces, random))
        domain = host.address.rpartition("@")[2]
        raw = post.deliver(raw, moment, random, envelope_from=host.address, domain=domain)
        yield Letter("INBOX", moment, _seen(now, moment), raw, host.address, "calendar: invitation")


def working_morning(moment: datetime, person: Person, random: Random) -> datetime:
    """Some time before noon on that day, or on the Monday after it, where the person sits."""
    day = working_day(moment.astimezone(person.zone).date())
    return datetime(
        day.year,
        day.month,
        day.day,
        random.randint(8, 11),
        random.randint(0, 59),
        random.randint(0, 59),
        0,
        person.zone,
    )


def _absences(cast: Cast, post: Post, letters: Sequence[Letter], random: Random) -> Iterator[Letter]:
    """Out-of-office answers of Exchange to letters the owner sent."""
    by_address = {person.address: person for person in cast.colleagues}
    sent = [letter for letter in letters if letter.folder == "Sent" and _field(letter.raw, "To") in by_address]
    for letter in random.sample(sent, 2):
        person = by_address[_field(letter.raw, "To")]
        moment = letter.received_at + timedelta(seconds=random.randint(3, 9))
        prefix, text = _ABSENCES[person.language]
        colleague = random.choice(cast.beside(person))
        back = slots(cast.owner, person, None, moment, occasion(moment, random), random)["due_date"]
        headers: Headers = [
            ("From", mailbox(person.name, person.address)),
            ("To", mailbox(cast.owner.name, cast.owner.address)),
            ("Subject", encoded_words(f"{prefix}: ") + (_field(letter.raw, "Subject").removeprefix("Re: "))),
            ("Date", format_datetime(moment)),
            ("Message-ID", new_message_id(person.address, "outlook", random)),
            ("In-Reply-To", _field(letter.raw, "Message-ID")),
            ("References", _field(letter.raw, "Message-ID")),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("X-MS-Exchange-Inbox-Rules-Loop", person.address),
        ]
        words = text.format(day=back, colleague=f"{colleague.name} <{colleague.address}>")
        raw = message(headers, text_piece(f"{words}\n\n{person.name}", encoding="quoted-printable"))
        domain = person.address.rpartition("@")[2]
        raw = post.deliver(raw, moment, random, envelope_from="", domain=domain)
        yield Letter("INBOX", moment, frozenset({"\\Seen"}), raw, person.address, "robot: out of office")


def _bounce(cast: Cast, post: Post, now: datetime, random: Random) -> Iterator[Letter]:
    """A letter of the owner to an address that is no more, and the delivery status notification (RFC 3464)."""
    company = random.choice(cast.companies)
    gone = f"{random.choice(('purchasing', 'einkauf', 'projects', 'tenders'))}-old@{company.domain}"
    moment = working_morning(now - SPAN * 0.31, cast.owner, random)
    subject = f"{company.projects[1]}: two dates to choose from"
    message_id = new_message_id(cast.owner.address, "thunderbird", random)
    headers: Headers = [
        ("From", mailbox(cast.owner.name, cast.owner.address)),
        ("To", gone),
        ("Subject", encoded_words(subject)),
        ("Date", format_datetime(moment)),
        ("Message-ID", message_id),
        ("User-Agent", "Mozilla Thunderbird"),
    ]
    text = f"Hello,\n\nfor the review of {company.projects[1]} I can offer two mornings.\n\n{cast.owner.first}"
    sent = message(headers, text_piece(text))
    yield Letter("Sent", moment, frozenset({"\\Seen"}), sent, cast.owner.address, "owner: bounced letter")
    report = _report(post, gone, moment, sent.partition(b"\r\n\r\n")[0] + b"\r\n")
    later = moment + timedelta(seconds=4)
    daemon = f"MAILER-DAEMON@{post.host}"
    dsn: Headers = [
        ("Return-Path", "<>"),
        ("Delivered-To", cast.owner.address),
        ("Received", f"by {post.host} (Postfix)\r\n\tid {random.getrandbits(44):011X}; {format_datetime(later)}"),
        ("Date", format_datetime(later)),
        ("From", mailbox("Mail Delivery System", daemon)),
        ("Subject", "Undelivered Mail Returned to Sender"),
        ("To", cast.owner.address),
        ("Auto-Submitted", "auto-replied"),
        ("Message-ID", f"<{later:%Y%m%d%H%M%S}.{random.getrandbits(44):011X}@{post.host}>"),
    ]
    raw = message(dsn, multipart("report", report, random, "report-type=delivery-status; "))
    yield Letter("INBOX", later, frozenset({"\\Seen"}), raw, daemon.lower(), "bounce: unknown user")


def _report(post: Post, gone: str, moment: datetime, original: bytes) -> tuple[Piece, Piece, Piece]:
    answer = "550 5.1.1 User unknown"
    host = f"mail.{gone.rpartition('@')[2]}"
    told = (
        f"This is the mail system at host {post.host}.\n\nYour message could not be delivered to one recipient.\n\n"
        f"<{gone}>: host {host} said: {answer} (in reply to RCPT TO command)\n"
    )
    status = (
        f"Reporting-MTA: dns; {post.host}\r\nArrival-Date: {format_datetime(moment)}\r\n\r\n"
        f"Final-Recipient: rfc822; {gone}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"Remote-MTA: dns; {host}\r\nDiagnostic-Code: smtp; {answer}\r\n"
    )
    return (
        text_piece(told, charset="us-ascii"),
        Piece((("Content-Type", "message/delivery-status"),), status.encode()),
        Piece((("Content-Type", "text/rfc822-headers"),), original),
    )


def _odd(cast: Cast, post: Post, now: datetime, random: Random) -> Iterator[Letter]:
    """Mail as it should not be: raw Latin-1 in the subject and no MIME at all; a notice without a Date."""
    friend = cast.friends[0]
    moment = _some_time(now, 0.44, random, hours=(18, 22)).astimezone(friend.zone)
    text = "\r\n".join(
        (
            f"From: {friend.first} <{friend.address}>",
            f"To: {cast.owner.address}",
            f"Subject: Sind gut angekommen, eine Woche {random.choice(pools()['de']['trips'])}",
            f"Date: {format_datetime(moment)}",
            f"Message-ID: {new_message_id(friend.address, 'thunderbird', random)}",
            "",
            "Es regnet, und das Netz geht nur auf dem Küchenbalkon. Bis übernächste Woche!",
            friend.first,
            "",
        )
    )
    domain = friend.address.rpartition("@")[2]
    raw = post.deliver(text.encode("latin-1"), moment, random, envelope_from=friend.address, domain=domain)
    yield Letter("INBOX", moment, frozenset({"\\Seen"}), raw, friend.address, "odd: raw latin-1")
    moment = _some_time(now, 0.27, random, hours=(2, 4))
    sender = f"no-reply@backup.{cast.owner.address.rpartition('@')[2]}"
    text = (
        f"From: Backup <{sender}>\r\nTo: {cast.owner.address}\r\n"
        f"Subject: backup {moment:%Y-%m-%d} ok, {random.randint(210, 480)} GB\r\n\r\nNothing to report.\r\n"
    )
    domain = sender.rpartition("@")[2]
    raw = post.deliver(text.encode(), moment, random, envelope_from=sender, domain=domain)
    yield Letter("INBOX", moment, frozenset({"\\Seen"}), raw, sender, "odd: no date")


def _field(raw: bytes, name: str) -> str:
    """A header value as written; of an address field the address alone."""
    found = re.search(rf"^{name}:[ ]*(.*(?:\r?\n[ \t].*)*)".encode(), raw, re.MULTILINE | re.IGNORECASE)
    value = found.group(1).decode().strip() if found else ""
    if name in {"To", "From"}:
        return value.rpartition("<")[2].rstrip(">").lower()
    return value
