"""Two pages to read: why a message was treated as it was, and what the keys do."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from .. import why
from ..words import ACCENT, EMPTY, MUTED
from .base import DeskScreen


class PageScreen(DeskScreen):
    """One page of text."""

    AUTO_FOCUS = "#page"

    def body(self) -> ComposeResult:
        """The page."""
        with VerticalScroll(id="page"):
            yield Static("", markup=False)

    def text(self) -> Content:
        """What stands on it."""
        raise NotImplementedError

    def read_again(self) -> None:
        """The page as it is now."""
        super().read_again()
        self.query_one("#page Static", Static).update(self.text())


class WhyScreen(PageScreen):
    """The stored reasons of one message."""

    HERE_ALREADY = frozenset({"why"})

    def __init__(self, message_id: int) -> None:
        super().__init__()
        self._message_id = message_id

    def text(self) -> Content:
        """Gate, contact, matter, rules, walk, speech, promise."""
        reasons = self.desk.reasons(self._message_id)
        return EMPTY if reasons is None else why.page(reasons, self.desk.zone)

    def message_here(self) -> int | None:
        """This message."""
        return self._message_id

    def action_why(self) -> None:
        """Here already."""


KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Going about",
        (
            ("↑ ↓  j k", "up and down; PgUp PgDn Home End as usual"),
            ("← →", "in the queue: turn through the mails of one person"),
            ("Enter", "open: the matter, then the mail on the whole page"),
            ("Esc", "the page before"),
            ("Tab", "between the list and the sheet; Space turns the sheet's page"),
            ("1 2 3 4 5", "queue, outbox, record, contacts, mailboxes"),
            ("6 7", "what your rules have under way; what was agreed, and days people told"),
            ("y", "in contacts: who may be one person; there y makes them one, n tells them apart"),
            ("/", "search as you type, in everything"),
            ("c", "the contact's card and timeline"),
            ("?", "why: every reason behind a message, and the walk to its time"),
        ),
    ),
    (
        "Keeping a promise",
        (
            ("r", "answer: write it here; it waits in the outbox for your a"),
            ("p", "phoned; asks when"),
            ("m", "met; asks when"),
            ("o", "answered in another way; say which"),
            ("d", "done elsewhere"),
            ("n", "not needed: no answer is owed"),
            ("s", "settled: they say so themselves; where nothing is owed, the matter is over"),
            ("e", "extend: a later time, yours or what can honestly be expected"),
            ("u  U", "their turn: ask after them on a day; wait no longer"),
            ("y  n", "yes or no to what is asked below the promises in the queue"),
            ("O", "an answer is owed although a rule thought that none is"),
            ("z", "snooze: out of sight for a while, the promise keeps its date"),
            ("C", "they asked to be called: say when you will, or that no call is meant"),
            ("V  M", "in a matter: make a new one of this mail and the later ones; put it to another"),
            ("Z", "take back what you did last; once more: the one before"),
        ),
    ),
    (
        "Remembering",
        (
            ("f", "fact: keep lines of the letter, or your words about them"),
            ("t", "agreed: something that you or they will do, and until when"),
            ("l", "log a call, meeting or letter that answers nothing"),
            ("g", "whether your letter gave or took"),
            ("y  n", "yes or no to a suggestion: + something agreed, * a day, ~ still true?"),
            ("d  y  n", "@ on a social network: answered there; say who it is; in no need of it"),
            ("r  R", "on page 6: stop what a rule has under way; skip one step"),
        ),
    ),
    (
        "Mail that goes out",
        (
            ("a", "approve the mail under the cursor (from the queue: look at it first)"),
            ("r", "reject it; the promise stands, silently"),
            ("E", "in the outbox: change the words of a draft of yours"),
            ("S  D", "in the outbox, where nobody knows whether it left: send again, or leave it at that"),
            ("A", "in the outbox: also what has gone or was dropped"),
        ),
    ),
    (
        "The home",
        (
            ("w", "be away, or back"),
            ("b", "after an absence: what waits and what changed; there again: gone through"),
            ("P", "pause all automatic mail at once, or resume"),
            ("x", "the alarms have been seen"),
            ("L", "light or dark"),
            ("h  F1", "this page"),
            ("Ctrl+Z", "to the shell; fg leads back"),
            ("q", "leave the desk; the daemon goes on"),
        ),
    ),
)


class HelpScreen(PageScreen):
    """All keys, by what one wants to do."""

    HERE_ALREADY = frozenset({"help"})

    def text(self) -> Content:
        """The keys in their sections."""
        sections = [
            Content("\n").join(
                [
                    Content.styled(title, f"bold {ACCENT}"),
                    *(Content.styled(f"  {keys:<10}", "bold") + Content(does) for keys, does in rows),
                ]
            )
            for title, rows in KEYS
        ]
        signs = Content.styled(
            "Signs: ● broken (red) or due today (amber), ○ later; told: what the sender knows, silent: the duty is the "
            "same;\nreview: no machine may answer this by itself; → to you, ← from you, ⇠ from the machine.",
            MUTED,
        )
        return Content("\n\n").join([*sections, signs])

    def action_help(self) -> None:
        """Here already."""
