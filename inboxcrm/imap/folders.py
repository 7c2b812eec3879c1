"""Which folders are read, and what each is for (RFC 6154, then the names that are usual)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from inboxcrm.config import folder_of
from inboxcrm.imap.names import Listed
from inboxcrm.ports import FolderRole

_ROLES = {
    "sent": FolderRole.SENT,
    "archive": FolderRole.ARCHIVE,
    "all": FolderRole.ARCHIVE,
    "drafts": FolderRole.DRAFTS,
    "junk": FolderRole.JUNK,
    "trash": FolderRole.TRASH,
}
_SENT_NAMES = (
    "sent", "sent items", "sent mail", "sent messages", "sent-mail",
    "gesendet", "gesendete objekte", "gesendete elemente", "gesendete nachrichten",
    "éléments envoyés", "messages envoyés", "objets envoyés", "courrier envoyé", "envoyés",
    "posta inviata", "elementi inviati", "messaggi inviati", "inviata", "inviati",
    "enviados", "elementos enviados", "mensajes enviados", "correo enviado",
    "itens enviados", "mensagens enviadas", "e-mails enviados", "enviadas",
    "verzonden", "verzonden items", "verzonden berichten",
    "skickat", "skickade objekt", "sendt", "sendt post", "sendte elementer", "lähetetyt",
    "wysłane", "elementy wysłane", "odeslané", "odeslaná pošta", "отправленные", "надіслані",
    "送信済み", "送信済みアイテム", "送信済みメール", "已发送", "已发送邮件", "寄件備份", "보낸 편지함",
)  # fmt: skip
"""What mail programs and servers call it, in lower case."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`watched` starts with INBOX, then Sent and the archive where there are any; `missing` was configured and is not
    there. `there` names every folder that can be opened.
    """

    watched: tuple[tuple[str, FolderRole], ...]
    sent: str | None
    all_mail: str | None
    missing: tuple[str, ...]
    there: frozenset[str] = frozenset()


def role_of(listed: Listed) -> FolderRole:
    """What the server says a folder is for."""
    if listed.name.upper() == "INBOX":
        return FolderRole.INBOX
    return next((_ROLES[name] for name in sorted(listed.attributes) if name in _ROLES), FolderRole.OTHER)


def choose(found: Sequence[Listed], configured: Sequence[str], *, everything: bool = False) -> Choice:
    """INBOX, Sent, the archive and what the owner configured.

    A configured entry is a folder's name; `sent=NAME` says which folder holds sent mail where the server does not.
    `everything`: the folder of all mail is the archive, as at Gmail.
    """
    there = {one.name: role_of(one) for one in found if not {"noselect", "nonexistent"} & one.attributes}
    as_sent = [folder_of(entry) for entry in configured if folder_of(entry) != entry]
    others = [entry for entry in configured if folder_of(entry) == entry and entry.upper() != "INBOX"]
    sent = _sent(found, there, as_sent)
    all_mail = next((one.name for one in found if "all" in one.attributes and one.name in there), None)
    watched = [("INBOX", FolderRole.INBOX)]
    if sent is not None:
        watched.append((sent, FolderRole.SENT))
    archive = _marked([one for one in found if one.name != all_mail], there, FolderRole.ARCHIVE)
    archive = all_mail if everything and all_mail is not None else archive
    if archive is not None and archive != sent:
        watched.append((archive, FolderRole.ARCHIVE))
    watched += [(name, there[name]) for name in others if name in there and name not in {sent, archive}]
    return Choice(
        tuple(watched),
        sent,
        all_mail,
        tuple(name for name in (*as_sent, *others) if name not in there),
        frozenset(there),
    )


def _sent(found: Sequence[Listed], there: dict[str, FolderRole], named: Sequence[str]) -> str | None:
    configured = next((name for name in named if name in there), None)
    if configured is not None:
        return configured
    marked = _marked(found, there, FolderRole.SENT)
    if marked is not None:
        return marked
    by_name = [one for one in found if one.name in there and _path(one)[-1] in _SENT_NAMES]
    best = min(by_name, key=lambda one: (len(_path(one)), _SENT_NAMES.index(_path(one)[-1])), default=None)
    return None if best is None else best.name


def _marked(found: Sequence[Listed], there: dict[str, FolderRole], role: FolderRole) -> str | None:
    """The folder that the server says is for this. Of several the topmost: others are kept, or are other people's."""
    marked = [one for one in found if there.get(one.name) is role]
    best = min(marked, key=lambda one: len(_path(one)), default=None)
    return None if best is None else best.name


def _path(listed: Listed) -> list[str]:
    """The parts of a folder's name from the top, which for some servers is INBOX."""
    name = unicodedata.normalize("NFC", listed.name).casefold()
    parts = name.split(listed.delimiter) if listed.delimiter else [name]
    return parts[1:] if len(parts) > 1 and parts[0] == "inbox" else parts
