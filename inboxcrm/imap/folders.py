"""Which folders are read, and what each is for (RFC 6154, then the names that are usual)."""

from __future__ import annotations

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
    "sent",
    "sent items",
    "sent mail",
    "sent messages",
    "gesendet",
    "gesendete objekte",
    "gesendete elemente",
    "éléments envoyés",
    "messages envoyés",
    "envoyés",
    "posta inviata",
    "inviata",
    "inviati",
    "enviados",
    "elementos enviados",
    "itens enviados",
    "verzonden",
    "verzonden items",
    "skickat",
    "送信済み",
)


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
    others = [entry for entry in configured if folder_of(entry) == entry]
    sent = _sent(found, there, as_sent)
    all_mail = next((one.name for one in found if "all" in one.attributes and one.name in there), None)
    watched = [("INBOX", FolderRole.INBOX)]
    if sent is not None:
        watched.append((sent, FolderRole.SENT))
    archive = next((name for name, role in there.items() if role is FolderRole.ARCHIVE and name != all_mail), None)
    archive = all_mail if everything and all_mail is not None else archive
    if archive is not None and archive != sent:
        watched.append((archive, FolderRole.ARCHIVE))
    watched += [(name, there[name]) for name in others if name in there and name not in {"INBOX", sent, archive}]
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
    marked = next((name for name, role in there.items() if role is FolderRole.SENT), None)
    if marked is not None:
        return marked
    by_name = {_last_part(one): one.name for one in reversed(found) if one.name in there}
    return next((by_name[name] for name in _SENT_NAMES if name in by_name), None)


def _last_part(listed: Listed) -> str:
    return (listed.name.rpartition(listed.delimiter)[2] if listed.delimiter else listed.name).casefold()
