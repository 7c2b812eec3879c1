"""One hardened IMAPClient: logged in, exact in what it asks, typed in what it raises, and changing nothing.

Folders are opened with EXAMINE and bodies read with BODY.PEEK, so no flag on the server changes (RFC 3501 sections
6.3.2 and 6.4.5). IMAPClient 4.1.0 brings greeting, STARTTLS, SASL and APPEND.

Blocking; used by one thread at a time. `link.Link` is its door to asyncio.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from inboxcrm import providers
from inboxcrm.config import MailboxConfig, Security, Server
from inboxcrm.errors import InboxcrmError
from inboxcrm.imap import responses
from inboxcrm.imap.dialogue import Dialogue, News
from inboxcrm.imap.errors import CommandRefusedError, FolderMissingError, LoginRefusedError, ProtocolError
from inboxcrm.imap.examined import Examined, Opened
from inboxcrm.imap.login import log_in
from inboxcrm.imap.names import Listed, folder_name, listed
from inboxcrm.imap.opening import ImapOverWire, Limits, connecting, refuse_plaintext
from inboxcrm.imap.responses import Fetched, Untagged
from inboxcrm.imap.uids import sequence_sets
from inboxcrm.imap.waker import Waker
from inboxcrm.ports import Bearer, Credentials

BODY = "BODY.PEEK[]"
HEADER = "BODY.PEEK[HEADER]"
PIECE = "BODY.PEEK[]<%d.%d>"
SENT_LABEL = "\\sent"
"""By which Gmail says that the owner sent a message."""

_MOST_RANGES = 100
"""Ranges in one sequence set: Yahoo refuses longer ones."""


class Connection(Dialogue):
    """A connection to one account: connected and logged in once constructed.

    Raises ConnectionLostError (and kin) when the network fails, LoginRefusedError, CertificateError or
    InsecureConnectionError when a person must act, CommandRefusedError (and kin) when the server says NO.
    """

    def __init__(
        self, server: Server, *, user: str, password: str | Bearer, waker: Waker, limits: Limits | None = None
    ) -> None:
        self._server = server
        self.whose = (server.host, user)
        self._waker = waker
        self.limits = limits or Limits()
        self.capabilities_known: frozenset[str] = frozenset()
        self.enabled: frozenset[str] = frozenset()
        self.selected: Opened | None = None
        self.news = News()
        self.alert: str | None = None
        refuse_plaintext(server)
        with connecting(server):
            super().__init__(server.host, server.port, ssl=False)
        self._note_alert(responses.status("OK", self._imap.welcome.partition(b" OK ")[2]))
        self.normalise_times = False  # aware times: the default is the naive local time of this machine
        self._imap.debug = 0
        try:
            if server.security is Security.STARTTLS:
                with connecting(server):
                    self._imap.protect()
            log_in(self, server, user, password)
            self._learn()
        except BaseException:
            self.drop()
            raise

    def _create_IMAP4(self) -> ImapOverWire:  # noqa: N802 - IMAPClient's name
        return ImapOverWire(self._server, self._waker, self.limits)

    def _set_read_timeout(self) -> None:
        """Nothing: the Wire's deadlines replace socket timeouts, which count per recv."""

    def has(self, capability: str) -> bool:
        """Whether the server listed this capability after login."""
        return capability in self.capabilities_known

    @property
    def certificate_until(self) -> datetime | None:
        """When the server's certificate ends; None without TLS."""
        sock = self.wire.sock
        shown = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
        until = shown.get("notAfter") if shown else None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None

    @property
    def tells_ids(self) -> bool:
        """Whether the server numbers a message in all its folders alike."""
        return self.has("X-GM-EXT-1") or self.has("OBJECTID")

    def items(self, *wanted: str) -> str:
        """Items of a FETCH: number, flags, dates, size, what else the server tells of each message, and these."""
        told = "UID FLAGS INTERNALDATE RFC822.SIZE"
        if self.has("X-GM-EXT-1"):
            told += " X-GM-MSGID X-GM-LABELS"
        elif self.has("OBJECTID"):
            told += " EMAILID"
        return f"({' '.join((told, *wanted))})"

    # -- coming in

    def _learn(self) -> None:
        """CAPABILITY anew: what was said before login is void, and some proxies spoil the unasked one."""
        found: set[str] = set()

        def take(response: Untagged) -> bool:
            if response.name == "CAPABILITY":
                found.update(response.rest.decode("latin-1").upper().split())
            return True

        self.command("CAPABILITY", take=take)
        self.capabilities_known = _shared(frozenset(found))
        provider = providers.for_host(self._server.host, self._server.port)
        if provider is not None and provider.false_qresync:
            self.capabilities_known = _shared(self.capabilities_known - {"QRESYNC", "CONDSTORE"})
        if self.has("ID"):
            with suppress(CommandRefusedError):
                self.command("ID", b'("name" "inboxcrm")')
        wanted = next((name for name in ("QRESYNC", "CONDSTORE") if self.has(name)), None)
        if wanted is not None and self.has("ENABLE"):
            self._enable(wanted)

    def _enable(self, wanted: str) -> None:
        """Before any folder is opened: it is an error later (RFC 7162 section 3.2.3)."""
        found: set[str] = set()

        def take(response: Untagged) -> bool:
            if response.name == "ENABLED":
                found.update(response.rest.decode("latin-1").upper().split())
            return True

        with suppress(CommandRefusedError):
            self.command("ENABLE", wanted.encode("ascii"), take=take)
        self.enabled = _shared(frozenset(found))

    # -- folders

    def list_all(self) -> list[Listed]:
        """Every folder with its attributes, SPECIAL-USE among them (RFC 6154); a line that is none tells of none."""
        found: list[Listed] = []

        def take(response: Untagged) -> bool:
            if response.name == "LIST":
                with suppress(ProtocolError):
                    found.append(listed(response))
            return True

        extended = self.has("SPECIAL-USE") and self.has("LIST-EXTENDED")
        self.command("LIST", b'""', b'"*"', *((b"RETURN", b"(SPECIAL-USE)") if extended else ()), take=take)
        return found

    def examine_words(self, folder: str, *, since: tuple[int, int] | None) -> bytes:
        """What follows EXAMINE."""
        words = folder_name(folder)
        if since is not None and "QRESYNC" in self.enabled:
            return words + b" (QRESYNC (%d %d))" % since
        return words + b" (CONDSTORE)" if self.has("CONDSTORE") or self.has("QRESYNC") else words

    def examine(self, folder: str, *, since: tuple[int, int] | None = None) -> Opened:
        """Open a folder for reading. `since` = (UIDVALIDITY, MODSEQ) asks for what changed (QRESYNC, RFC 7162).

        Raises FolderMissingError when it is not there.
        """
        self.selected = None
        self.state = "AUTH"
        told = Examined()
        try:
            self.command("EXAMINE", self.examine_words(folder, since=since), take=told.take)
        except CommandRefusedError as error:
            if error.code in {"NONEXISTENT", "TRYCREATE"} or (error.code is None and _says_missing(error.text)):
                raise FolderMissingError(f"folder {folder!r} is not on the server ({error.text})") from error
            raise
        self.state = "SELECTED"
        self.news = News()
        self.selected = told.opened(folder)
        if not told.counted:  # or a folder that is full would be taken for an empty one, and all in it for news
            self.selected = replace(self.selected, exists=len(self.search_uids(b"ALL")))
        self.size = self.selected.exists
        return self.selected

    def status_words(self, folder: str) -> bytes:
        """What follows STATUS."""
        return folder_name(folder) + (
            b" (MESSAGES UIDNEXT UIDVALIDITY%s)" % (b" HIGHESTMODSEQ" if self.has("CONDSTORE") else b"")
        )

    def status(self, folder: str) -> dict[str, int]:
        """MESSAGES, UIDNEXT, UIDVALIDITY and, where there is one, HIGHESTMODSEQ of a folder that is not open."""
        found: dict[str, int] = {}

        def take(response: Untagged) -> bool:
            if response.name != "STATUS":
                return False
            found.update(responses.folder_status(response))
            return True

        self.command("STATUS", self.status_words(folder), take=take)
        return found

    def status_or_nothing(self, folder: str) -> dict[str, int]:
        """`status`, or nothing where the server refuses it, as some do for the folder that is open."""
        try:
            return self.status(folder)
        except CommandRefusedError:
            return {}

    # -- messages

    def search_uids(self, criteria: bytes) -> list[int]:
        """UID SEARCH, ascending, each once. The caller filters: `n:*` always names the last message too."""
        found: list[int] = []

        def take(response: Untagged) -> bool:
            if response.name != "SEARCH":
                return False
            listed = response.rest.partition(b"(")[0].split()
            if not all(map(bytes.isdigit, listed)):
                raise ProtocolError("a SEARCH answer that is not numbers")
            found.extend(map(int, listed))
            return True

        self.command("UID", b"SEARCH", criteria, take=take)
        return sorted(set(found))

    def fetch_uids(self, uids: Collection[int], items: str, *, octets: int = 0) -> list[Fetched]:
        """UID FETCH of exactly these UIDs; whatever else the server tells meanwhile is a hint, not an answer."""
        asked = frozenset(uids)
        found: list[Fetched] = []
        for part in sequence_sets(asked, most=_MOST_RANGES):
            found += self.fetch_set(part, items, wanted=asked.__contains__, octets=octets)
        return found

    def fetch_set(
        self,
        uid_set: str,
        items: str,
        *,
        wanted: Callable[[int], bool] = bool,
        changed_since: int | None = None,
        octets: int = 0,
    ) -> list[Fetched]:
        """UID FETCH of any sequence set, in the order the server answers. `octets` is the size expected in bytes."""
        found: list[Fetched] = []

        def take(response: Untagged) -> bool:
            if response.name != "FETCH":
                return False
            one = responses.fetched(response)
            if one.uid is None or not wanted(one.uid):
                return False
            found.append(one)
            return True

        since = () if changed_since is None else (b"(CHANGEDSINCE %d)" % changed_since,)
        limit = self.limits.fetch + octets / (32 * 1024)
        self.command("UID", b"FETCH", uid_set.encode("ascii"), items.encode("ascii"), *since, seconds=limit, take=take)
        return found

    def append_seen(self, folder: str, raw: bytes, at: datetime) -> None:
        """File a copy, marked seen, with INTERNALDATE `at`. The one thing ever written to a server."""
        self.wire.allow(self.limits.command + len(raw) / (32 * 1024))
        with self._imaplib("APPEND"):
            said = self.append(folder, raw, flags=(b"\\Seen",), msg_time=at)
        self._note_alert(responses.status("OK", said))

    # -- going

    def leave(self) -> None:
        """Log out politely if that is quick, and close."""
        with suppress(InboxcrmError):
            self.command("LOGOUT", seconds=self.limits.logout, take=lambda _: True)
        self.drop()

    def drop(self) -> None:
        """Close at once."""
        self.selected = None
        self.wire.close()


def connect(config: MailboxConfig, credentials: Credentials, waker: Waker, limits: Limits | None = None) -> Connection:
    """A connection to a mailbox. A token that is refused is given back, and one other is tried; a password is not.

    Raises what `Connection` raises, and what asking for the credentials does.
    """
    credential = credentials()
    try:
        return Connection(config.imap, user=config.user, password=credential, waker=waker, limits=limits)
    except LoginRefusedError:
        if not isinstance(credential, Bearer):
            raise
        credential.refused()
        other = credentials()
        if other == credential:
            raise
    return Connection(config.imap, user=config.user, password=other, waker=waker, limits=limits)


@lru_cache(maxsize=64)
def _shared(words: frozenset[str]) -> frozenset[str]:
    """The same object for the same words: a thousand connections to one server keep one list of what it can."""
    return words


def _says_missing(text: str) -> bool:
    lower = text.lower()
    return any(words in lower for words in ("doesn't exist", "does not exist", "unknown mailbox", "no such mailbox"))
