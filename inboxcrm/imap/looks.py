"""What is asked of a server by the clock, again and again, and whether the answer is the one of last time.

Where the same octets come as last time, nothing of them is read. Anything else is read like every answer; what it means
is for the ordinary way to find out, which asks again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from inboxcrm.imap import decisions, responses
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.errors import ProtocolError
from inboxcrm.imap.examined import Examined, Opened
from inboxcrm.imap.refrain import Refrain
from inboxcrm.imap.responses import Response, Status, Untagged
from inboxcrm.imap.steps import FolderMemory
from inboxcrm.imap.wire import Wire
from inboxcrm.ports import Position

_ALERT = b"[ALERT"
"""An answer that holds this is read whatever else it says: what the owner must be shown (RFC 3501 section 7.1)."""

_OF_EXAMINE = frozenset({"EXISTS", "RECENT", "FLAGS", "OK", "VANISHED", "FETCH"})


class Question(ABC):
    """One command, asked at each look over one connection."""

    __slots__ = ("_before", "_lines")

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._before: bytes | None = None

    @property
    @abstractmethod
    def before(self) -> bytes | None:
        """The untagged part of an answer that would tell nothing new, as it came last; None where that is not known."""

    @abstractmethod
    def ask(self) -> bytes:
        """The command without its tag."""

    def hear(self, response: Response, untagged: Untagged) -> bool:
        """Take an untagged response in; whether it belongs to the answer."""
        if not self._take(untagged):
            return False
        self._lines.append(response.text + b"\r\n")
        return True

    def settle(self, answer: Status) -> None:
        """The answer is whole."""
        lines, self._lines = self._lines, []
        self._before = b"".join(lines) if self._understood(answer) else None

    @abstractmethod
    def _take(self, response: Untagged) -> bool: ...

    @abstractmethod
    def _understood(self, answer: Status) -> bool:
        """Tell whoever must know what is new; whether the same octets would tell nothing."""


class StatusQuestion(Question):
    """STATUS of a folder that is not open; `changed` is called with its name where it is not what was told last."""

    __slots__ = ("_changed", "_found", "_same_as", "_words", "memory")

    def __init__(self, connection: Connection, memory: FolderMemory, changed: Callable[[str], None]) -> None:
        super().__init__()
        self._words = b"STATUS " + connection.status_words(memory.name)
        self.memory = memory
        self._changed = changed
        self._found: dict[str, int] = {}
        self._same_as: dict[str, int] | None = None

    @property
    def before(self) -> bytes | None:
        return self._before if self.memory.told is self._same_as else None

    def ask(self) -> bytes:
        self._found = {}
        return self._words

    def _take(self, response: Untagged) -> bool:
        if response.name != "STATUS":
            return False
        self._found.update(responses.folder_status(response))
        return True

    def _understood(self, answer: Status) -> bool:
        memory, found = self.memory, self._found if answer.status == "OK" else {}
        if not found or found != memory.told:
            memory.told = found
            self._changed(memory.name)
        self._same_as = memory.told
        return bool(found)


class ExamineQuestion(Question):
    """EXAMINE of the folder that is open; `changed` is called where that is not exactly as it was read."""

    __slots__ = ("_asked", "_changed", "_connection", "_memory", "_told", "_was", "_words")

    def __init__(self, connection: Connection, memory: FolderMemory, changed: Callable[[], None]) -> None:
        super().__init__()
        self._connection = connection
        self._memory = memory
        self._changed = changed
        self._words = b""
        self._told: Examined | None = None
        self._asked: Position | None = None
        self._was: Opened | None = None

    @property
    def possible(self) -> bool:
        """Whether a look can tell that nothing changed: the server counts changes, and nothing is owed."""
        position, opened = self._memory.position, self._connection.selected
        return (
            position is not None
            and position.highest_modseq is not None
            and not position.pending
            and opened is not None
            and opened.folder == self._memory.name
        )

    @property
    def before(self) -> bytes | None:
        as_it_was = self._memory.position is self._asked and self._connection.selected is self._was
        return self._before if as_it_was else None

    def ask(self) -> bytes:
        position, opened = self._memory.position, self._connection.selected
        self._told = None
        if not self._words or position is not self._asked or opened is not self._was:
            self._before, self._asked, self._was = None, position, opened
            modseq = None if position is None else position.highest_modseq
            since = None if position is None or modseq is None else (position.uid_validity, modseq)
            self._words = b"EXAMINE " + self._connection.examine_words(self._memory.name, since=since)
        return self._words

    def _take(self, response: Untagged) -> bool:
        if response.name not in _OF_EXAMINE:
            return False
        if self._told is None:
            self._told = Examined()
        return self._told.take(response)

    def _understood(self, answer: Status) -> bool:
        if answer.status != "OK":
            self._connection.selected = None  # no folder is open now (RFC 3501 section 6.3.1)
        elif self._asked is self._memory.position and self._asked is not None and self._was is not None:
            opened = (self._told or Examined()).opened(self._memory.name)
            if decisions.as_it_was(self._asked, opened, exists=self._was.exists) and not self._memory.uncompared:
                return True
        self._changed()
        return False


class Look:
    """The commands of one look, and the IDLE behind them, under way on a connection.

    `tag` is that of the IDLE, and `begun` says that it was answered. `leaving` is the tag of the IDLE before, where its
    end is asked for in the same breath and not answered yet.
    """

    __slots__ = (
        "_at_it",
        "_connection",
        "_from",
        "_left",
        "_passed",
        "_reading",
        "_refrain",
        "_skimmed",
        "begun",
        "leaving",
        "tag",
        "text",
    )

    def __init__(
        self, connection: Connection, refrain: Refrain[Question], tag: bytes, *, leaving: bytes | None = None
    ) -> None:
        self.tag = tag
        self._connection = connection
        self._refrain = refrain
        self._left = [(b"%b.%d" % (tag, index), question) for index, question in enumerate(refrain.questions)]
        self._reading = False
        self._at_it = False
        self._skimmed = b""
        """What was passed over, which may have come in pieces: that of `_passed` answers."""

        self._passed = 0
        self._from = leaving
        self.begun = False
        self.leaving = leaving
        self.text = (b"" if leaving is None else b"DONE\r\n") + refrain.ask(tag)

    @property
    def done(self) -> bool:
        """Whether every answer is whole, but that to the IDLE behind them."""
        return not self._left and self.leaving is None

    def spare_time(self) -> bool:
        """Whether the server has ended the IDLE before and is at what it was asked; it is granted that once."""
        granted = self._at_it
        self._at_it = True
        return not granted and self.leaving is None and bool(self._left)

    def skim(self, wire: Wire) -> bool:
        """Pass over answers that are those of last time. False while the next may yet become that: more must come."""
        if self._reading:
            return True
        left = self._left
        starts = [] if self.leaving is None else [self.leaving + b" OK"]
        for tag, question in left:
            if (before := question.before) is None:
                break
            starts.append(b"%b%b OK" % (before, tag))
        else:
            starts.append(b"+")
        came, passed, more = wire.skip(starts, unless=_ALERT)
        self._skimmed += came
        self._passed += passed
        if self._from is not None and self._passed == len(self._refrain.questions) + 2:
            self._refrain.learn(self._skimmed, tag=self.tag, leaving=self._from)
        if passed and self.leaving is not None:
            self.leaving = None
            passed -= 1
        self.begun = passed > len(left)
        del left[:passed]
        return not more

    def hear(self, response: Response) -> bool:
        """Take a response in; whether it was one of ours. Raises ServerByeError for BYE, ProtocolError where the server
        will not end its IDLE.
        """
        connection = self._connection
        if self.leaving is not None:
            if (answer := connection.completion(self.leaving, response)) is None:
                return False  # said before: not of our answers
            self.leaving = None
            if answer.status != "OK":
                raise ProtocolError(f"the end of IDLE was answered {answer.status}: {answer.text}")
            return True
        for index, (tag, question) in enumerate(self._left):
            if (answer := connection.completion(tag, response)) is not None:
                del self._left[index]
                self._reading = False
                question.settle(answer)
                return True
        if not response.text.startswith(b"* "):
            return False
        connection.heard(responses.untagged(response), lambda untagged: self._take(response, untagged))
        return True

    def _take(self, response: Response, untagged: Untagged) -> bool:
        for _, question in self._left:
            if question.hear(response, untagged):
                self._reading = True
                return True
        return False
