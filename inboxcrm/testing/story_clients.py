"""How a person's mail client writes a letter: ids, threading fields, the quoted original, the MIME shape."""

from __future__ import annotations

import textwrap
import uuid
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from random import Random

from .story_cast import Person
from .story_wire import (
    Attachment,
    Headers,
    Piece,
    encoded_words,
    file_piece,
    html_of,
    mailbox,
    message,
    multipart,
    text_piece,
)
from .story_words import MONTHS, weekday_date

_PREFIXES = {("outlook", "de"): "AW: ", ("outlook", "en"): "RE: ", ("outlook", "fr"): "RE: ", ("outlook", "es"): "RE: "}
_AGENTS = {
    "thunderbird": ("User-Agent", "Mozilla Thunderbird"),
    "apple": ("X-Mailer", "Apple Mail (2.3774.600.62)"),
    "iphone": ("X-Mailer", "iPhone Mail (21E236)"),
}
_OUTLOOK_FIELDS = {
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "en": ("From", "Sent", "To", "Subject"),
    "es": ("De", "Enviado", "Para", "Asunto"),
    "fr": ("De", "Envoyé", "À", "Objet"),
}
_ATTRIBUTIONS = {
    "de": "Am {date} um {time} schrieb {who}:",
    "en": "On {date} at {time}, {who} wrote:",
    "es": "El {date} a las {time}, {who} escribió:",
    "fr": "Le {date} à {time}, {who} a écrit :",
}
_SENT_FROM_PHONE = {"de": "Von meinem iPhone gesendet", "en": "Sent from my iPhone", "fr": "Envoyé de mon iPhone"}


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as its writer finished it. `text` is the writer's own words, `quoted` what stands below them.

    `moment` is aware, in the writer's zone; `mailer` is the client it was written with.
    """

    writer: Person
    reader: Person
    copied: tuple[Person, ...]
    moment: datetime
    subject: str
    text: str
    quoted: str
    message_id: str
    references: tuple[str, ...]
    language: str
    mailer: str
    attachment: Attachment | None = None

    @property
    def author(self) -> str:
        """The From field's value in plain words."""
        return f"{self.writer.name} <{self.writer.address}>"


def write(
    writer: Person,
    reader: Person,
    moment: datetime,
    subject: str,
    text: str,
    random: Random,
    *,
    mailer: str,
    language: str,
    parent: Written | None = None,
    copied: tuple[Person, ...] = (),
    attachment: Attachment | None = None,
) -> Written:
    """A new letter, or the answer to `parent` with its threading and its quotation."""
    local = moment.astimezone(writer.zone)
    if mailer == "iphone":
        text += f"\n\n{_SENT_FROM_PHONE.get(language, _SENT_FROM_PHONE['en'])}"
    return Written(
        writer,
        reader,
        copied,
        local,
        answered_subject(subject, mailer, writer.language) if parent else subject,
        text,
        _quotation(parent, mailer, writer) if parent else "",
        new_message_id(writer.address, mailer, random),
        (*parent.references, parent.message_id) if parent else (),
        language,
        mailer,
        attachment,
    )


def answered_subject(subject: str, mailer: str, language: str) -> str:
    """The subject with the prefix this client puts before an answer, once."""
    bare = subject
    while (head := bare.partition(": "))[0].lower() in {"re", "aw"}:
        bare = head[2]
    return _PREFIXES.get((mailer, language), "Re: ") + bare


def new_message_id(address: str, mailer: str, random: Random) -> str:
    """A Message-ID in the client's style, with its angle brackets."""
    domain = address.rpartition("@")[2]
    unique = str(uuid.UUID(int=random.getrandbits(128), version=4))
    if mailer in {"apple", "iphone"}:
        return f"<{unique.upper()}@{domain}>"
    if mailer == "outlook":
        return f"<{random.getrandbits(128):032x}@ex{random.randint(1, 4)}.{domain}>"
    if mailer == "webmail":
        return f"<CA{random.getrandbits(140):x}@mail.{domain}>"
    return f"<{unique}@{domain}>"


