"""Saying one command to an IMAP server and reading all of its answer: tags, responses, literals, what is said unasked.

IMAPClient's own reading is replaced, because of twelve defects that a daemon meets: see `Wire` for the bytes and
`responses` for the words.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imapclient import IMAPClient

from inboxcrm.imap import responses
from inboxcrm.imap.errors import ProtocolError, ServerByeError, farewell, refusal
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.responses import Response, Status, Untagged
from inboxcrm.imap.wire import Wire


@dataclass(slots=True)
class News:
    """What the server said unasked since the folder was opened or last asked about; a hint, never a state."""

    exists: bool = False
    changes: bool = False

    def __bool__(self) -> bool:
        return self.exists or self.changes


class Dialogue(IMAPClient):  # type: ignore[misc]  # IMAPClient ships no types
    """A connection as a conversation; `Connection` knows what to say."""

    limits: Limits
    news: News
    alert: str | None
    size: int | None = None
    """Messages in the open folder, as the server last counted them; None where that is not sure."""

    @property
    def wire(self) -> Wire:
        """The bytes of this connection."""
        wire: Wire = self._imap.wire
        return wire

    @property
    def offered(self) -> tuple[str, ...]:
        """The capabilities named before the login, upper case."""
        return tuple(self._imap.capabilities)

    @property
    def state(self) -> str:
        """The connection's state by imaplib's name: NONAUTH, AUTH or SELECTED."""
        return str(self._imap.state)

    @state.setter
    def state(self, name: str) -> None:
        self._imap.state = name

    def command(
        self, name: str, *arguments: bytes, seconds: float | None = None, take: Callable[[Untagged], bool] | None = None
    ) -> Status:
        """Send one command and read its whole answer. `take` is shown every untagged response and says which it used.

        Raises CommandRefusedError (or a kind of it) for NO and BAD.
        """
        tag = self.new_tag()
        self.wire.allow(seconds or self.limits.command)
        self.wire.send(b" ".join((tag, name.encode("ascii"), *arguments)) + b"\r\n")
        while (answer := self._step(tag, take)) is None:
            pass
        return accepted(name, answer)

    def listen(self) -> None:
        """Hear what came meanwhile, without waiting; ConnectionLostError when it was the end."""
        while self.wire.take_in():
            while self.wire.has_response():
                self._step(b"\0", None)

    def heard(self, response: Untagged, take: Callable[[Untagged], bool] | None) -> None:
        """Note an untagged response, unless `take` used it. Raises ServerByeError for BYE."""
        if response.name == "BYE":
            raise farewell(responses.status("BYE", response.rest).text)
        if response.name in {"OK", "NO", "BAD"}:
            self._note_alert(responses.status(response.name, response.rest))
        if take is not None and take(response):
            return
        if response.name == "EXISTS":
            # Some servers repeat the same count in every answer: looking each time would never end.
            self.news.exists = self.news.exists or response.number is None or response.number != self.size
            self.size = response.number
        elif response.name in {"EXPUNGE", "FETCH", "VANISHED"}:
            self.news.changes = True
            if response.name != "FETCH":
                self.size = None

    def completion(self, tag: bytes, response: Response) -> Status | None:
        """What a tagged response says, or None when this is not the one."""
        if not response.text.startswith(tag + b" "):
            return None
        word, _, rest = response.text[len(tag) + 1 :].partition(b" ")
        said = responses.status(word.decode("latin-1").upper(), rest)
        self._note_alert(said)
        return said

    def take_news(self) -> News:
        """What was heard unasked since the last call."""
        news, self.news = self.news, News()
        return news

    def read_response(self) -> Response:
        """One response with its literals (RFC 3501 section 4.3), whatever segments it came in."""
        text = self.wire.readline().rstrip(b"\r\n")
        match = responses.LITERAL_END.search(text) if text.endswith(b"}") else None
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

    def new_tag(self) -> bytes:
        """The tag of a command whose answer is read here, not by imaplib."""
        imap = self._imap
        number = imap.tagnum
        imap.tagnum = number + 1
        return b"%b%d" % (imap.tagpre, number)

    def _step(self, tag: bytes, take: Callable[[Untagged], bool] | None) -> Status | None:
        """Read one response; the tagged one ends the command."""
        response = self.read_response()
        if (answer := self.completion(tag, response)) is not None:
            return answer
        if response.text.startswith(b"+"):
            return None
        self.heard(responses.untagged(response), take)
        return None

    def _note_alert(self, said: Status) -> None:
        """RFC 3501 section 7.1: an alert must be shown to the user, whatever answer it comes with."""
        if said.code == "ALERT":
            self.alert = said.text

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
            for name in ("OK", "NO"):
                for said in self._imap.untagged_responses.get(name, ()):
                    self._note_alert(responses.status(name, said))
            self._imap.untagged_responses.clear()


def accepted(name: str, answer: Status) -> Status:
    """The answer itself when it is OK; raises CommandRefusedError for NO and BAD, ProtocolError for anything else."""
    if answer.status == "OK":
        return answer
    if answer.status in {"NO", "BAD"}:
        raise refusal(name, status=answer.status, code=answer.code, text=answer.text)
    raise ProtocolError(f"{name} was answered {answer.status!r}")
