"""What waits to go out, was shown in shadow, or went: each mail exactly as it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from inboxcrm.domain.outbox import OutboxState
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.service import outgoing, watched, writing
from inboxcrm.service.household import Household
from inboxcrm.service.writing import Words
from inboxcrm.store import views
from inboxcrm.store.views import OutboxRow

from .. import paper
from ..desk import WAITING
from ..messages import RowChosen
from ..widgets.rows import Rows
from ..words import BAD, EMPTY, GOOD, MUTED, SOON, fit, join, said, short
from .reading import ReadingScreen
from .split import SplitScreen

LISTED = 500
PROMISE_KEYS = frozenset(
    {
        "answer",
        "answered",
        "other",
        "extend",
        "snooze",
        "elsewhere",
        "not_needed",
        "settled",
        "follow_up",
        "wait_no_longer",
        "owe",
    }
)
STYLES = {"awaiting": SOON, "unknown": BAD, "failed": BAD, "sent": GOOD}


class OutboxScreen(SplitScreen):
    """Outgoing mail; `a` lets one go, `r` drops it, `A` shows also what has ended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "Approve"),
        Binding("r", "reject", "Reject"),
        Binding("E", "reword", "Edit"),
        Binding("A", "all", "All"),
        Binding("S", "send_again", "Send again"),
        Binding("D", "leave_alone", "Leave alone"),
    ]

    def __init__(self, about: int | None = None) -> None:
        super().__init__()
        self._about = about
        self._all = False
        self._items: list[OutboxRow] = []

    def compose_list(self) -> Rows:
        """Two lines for each mail."""
        return Rows(self._paint, nothing="Nothing waits to go out. A shows what went.", id="outbox")

    def on_mount(self) -> None:
        """Begin at the mail one came about."""
        super().on_mount()
        for item in self._items:
            if self._about is not None and item.message_id == self._about:
                self.rows.move_to(item.id)
                break

    def read_again(self) -> None:
        """The outbox as it is now; what waits for a key comes first."""
        super().read_again()
        states = () if self._all else WAITING
        items = self.desk.ask(lambda connection: views.outbox(connection, states=states, limit=LISTED))
        before = self._items
        self._items = sorted(items, key=lambda row: row.state != "awaiting")
        waiting = sum(row.state == "awaiting" for row in self._items)
        title = "The whole outbox" if self._all else "Waiting to go out"
        self.title_line(
            join(
                (
                    Content.styled(title, "bold $foreground"),
                    said(many(len(self._items), "mail")),
                    Content.styled(f"{waiting} for you to approve" if waiting else "", SOON),
                )
            )
        )
        self.show_rows([row.id for row in self._items], onward=self._next_to_decide(before))

    def _next_to_decide(self, before: Sequence[OutboxRow]) -> int | None:
        """Where the cursor goes from a mail that waited for a key `before` and does no longer: to the next that does,
        instead of after it down the list.
        """
        waiting = [row.id for row in self._items if row.state == "awaiting"]
        waited = [row.id for row in before if row.state == "awaiting"]
        if self.rows.key not in waited or self.rows.key in waiting:
            return None
        following = waited[waited.index(self.rows.key) :]
        return next((each for each in (*following, *waiting) if each in waiting), None)

    def _paint(self, index: int, width: int) -> Sequence[Content]:
        row, now = self._items[index], self.desk.now()
        at = row.ended_at or row.created_at
        state = Content.styled(row.state, STYLES.get(row.state, MUTED))
        when = Content.styled(short(at, self.desk.zone, now), MUTED)
        return (
            fit(said(row.contact or row.recipient, "bold"), join((state, when)), width),
            fit(said(row.subject or "(no subject)"), said(row.template, MUTED), width),
        )

    def show_sheet(self, index: int | None) -> None:
        """The mail as it goes."""
        if index is None or index >= len(self._items):
            self.lay(EMPTY, EMPTY)
            return
        self.lay(EMPTY, paper.draft(self._items[index], self.desk.zone, self.desk.now(), self.sheet_width))

    def message_here(self) -> int | None:
        """The mail that this one answers."""
        index = self.rows.index
        return None if index is None else self._items[index].message_id

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Here the keys are for the mail that goes out, not for the promise behind it."""
        if action in PROMISE_KEYS:
            return False
        return super().check_action(action, parameters)

    def key_says(self, action: str, words: str) -> str | None:
        """What may be decided about the mail under the cursor."""
        index = self.rows.index
        row = None if index is None else self._items[index]
        idle = {
            "choose": row is None or row.message_id is None,
            "approve": row is None or row.state not in ("held", "awaiting"),
            "reject": row is None or row.state not in ("held", "awaiting", "queued"),
            "reword": row is None or row.kind != "owner" or row.state != "awaiting",
            "send_again": row is None or row.state != "unknown",
            "leave_alone": row is None or row.state != "unknown",
            "go": True,
        }
        if action == "all":
            return "What waits" if self._all else words
        return None if idle.get(action, False) else super().key_says(action, words)

    def leading_keys(self) -> Sequence[str]:
        """The decisions."""
        return "approve", "reject", "reword", "send_again", "leave_alone", "all"

    def action_approve(self) -> None:
        """Let it go; where only the list has room, the first press shows the text."""
        self._decide(outgoing.approve)

    def action_reject(self) -> None:
        """Drop it; the promise stands, silently."""
        self._decide(outgoing.reject)

    def action_reword(self) -> None:
        """Other words for a draft of the owner's own."""
        index = self.rows.index
        if index is None:
            return
        row = self._items[index]
        try:
            before = writing.of_draft(self.desk.household, row.id)
        except UserError as error:
            self.tell(str(error), bad=True)
            return

        def work(words: Words) -> str:
            writing.reword(self.desk.household, row.id, words)
            return f"Your words to {row.recipient} are kept; a lets them go."

        self.write(f"To {row.contact or row.recipient}", before, work)

    def action_send_again(self) -> None:
        """Send a mail of one's own, of which nobody knows whether it arrived, once more."""
        self._settle_doubt("Send it once more?", "It may arrive twice.", outgoing.send_again)

    def action_leave_alone(self) -> None:
        """Leave a mail of unknown fate alone."""
        self._settle_doubt("Leave it at that?", "It counts as not sent, whatever became of it.", outgoing.dismiss)

    def _settle_doubt(self, question: str, words: str, action: Callable[[Household, int], OutboxState]) -> None:
        index = self.rows.index
        if index is None or self._items[index].state != "unknown":
            self.tell("Only a mail of unknown fate is asked about.", bad=True)
            return
        row = self._items[index]

        def work() -> str:
            return f"The mail to {row.recipient} is {action(self.desk.household, row.id)}."

        self.ask(question, f"{row.recipient}: {row.subject}. {words}", work)

    def _decide(self, action: Callable[[Household, int], OutboxState]) -> None:
        index = self.rows.index
        if index is not None and not self.query_one("#sheet").display:
            self.turn_over()
        elif index is not None and self.steady():
            self._decide_about(self._items[index], action)

    def _decide_about(self, row: OutboxRow, action: Callable[[Household, int], OutboxState]) -> None:
        work = partial(self._decided, action, row)
        if row.state == "queued" and action is outgoing.reject:
            self.ask("Drop it after all?", f"To {row.recipient}: {row.subject}. It is about to leave.", work)
        else:
            self.act(work)

    def _decided(self, action: Callable[[Household, int], OutboxState], row: OutboxRow) -> str:
        state = action(self.desk.household, row.id)
        if state is OutboxState.QUEUED:
            return f"The mail to {row.recipient} is queued; {watched.on_its_way(self.desk.household)}."
        return f"The mail to {row.recipient} is {state}; the promise stands, silently."

    def action_all(self) -> None:
        """What waits, or everything."""
        self._all = not self._all
        self.read_again()

    def turn_over(self) -> None:
        """Where there is room for one only: from the list to the sheet and back."""
        alone = self.query_one("#split").toggle_class("paper").has_class("paper")
        self.query_one("#split").set_class(not alone, "both")
        self.query_one("#sheet" if alone else "#outbox").focus()
        self.call_after_refresh(lambda: self.show_sheet(self.rows.index))

    def action_back(self) -> None:
        """From the sheet to the list, from the list to the page before."""
        if self.query_one("#split").has_class("paper"):
            self.turn_over()
        else:
            super().action_back()

    def on_row_chosen(self, message: RowChosen) -> None:
        """The mail it answers; where only the list has room, first the mail that goes out."""
        if not self.query_one("#sheet").display:
            self.turn_over()
            return
        message_id = self._items[message.index].message_id
        if message_id is not None:
            self.app.push_screen(ReadingScreen(message_id))