def serialized(written: Written, random: Random, *, charset: str = "utf-8") -> bytes:
    """The mail as the client hands it to its server; `charset` is used where the text fits it."""
    headers: Headers = [
        ("From", mailbox(written.writer.name, written.writer.address)),
        ("To", mailbox(written.reader.name, written.reader.address)),
    ]
    if written.copied:
        headers.append(("Cc", ",\r\n ".join(mailbox(p.name, p.address) for p in written.copied)))
    headers.append(("Subject", encoded_words(written.subject, charset if _fits(written.subject, charset) else "utf-8")))
    if written.mailer == "outlook":
        headers += [("Thread-Topic", encoded_words(_topic(written.subject))), ("Thread-Index", _thread_index(random))]
    headers += [("Date", format_datetime(written.moment)), ("Message-ID", written.message_id)]
    if written.references:
        headers.append(("In-Reply-To", written.references[-1]))
        headers.append(("References", "\r\n ".join(written.references[-8:])))
    if written.mailer in _AGENTS:
        headers.append(_AGENTS[written.mailer])
    if written.mailer == "outlook":
        headers += [("Content-Language", _locale(written)), ("X-MS-Has-Attach", "yes" if written.attachment else "")]
    return message(headers, _shape(written, random, charset))


def _shape(written: Written, random: Random, charset: str) -> Piece:
    body = _body(written, random, charset)
    if written.attachment is None:
        return body
    return multipart("mixed", (body, file_piece(written.attachment)), random)


def _body(written: Written, random: Random, charset: str) -> Piece:
    whole = _joined(written)
    match written.mailer:
        case "thunderbird":
            return text_piece(_wrapped(whole), charset=charset, encoding="8bit")
        case "apple":
            return text_piece(whole, charset=charset, encoding="quoted-printable")
        case "iphone":
            return text_piece(whole, encoding="base64")
        case "outlook":
            style = "font-family:Calibri,sans-serif;font-size:11pt"
        case _:
            style = "font-family:sans-serif"
    html = html_of(written.text, written.quoted, style)
    encoding = "base64" if written.mailer == "webmail" and not html.isascii() else "quoted-printable"
    pieces = (
        text_piece(whole, charset=charset, encoding="quoted-printable"),
        text_piece(html, charset=charset, encoding=encoding, subtype="html"),
    )
    return multipart("alternative", pieces, random)


def _joined(written: Written) -> str:
    return f"{written.text}\n\n{written.quoted}" if written.quoted else written.text


def _wrapped(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        plain = line.startswith(">") or len(line) <= 76
        lines += [line] if plain else textwrap.wrap(line, 74, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def _quotation(parent: Written, mailer: str, writer: Person) -> str:
    """The original below the answer; what the original quoted itself is kept once."""
    original = parent.text
    if parent.quoted and len(parent.references) < 3:
        original += f"\n\n{parent.quoted}"
    local = parent.moment.astimezone(writer.zone)
    if mailer == "outlook":
        return _outlook_block(parent, local, writer.language) + f"\n\n{original}"
    date, time = _short_date(local, mailer, writer.language), f"{local:%H:%M}"
    who = parent.writer.name if mailer == "thunderbird" else parent.author
    attribution = _ATTRIBUTIONS[writer.language].format(date=date, time=time, who=who)
    return attribution + "\n\n" + "\n".join(_quoted_line(line) for line in _wrapped(original).split("\n"))


def _quoted_line(line: str) -> str:
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()


def _outlook_block(parent: Written, local: datetime, language: str) -> str:
    von, sent, to, subject = _OUTLOOK_FIELDS[language]
    when = f"{weekday_date(local.date(), language)} {local.year} {local:%H:%M}"
    lines = (
        f"{von}: {parent.author}",
        f"{sent}: {when}",
        f"{to}: {parent.reader.name}",
        f"{subject}: {parent.subject}",
    )
    return "\n".join(lines)


def _short_date(local: datetime, mailer: str, language: str) -> str:
    if mailer == "thunderbird":
        return f"{local:%d.%m.%y}" if language == "de" else f"{local:%d/%m/%Y}"
    month = MONTHS[language][local.month - 1]
    return f"{local.day}. {month} {local.year}" if language == "de" else f"{local.day} {month} {local.year}"


def _thread_index(random: Random) -> str:
    return f"Ad{random.getrandbits(112):028X}=="


def _topic(subject: str) -> str:
    head, _, rest = subject.partition(": ")
    return rest if head.lower() in {"re", "aw"} else subject


def _locale(written: Written) -> str:
    return {"de": "de-DE", "en": "en-GB", "es": "es-ES", "fr": "fr-FR"}[written.language]


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
