"""One hardened IMAPClient: whole-command deadlines, sound IDLE, exact FETCH, typed errors, nothing ever changed.

IMAPClient 4.1.0 brings greeting, STARTTLS, SASL and APPEND. Its reading is replaced, because of twelve defects that a
daemon meets: see `Wire` for the bytes and `responses` for the words. Folders are opened with EXAMINE and bodies read
with BODY.PEEK, so no flag on the server changes (RFC 3501 sections 6.3.2 and 6.4.5).

Blocking; used by one thread at a time. `thread.ConnectionThread` is its door to asyncio.
"""

from __future__ import annotations

import base64
import imaplib
import re
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from imapclient import IMAPClient

from inboxcrm.config import Security, Server
from inboxcrm.errors import InboxcrmError
from inboxcrm.imap import responses
from inboxcrm.imap.errors import (
    CommandRefusedError,
    FolderMissingError,
    LoginRefusedError,
    ProtocolError,
    ServerByeError,
    refusal,
)
from inboxcrm.imap.examined import Examined, Opened
from inboxcrm.imap.names import Listed, folder_name, listed, quoted
from inboxcrm.imap.opening import ImapOverWire, Limits, connecting, refuse_plaintext
from inboxcrm.imap.responses import Fetched, Response, Status, Untagged
from inboxcrm.imap.uids import sequence_set
from inboxcrm.imap.wire import Waker, Wire

FETCH_BODY = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"
FETCH_HEADER = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])"


@dataclass(slots=True)
class News:
    """What the server said unasked since the folder was opened or last asked about; a hint, never a state."""

    exists: bool = False
    changes: bool = False

    def __bool__(self) -> bool:
        return self.exists or self.changes


