"""What Google's Takeout says of a mail: two fields put before it, of which the labels say what kind of mail it is.

The labels are in the language of the account. The two fields are no part of the mail as it was sent and received, and
are taken off, so that the mail is the same one that IMAP brings.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from email.header import decode_header, make_header

from inboxcrm.archives.found import Leaving
from inboxcrm.spool import Spool

LONGEST = 64 * 1024
"""Octets in which the two fields must end."""

_FIELDS = re.compile(rb"\A(?:X-GM-THRID|X-Gmail-Labels):.*(?:\r?\n[ \t].*)*\r?\n", re.IGNORECASE)
_LABELS = re.compile(rb"X-Gmail-Labels:", re.IGNORECASE)

_SENT = (
    "sent", "sent mail", "gesendet", "messages envoyés", "envoyés", "enviados", "enviadas", "enviado",
    "mensajes enviados", "posta inviata", "inviati", "e-mails enviados", "itens enviados", "verzonden",
    "verzonden berichten", "送信済み", "送信済みメール",
)  # fmt: skip
_LEAVING = {
    Leaving.CHAT: ("chat", "chats", "bate-papo", "bate-papos", "chat-verlauf", "clavardage", "チャット"),
    Leaving.SPAM: ("spam", "junk", "pourriel", "correo no deseado", "posta indesiderata", "lixo eletrônico",
                   "迷惑メール"),
    Leaving.TRASH: ("trash", "bin", "papierkorb", "corbeille", "papelera", "cestino", "lixeira", "lixo", "reciclagem",
                    "prullenbak", "ゴミ箱"),
    Leaving.DRAFT: ("draft", "drafts", "entwurf", "entwürfe", "brouillon", "brouillons", "borrador", "borradores",
                    "bozza", "bozze", "rascunho", "rascunhos", "concept", "concepten", "下書き"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """A mail without Takeout's fields, and what its labels say; both are silent for a mail that has none."""

    raw: bytes | Spool
    sent: bool
    leaving: Leaving | None


def unlabel(raw: bytes | Spool) -> Labelled:
    """Take Takeout's fields off a mail that begins with them."""
    head = raw.head(LONGEST) if isinstance(raw, Spool) else raw[:LONGEST]
    at, labels = 0, frozenset[str]()
    while found := _FIELDS.match(head[at:]):
        if _LABELS.match(found[0]):
            labels = _read(found[0])
        at += found.end()
    if not at:
        return Labelled(raw, sent=False, leaving=None)
    leaving = next((kind for kind, names in _LEAVING.items() if labels.intersection(names)), None)
    return Labelled(_without(raw, at), sent=bool(labels.intersection(_SENT)), leaving=leaving)


def _without(raw: bytes | Spool, octets: int) -> bytes | Spool:
    if not isinstance(raw, Spool):
        return raw[octets:]
    rest, skip = Spool(), octets
    for piece in raw.pieces():
        rest.write(piece[skip:])
        skip = max(0, skip - len(piece))
    return rest


def _read(field: bytes) -> frozenset[str]:
    """The labels of a field, in small letters; outside ASCII they are encoded words (RFC 2047)."""
    value = field.split(b":", 1)[1].decode("utf-8", "replace").replace("\r", "").replace("\n", "")
    with suppress(ValueError, LookupError):
        value = str(make_header(decode_header(value.strip())))
    return frozenset(label.strip(' "').casefold() for label in value.split(","))
