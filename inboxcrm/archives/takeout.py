"""What Google's Takeout says of a mail: two fields put before it, of which the labels say what kind of mail it is.

The labels are in the language of the account. The two fields are no part of the mail as it was sent and received, and
are taken off, so that the mail is the same one that IMAP brings.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from email.header import decode_header, make_header

from inboxcrm.archives import leading
from inboxcrm.archives.found import Leaving
from inboxcrm.spool import Spool

_FIELDS = "X-GM-THRID|X-Gmail-Labels"
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
    taken = leading.fields(raw, _FIELDS)
    if not taken:
        return Labelled(raw, sent=False, leaving=None)
    labels = next((_read(field) for field in reversed(taken) if _LABELS.match(field)), frozenset[str]())
    leaving = next((kind for kind, names in _LEAVING.items() if labels.intersection(names)), None)
    return Labelled(leading.without(raw, taken), sent=bool(labels.intersection(_SENT)), leaving=leaving)


def _read(field: bytes) -> frozenset[str]:
    """The labels of a field, in small letters; outside ASCII they are encoded words (RFC 2047)."""
    value = field.split(b":", 1)[1].decode("utf-8", "replace").replace("\r", "").replace("\n", "")
    with suppress(ValueError, LookupError):
        value = str(make_header(decode_header(value.strip())))
    return frozenset(label.strip(' "').casefold() for label in value.split(","))
