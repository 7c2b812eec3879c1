"""How mail clients write a letter down, and what the owner's border server adds to it on arrival.

The bytes are composed here rather than by `email.message`: the point is to look like Outlook, Thunderbird, Apple Mail,
a telephone and a web mailer with their own header order, charsets and encodings, and to write some 300 of them in a
fraction of a second.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from random import Random

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside a letter."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """One MIME entity: its own headers and its encoded body."""

    headers: tuple[tuple[str, str], ...]
    body: bytes


def text_piece(text: str, *, charset: str = "utf-8", encoding: str = "8bit", subtype: str = "plain") -> Piece:
    """A text part; a text that does not fit `charset` is written in UTF-8 instead."""
    try:
        octets = text.encode(charset)
    except UnicodeEncodeError:
        charset, octets = "utf-8", text.encode()
    if octets.isascii() and encoding == "8bit":
        charset, encoding = "us-ascii" if charset == "us-ascii" else charset, "7bit"
    return Piece(
        (("Content-Type", f"text/{subtype}; charset={charset}"), ("Content-Transfer-Encoding", encoding)),
        encoded(octets, encoding),
    )


def file_piece(attachment: Attachment) -> Piece:
    """An attachment in base64."""
    return Piece(
        (
            ("Content-Type", f'{attachment.content_type}; name="{attachment.name}"'),
            ("Content-Disposition", f'attachment; filename="{attachment.name}"'),
            ("Content-Transfer-Encoding", "base64"),
        ),
        encoded(attachment.content, "base64"),
    )


def multipart(subtype: str, pieces: Sequence[Piece], random: Random, parameters: str = "") -> Piece:
    """Several entities in one (RFC 2046 section 5.1)."""
    boundary = f"=_{random.getrandbits(80):020x}"
    body = b"".join(f"--{boundary}\r\n".encode() + entity(piece) + b"\r\n" for piece in pieces)
    return Piece(
        (("Content-Type", f'multipart/{subtype}; {parameters}boundary="{boundary}"'),),
        body + f"--{boundary}--\r\n".encode(),
    )


def entity(piece: Piece) -> bytes:
    """A piece with its headers, as it stands inside a multipart."""
    return _block(piece.headers) + b"\r\n" + piece.body


def message(headers: Headers, piece: Piece) -> bytes:
    """A whole mail."""
    return _block((*headers, ("MIME-Version", "1.0"), *piece.headers)) + b"\r\n" + piece.body


def encoded(octets: bytes, encoding: str) -> bytes:
    """Octets in a content transfer encoding, lines ended by CRLF (RFC 2045 section 6)."""
    if encoding == "base64":
        whole = base64.b64encode(octets)
        return b"".join(whole[i : i + 76] + b"\r\n" for i in range(0, len(whole), 76))
    if encoding == "quoted-printable":
        octets = binascii.b2a_qp(octets.replace(b"\r\n", b"\n"), istext=True)
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"


def mailbox(name: str, address: str) -> str:
    """A display name and an address for a From, To or Cc field."""
    if not name.isascii():
        return f"{encoded_words(name)} <{address}>"
    quoted = f'"{name}"' if any(c in ".,()@" for c in name) else name
    return f"{quoted} <{address}>"


def encoded_words(text: str, charset: str = "utf-8") -> str:
    """Text for a header: as it is when ASCII, else as RFC 2047 words of at most 75 characters."""
    if text.isascii():
        return text
    words, chunk = [], ""
    for char in text:
        if len((chunk + char).encode(charset)) > 42:
            words.append(chunk)
            chunk = ""
        chunk += char
    words.append(chunk)
    return "\r\n ".join(f"=?{charset}?B?{base64.b64encode(word.encode(charset)).decode()}?=" for word in words)


def html_of(text: str, quote: str, style: str) -> str:
    """The HTML twin of a letter: paragraphs, then the quoted original in a block."""
    paragraphs = "".join(f"<p>{escape(p).replace(chr(10), '<br>')}</p>\n" for p in text.split("\n\n"))
    quoted = f'<blockquote type="cite">{escape(quote).replace(chr(10), "<br>")}</blockquote>' if quote else ""
    return f'<html><head><meta charset="utf-8"></head><body style="{style}">\n{paragraphs}{quoted}</body></html>\n'


def received(border: str, helo: str, rcpt: str, moment: datetime, random: Random) -> str:
    """The trace field of the owner's border server (RFC 5321 section 4.4)."""
    address = f"192.0.2.{random.randint(4, 250)}"
    return (
        f"from {helo} ({helo} [{address}])\r\n\tby {border} (Postfix) with ESMTPS id {random.getrandbits(44):011X}\r\n"
        f"\tfor <{rcpt}>; {format_datetime(moment)}"
    )


def delivered(
    border: str, envelope_from: str, rcpt: str, moment: datetime, random: Random, *, authentication: str, helo: str
) -> Headers:
    """The fields that final delivery puts on top; `authentication` is the result list of RFC 8601, "" for none."""
    fields: Headers = [
        ("Return-Path", f"<{envelope_from}>"),
        ("Delivered-To", rcpt),
        ("Received", received(border, helo, rcpt, moment, random)),
    ]
    if authentication:
        fields.append(("Authentication-Results", f"{border};\r\n\t{authentication}"))
    return fields


def passes(domain: str, envelope_from: str) -> str:
    """What the border server found for an honest sender."""
    return (
        f"dkim=pass (2048-bit key) header.d={domain} header.s=mail;\r\n"
        f"\tspf=pass smtp.mailfrom={envelope_from or domain};\r\n\tdmarc=pass (p=quarantine) header.from={domain}"
    )


def dkim_signature(domain: str, random: Random) -> str:
    """A DKIM-Signature field of the right shape; it verifies nowhere."""
    digest = base64.b64encode(random.randbytes(32)).decode()
    return (
        f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail;\r\n\th=from:to:subject:date:message-id;"
        f" bh={digest};\r\n\tb={base64.b64encode(random.randbytes(48)).decode()}"
    )


def small_pdf(lines: Sequence[str]) -> bytes:
    """A one-page A4 document with the given lines in Helvetica (PDF 1.4, Latin-1)."""
    shown = "\n".join(f"({_pdf_text(line)}) Tj T*" for line in lines)
    content = f"BT /F1 11 Tf 16 TL 72 770 Td\n{shown}\nET".encode("latin-1", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    document, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        document
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(document))
    )


def _pdf_text(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _block(headers: Sequence[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
