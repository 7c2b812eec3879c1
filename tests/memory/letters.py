"""Mails with files on them."""

from __future__ import annotations

from datetime import datetime

from tests.service.house import own


def own_with_file(number: int, name: str, *, to: str, subject: str, at: datetime, answers: str | None = None) -> bytes:
    """A mail of the owner's with one PDF of this name."""
    plain = own(number, to=to, subject=subject, at=at, answers=answers, text="Please see the attachment.\n")
    return with_file(plain, name)


def with_file(plain: bytes, name: str) -> bytes:
    """The same mail with one PDF of this name."""
    head, _, body = plain.partition(b"\r\n\r\n")
    head = head.replace(b"Content-Type: text/plain; charset=utf-8", b'Content-Type: multipart/mixed; boundary="edge"')
    return (
        head
        + b"\r\n\r\n--edge\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + body
        + b'--edge\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="'
        + name.encode()
        + b'"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--edge--\r\n'
    )