class Connection(IMAPClient):  # type: ignore[misc]  # IMAPClient ships no types
    """A connection to one account: connected and logged in once constructed.

    Raises ConnectionLostError (and kin) when the network fails, LoginRefusedError, CertificateError or
    InsecureConnectionError when a person must act, CommandRefusedError (and kin) when the server says NO.
    """

    def __init__(self, server: Server, *, user: str, password: str, waker: Waker, limits: Limits | None = None) -> None:
        self._server = server
        self._waker = waker
        self._limits = limits or Limits()
        self.capabilities_known: frozenset[str] = frozenset()
        self.enabled: frozenset[str] = frozenset()
        self.selected: Opened | None = None
        self.news = News()
        refuse_plaintext(server)
        with connecting(server):
            super().__init__(server.host, server.port, ssl=False)
        self.normalise_times = False  # aware times: the default is the naive local time of this machine
        self._imap.debug = 0
        try:
            if server.security is Security.STARTTLS:
                with connecting(server):
                    self._imap.protect()
            self._log_in(user, password)
            self._learn()
        except BaseException:
            self.drop()
            raise

    def _create_IMAP4(self) -> ImapOverWire:  # noqa: N802 - IMAPClient's name
        return ImapOverWire(self._server, self._waker, self._limits)

    def _set_read_timeout(self) -> None:
        """Nothing: the Wire's deadlines replace socket timeouts, which count per recv."""

    @property
    def wire(self) -> Wire:
        """The bytes of this connection."""
        wire: Wire = self._imap.wire
        return wire

    def has(self, capability: str) -> bool:
        """Whether the server listed this capability after login."""
        return capability in self.capabilities_known

    @property
    def largest_literal(self) -> int:
        """Bytes of the largest message that is read whole."""
        return self._limits.literal

    # -- one command

    def command(
        self, name: str, *arguments: bytes, seconds: float | None = None, take: Callable[[Untagged], bool] | None = None
    ) -> Status:
        """Send one command and read its whole answer. `take` is shown every untagged response and says which it used.

        Raises CommandRefusedError (or a kind of it) for NO and BAD.
        """
        tag = self._new_tag()
        self.wire.allow(seconds or self._limits.command)
        self.wire.send(b" ".join((tag, name.encode("ascii"), *arguments)) + b"\r\n")
        while (answer := self._step(tag, take)) is None:
            pass
        return _accepted(name, answer)

    def _step(self, tag: bytes, take: Callable[[Untagged], bool] | None) -> Status | None:
        """Read one response; the tagged one ends the command."""
        response = self._read_response()
        if (answer := _completion(tag, response)) is not None:
            return answer
        if response.text.startswith(b"+"):
            return None
        self._heard(responses.untagged(response), take)
        return None

    def _heard(self, response: Untagged, take: Callable[[Untagged], bool] | None) -> None:
        if response.name == "BYE":
            raise ServerByeError(responses.status("BYE", response.rest).text or "no reason given")
        if take is not None and take(response):
            return
        if response.name == "EXISTS":
            self.news.exists = True
        elif response.name in {"EXPUNGE", "FETCH", "VANISHED"}:
            self.news.changes = True

    def _read_response(self) -> Response:
        """One response with its literals (RFC 3501 section 4.3), whatever segments it came in."""
        text = self.wire.readline().rstrip(b"\r\n")
        match = responses.LITERAL_END.search(text)
        if match is None:
            return Response(text)
        parts = [text]
        literals = []
        while match is not None:
            literals.append(self.wire.read(int(match[1])))
            text = self.wire.readline().rstrip(b"\r\n")
            parts.append(text)
            match = responses.LITERAL_END.search(text)
        return Response(b"".join(parts), literals)

    def _new_tag(self) -> bytes:
        tag: bytes = self._imap._new_tag()
        self._imap.tagged_commands.pop(tag, None)  # the answer is read here, not by imaplib
        return tag

    # -- coming in

    def _log_in(self, user: str, password: str) -> None:
        if self._imap.state == "AUTH":  # PREAUTH
            return
        password = _without_display_spaces(password)
        try:
            self._present(user, password)
        except CommandRefusedError as error:
            if type(error) is CommandRefusedError and error.status == "NO":
                raise LoginRefusedError(
                    f"{self._server.host}: the server does not accept the login of {user} "
                    f"({error.text or 'no reason given'}). Check `user` and `password` of this mailbox in config.toml; "
                    "many providers want an app password. Then run `inboxcrm doctor`."
                ) from error
            raise

    def _present(self, user: str, password: str) -> None:
        """LOGIN is ASCII only (RFC 3501 section 6.2.3); anything else goes by SASL PLAIN (RFC 4616)."""
        limit = self._limits.login
        plain = f"\0{user}\0{password}"
        quotable = (user + password).isascii() and (user + password).isprintable()
        if quotable and "LOGINDISABLED" not in self._imap.capabilities:
            self.command("LOGIN", quoted(user), quoted(password), seconds=limit)
        elif "SASL-IR" in self._imap.capabilities:
            self.command("AUTHENTICATE", b"PLAIN", base64.b64encode(plain.encode()), seconds=limit)
        else:
            self.wire.allow(limit)
            with self._imaplib("AUTHENTICATE"):
                self.plain_login(user, password)
        self._imap.state = "AUTH"

    def _learn(self) -> None:
        """CAPABILITY anew: what was said before login is void, and some proxies spoil the unasked one."""
        found: set[str] = set()

        def take(response: Untagged) -> bool:
            if response.name == "CAPABILITY":
                found.update(response.rest.decode("latin-1").upper().split())
            return True

        self.command("CAPABILITY", take=take)
        self.capabilities_known = frozenset(found)
        if self._server.host.endswith(_FALSE_QRESYNC):
            self.capabilities_known -= {"QRESYNC", "CONDSTORE"}
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
        self.enabled = frozenset(found)

    # -- folders

    def list_all(self) -> list[Listed]:
        """Every folder with its attributes, SPECIAL-USE among them (RFC 6154)."""
        found: list[Listed] = []

        def take(response: Untagged) -> bool:
            if response.name == "LIST":
                found.append(listed(response))
            return True

        extended = self.has("SPECIAL-USE") and self.has("LIST-EXTENDED")
        self.command("LIST", b'""', b'"*"', *((b"RETURN", b"(SPECIAL-USE)") if extended else ()), take=take)
        return found

    def examine(self, folder: str, *, since: tuple[int, int] | None = None) -> Opened:
        """Open a folder for reading. `since` = (UIDVALIDITY, MODSEQ) asks for what changed (QRESYNC, RFC 7162).

        Raises FolderMissingError when it is not there.
        """
        arguments = [folder_name(folder)]
        if since is not None and "QRESYNC" in self.enabled:
            arguments.append(b"(QRESYNC (%d %d))" % since)
        elif self.has("CONDSTORE") or self.has("QRESYNC"):
            arguments.append(b"(CONDSTORE)")
        self.selected = None
        self._imap.state = "AUTH"
        told = Examined()
        try:
            self.command("EXAMINE", *arguments, take=told.take)
        except CommandRefusedError as error:
            if error.code in {"NONEXISTENT", "TRYCREATE"} or (error.code is None and _says_missing(error.text)):
                raise FolderMissingError(f"folder {folder!r} is not on the server ({error.text})") from error
            raise
        self._imap.state = "SELECTED"
        self.news = News()
        self.selected = told.opened(folder)
        return self.selected

    def status(self, folder: str) -> dict[str, int]:
        """MESSAGES, UIDNEXT, UIDVALIDITY and, where there is one, HIGHESTMODSEQ of a folder that is not open."""
        found: dict[str, int] = {}

        def take(response: Untagged) -> bool:
            if response.name == "STATUS" and isinstance(
                pairs := responses.tokens(response.rest, response.literals)[-1], list
            ):
                for key, value in zip(pairs[::2], pairs[1::2], strict=False):
                    if isinstance(key, bytes):
                        found[key.decode("latin-1").upper()] = responses.number(value)
                return True
            return False

        items = b"(MESSAGES UIDNEXT UIDVALIDITY%s)" % (b" HIGHESTMODSEQ" if self.has("CONDSTORE") else b"")
        self.command("STATUS", folder_name(folder), items, take=take)
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
        return self.fetch_set(sequence_set(asked), items, wanted=asked.__contains__, octets=octets)

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
        limit = self._limits.fetch + octets / (32 * 1024)
        self.command("UID", b"FETCH", uid_set.encode("ascii"), items.encode("ascii"), *since, seconds=limit, take=take)
        return found

    def append_seen(self, folder: str, raw: bytes, at: datetime) -> None:
        """File a copy, marked seen, with INTERNALDATE `at`. The one thing ever written to a server."""
        self.wire.allow(self._limits.command + len(raw) / (32 * 1024))
        with self._imaplib("APPEND"):
            self.append(folder, raw, flags=(b"\\Seen",), msg_time=at)

    # -- waiting

    def idle(self, seconds: float) -> News:
        """Wait in IDLE (RFC 2177) until the server has news, the Waker is kicked, or `seconds` pass.

        Lines before the `+`, in the same segment as it, or cut in two are all heard. Raises CommandRefusedError when
        the server will not idle, ConnectionLostError at the end of the stream (stock IMAPClient spins there).
        """
        if not self.news:
            tag = self._new_tag()
            self.wire.allow(self._limits.done)
            self.wire.send(tag + b" IDLE\r\n")
            if self._idling(tag) and self._wait_for_news(tag, time.monotonic() + seconds):
                self._leave_idle(tag)
        news, self.news = self.news, News()
        return news

    def _idling(self, tag: bytes) -> bool:
        while True:
            response = self._read_response()
            if response.text.startswith(b"+"):
                return True
            if (answer := _completion(tag, response)) is not None:
                _accepted("IDLE", answer)
                raise refusal("IDLE", status="OK", code=None, text="ended before it began")
            self._heard(responses.untagged(response), None)

    def _wait_for_news(self, tag: bytes, until: float) -> bool:
        """Whether we are still idling: False when the server ended it by itself."""
        while True:
            while self.wire.has_line():
                self.wire.allow(self._limits.done)
                if self._step(tag, None) is not None:
                    return False
            if self.news:
                return True
            self.wire.deadline = None
            if self.wire.wait(until) != "data":
                return True

    def _leave_idle(self, tag: bytes) -> None:
        self.wire.allow(self._limits.done)
        self.wire.send(b"DONE\r\n")
        while (answer := self._step(tag, None)) is None:
            pass
        _accepted("IDLE", answer)

    def listen(self) -> None:
        """Hear what came meanwhile, without waiting; ConnectionLostError when it was the end."""
        self.wire.deadline = None
        while self.wire.has_line() or self.wire.wait(0.0) == "data":
            if self.wire.has_line():
                self.wire.allow(self._limits.done)
                self._step(b"\0", None)
                self.wire.deadline = None

    # -- going

    def leave(self) -> None:
        """Log out politely if that is quick, and close."""
        with suppress(InboxcrmError):
            self.command("LOGOUT", seconds=self._limits.logout, take=lambda _: True)
        self.drop()

    def drop(self) -> None:
        """Close at once."""
        self.selected = None
        self.wire.close()

    @contextmanager
    def _imaplib(self, command: str) -> Iterator[None]:
        """Run a command of imaplib's own and translate what it raises."""
        try:
            yield
        except imaplib.IMAP4.abort as error:
            if "BYE" in self._imap.untagged_responses:
                raise ServerByeError(str(error)) from error
            raise ProtocolError(str(error)) from error
        except imaplib.IMAP4.error as error:
            match = re.search(r"\[([A-Za-z0-9.-]+)[^\]]*\]", str(error))
            raise refusal(command, status="NO", code=match and match[1].upper(), text=str(error)) from error
        finally:
            self._imap.untagged_responses.clear()


_FALSE_QRESYNC = (".icloud.com", ".me.com", ".mac.com")
"""Announce QRESYNC, leave ENABLE unanswered and send malformed VANISHED."""


def _completion(tag: bytes, response: Response) -> Status | None:
    """What a tagged response says, or None when this is not the one."""
    if not response.text.startswith(tag + b" "):
        return None
    word, _, rest = response.text[len(tag) + 1 :].partition(b" ")
    return responses.status(word.decode("latin-1").upper(), rest)


def _accepted(name: str, answer: Status) -> Status:
    if answer.status == "OK":
        return answer
    if answer.status in {"NO", "BAD"}:
        raise refusal(name, status=answer.status, code=answer.code, text=answer.text)
    raise ProtocolError(f"{name} was answered {answer.status!r}")


def _says_missing(text: str) -> bool:
    lower = text.lower()
    return any(words in lower for words in ("doesn't exist", "does not exist", "unknown mailbox", "no such mailbox"))


def _without_display_spaces(password: str) -> str:
    """Google shows app passwords in four groups of four letters; the spaces are not part of them."""
    return password.replace(" ", "") if re.fullmatch(r"[a-z]{4}( [a-z]{4}){3}", password) else password
