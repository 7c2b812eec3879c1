"""What every page of the desk has: the status line, the banner, the keys, and the way an action is done and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer

from inboxcrm.domain.text import visible
from inboxcrm.errors import InboxcrmError
from inboxcrm.service import actions, turns
from inboxcrm.store.views import OwedRow

from ..desk import Desk
from ..when import future, past
from ..widgets.standing import Banner, StatusLine
from ..words import full_moment, many, moment, said
from .dialogs import Confirm, Form, Line

if TYPE_CHECKING:
    from ..app import DeskApp


class DeskScreen(Screen[None]):
    """One page. It reads anew whenever the home changed, and acts on the message it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,h", "help", "Help", key_display="h"),
        Binding("p", "answered('phone', 'phoned')", "Phoned"),
        Binding("m", "answered('met', 'met')", "Met"),
        Binding("o", "other", "Other", show=False),
        Binding("e", "extend", "Extend"),
        Binding("z", "snooze", "Snooze"),
        Binding("d", "elsewhere", "Done"),
        Binding("n", "not_needed", "Not needed"),
        Binding("s", "settled", "Settled", show=False),
        Binding("u", "follow_up", "Follow up", show=False),
        Binding("U", "wait_no_longer", "Wait no longer", show=False),
        Binding("O", "owe", "Owed", show=False),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("c", "contact", "Contact"),
        Binding("question_mark", "why", "Why", key_display="?"),
        Binding("w", "away", "Away", show=False),
        Binding("b", "homecoming", "Come back", show=False),
        Binding("P", "pause", "Pause", show=False),
        Binding("x", "seen", "Alarm seen", show=False),
        Binding("1", "go('queue')", "Queue", show=False),
        Binding("2", "go('outbox')", "Outbox"),
        Binding("3", "go('record')", "Record", show=False),
        Binding("4", "go('contacts')", "Contacts", show=False),
        Binding("5", "go('mailboxes')", "Mailboxes", show=False),
        Binding("t", "app.lights", "Light or dark", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("q", "app.quit", "Quit"),
    ]

    _seen = False

    @property
    def desk(self) -> Desk:
        """The reading side."""
        return cast("DeskApp", self.app).desk

    def compose(self) -> ComposeResult:
        """Status above, keys below, the page between."""
        yield StatusLine()
        yield Banner()
        yield from self.body()
        yield Footer(show_command_palette=False)

    def body(self) -> ComposeResult:
        """The page itself."""
        raise NotImplementedError

    def read_again(self) -> None:
        """Show the home as it is now."""
        standing = self.desk.standing()
        self.query_one(StatusLine).tell(standing)
        self.query_one(Banner).tell(standing)

    def on_mount(self) -> None:
        """The first reading."""
        self.read_again()

    def on_screen_resume(self) -> None:
        """Something may have happened on another page; the first time, the page has just been read."""
        if self._seen:
            self.read_again()
        self._seen = True

    def message_here(self) -> int | None:
        """The message this page, or the row under the cursor, is about."""
        return None

    def contact_here(self) -> int | None:
        """The contact of that message."""
        message_id = self.message_here()
        sheet = None if message_id is None else self.desk.sheet(message_id)
        return None if sheet is None else sheet.row.contact_id

    def owed_here(self) -> OwedRow | None:
        """What is owed for that message; says so where it is nothing."""
        message_id = self.message_here()
        sheet = None if message_id is None else self.desk.sheet(message_id)
        if sheet is None or sheet.owed is None:
            self.tell("Nothing is owed here.", bad=True)
            return None
        return sheet.owed

    # -- how things are done and told

    def tell(self, words: str, *, bad: bool = False) -> None:
        """A note in the corner."""
        self.app.notify(visible(words), severity="error" if bad else "information", markup=False)

    def act(self, work: Callable[[], str], *, after: Callable[[], None] | None = None) -> None:
        """Do something on the store's thread, tell what came of it, read anew; `after` follows where it was done."""
        self.app.run_worker(self._act(work, after), group="act")

    async def _act(self, work: Callable[[], str], after: Callable[[], None] | None) -> None:
        try:
            words = await self.desk.household.run(work)
        except InboxcrmError as error:
            self.tell(str(error), bad=True)
            after = None
        else:
            self.tell(words)
        cast("DeskApp", self.app).read_again()
        if after is not None:
            after()

    def ask(self, question: str, words: str, work: Callable[[], str]) -> None:
        """Do something after a yes."""

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.act(work)

        self.app.push_screen(Confirm(question, said(words)), answered)

    # -- keeping a promise

    def action_answered(self, how: str, verb: str) -> None:
        """The owner answered by another channel; when is asked."""
        owed = self.owed_here()
        if owed is None:
            return

        def read(lines: Sequence[str]) -> datetime:
            return past(lines[0], self.desk.zone, self.desk.now())

        def done(at: datetime | None) -> None:
            if at is not None:
                self.act(partial(self._done, owed, how, at))

        question = f"You {verb} {owed.contact}. When?"
        self.app.push_screen(Form(question, [_WHEN], read, detail=said(owed.subject)), done)

    def action_other(self) -> None:
        """The owner answered in a way of their own."""
        owed = self.owed_here()
        if owed is None:
            return

        def read(lines: Sequence[str]) -> tuple[str, datetime]:
            if not lines[0].strip():
                raise ValueError("say in a word or two how you answered, such as: by letter")
            return lines[0].strip(), past(lines[1], self.desk.zone, self.desk.now())

        def done(answer: tuple[str, datetime] | None) -> None:
            if answer is not None:
                self.act(partial(self._done, owed, *answer))

        form = Form(f"How did you answer {owed.contact}?", [Line("how", hint="by letter"), _WHEN], read)
        self.app.push_screen(form, done)

    def action_elsewhere(self) -> None:
        """It is done, nobody needs to know how."""
        owed = self.owed_here()
        if owed is not None:
            words = f"{owed.contact}: {owed.subject}"
            self.ask("Done elsewhere?", words, partial(self._done, owed, "elsewhere", self.desk.now()))

    def _done(self, owed: OwedRow, how: str, at: datetime) -> str:
        state = actions.done(self.desk.household, str(owed.message_id), how=how, at=min(at, self.desk.now()))
        return f"{owed.contact}: the promise is {state.replace('_', ' ')}."

    def action_not_needed(self) -> None:
        """No answer is owed after all."""
        self._end("No answer needed?", actions.not_needed)

    def action_settled(self) -> None:
        """They say that it is settled; or, where nothing is owed, nobody owes a word any more."""
        message_id = self.message_here()
        sheet = None if message_id is None else self.desk.sheet(message_id)
        if sheet is None or sheet.owed is not None or sheet.row.matter_id is None:
            self._end("They say that it is settled?", actions.withdraw)
            return

        def work() -> str:
            turns.close(self.desk.household, str(message_id))
            return "The matter is closed: nobody owes a word."

        self.ask("Is this matter over?", f"{sheet.row.subject}: nobody owes a word.", work)

    # -- their turn

    def action_follow_up(self) -> None:
        """It is their turn: have it back on a day when they have not answered."""
        message_id = self.message_here()
        if message_id is None:
            self.tell("No message is chosen.", bad=True)
            return

        def work(at: datetime | None) -> str:
            row = turns.follow_up_on(self.desk.household, str(message_id), at=at)
            return f"{row.contact} is asked after {full_moment(row.due_at, self.desk.zone, self.desk.now())}."

        def chosen(answer: tuple[datetime | None] | None) -> None:
            if answer is not None:
                self.act(partial(work, answer[0]))

        def read(lines: Sequence[str]) -> tuple[datetime | None]:
            return (self._until(lines[0], day_ends=False) if lines[0].strip() else None,)

        line = Line("on", hint="empty: by how long they usually take")
        detail = said("A real answer takes the day off; an ok or thanks does not.")
        self.app.push_screen(Form("Their turn. Ask after them on", [line], read, detail=detail), chosen)

    def action_wait_no_longer(self) -> None:
        """Take the follow-up date off."""
        message_id = self.message_here()
        if message_id is None:
            self.tell("No message is chosen.", bad=True)
            return

        def work() -> str:
            turns.drop(self.desk.household, str(message_id))
            return "No word is waited for."

        self.act(work)

    def action_owe(self) -> None:
        """An answer is owed although a rule thought that none is."""
        message_id = self.message_here()
        if message_id is None:
            self.tell("No message is chosen.", bad=True)
            return

        def work() -> str:
            due_at = actions.owe(self.desk.household, str(message_id))
            if due_at is None:
                return "An answer is owed; no date can be given."
            return f"An answer is owed, due {full_moment(due_at, self.desk.zone, self.desk.now())}."

        self.act(work)

    def _end(self, question: str, action: Callable[..., str]) -> None:
        owed = self.owed_here()
        if owed is None:
            return

        def work() -> str:
            return f"{owed.contact}: the promise is {action(self.desk.household, str(owed.message_id))}."

        self.ask(question, f"{owed.contact}: {owed.subject}", work)

    def action_extend(self) -> None:
        """Give the promise a later time."""
        owed = self.owed_here()
        if owed is None:
            return

        def work(until: datetime | None) -> str:
            renewed = actions.extend_and_tell(self.desk.household, str(owed.message_id), until=until)
            due = full_moment(renewed.due_at, self.desk.zone, self.desk.now())
            return f"Now due {due}. {renewed.sentence(owed.contact)}"

        def extended(answer: tuple[datetime | None] | None) -> None:
            if answer is not None:
                self.act(partial(work, answer[0]))

        def read(lines: Sequence[str]) -> tuple[datetime | None]:
            return (self._until(lines[0], day_ends=False) if lines[0].strip() else None,)

        due = "no date" if owed.due_at is None else moment(owed.due_at, self.desk.zone, self.desk.now())
        line = Line("until", hint="empty: what can honestly be expected from now")
        detail = said(f"{owed.subject} · stands at {due}")
        self.app.push_screen(Form(f"Extend the promise to {owed.contact}", [line], read, detail=detail), extended)

    def action_snooze(self) -> None:
        """Out of sight for a while; the promise keeps its date."""
        owed = self.owed_here()
        if owed is None:
            return

        def work(until: datetime) -> str:
            actions.snooze(self.desk.household, str(owed.message_id), until=until)
            return f"{owed.contact} comes back {full_moment(until, self.desk.zone, self.desk.now())}."

        def snoozed(until: datetime | None) -> None:
            if until is not None:
                self.act(partial(work, until))

        def read(lines: Sequence[str]) -> datetime:
            return self._until(lines[0], day_ends=False)

        form = Form(
            f"Snooze {owed.contact} until", [Line("until", "1d")], read, detail=said("The promise keeps its date.")
        )
        self.app.push_screen(form, snoozed)

    def _until(self, text: str, *, day_ends: bool) -> datetime:
        return future(text, self.desk.zone, self.desk.now(), day_ends=day_ends)

    # -- the home

    def action_pause(self) -> None:
        """Stop all automatic mail, or let it flow again."""
        standing = self.desk.standing()
        if standing.paused_at is None and standing.braked_at is None:

            def work() -> str:
                actions.pause(self.desk.household)
                return "Paused: nothing automatic is sent."

            self.ask(
                "Stop all automatic mail at once?", "It stays stopped, also after a restart, until you resume.", work
            )
        else:

            def work() -> str:
                dropped = actions.resume(self.desk.household)
                return f"Automatic mail flows again; {dropped} stale mail(s) were dropped."

            stale = "What became stale while paused is dropped; what the brake held still waits for your key."
            self.ask("Let automatic mail flow again?", stale, work)

    def action_seen(self) -> None:
        """The alarms that stand have been seen."""
        kinds = {alarm.kind for alarm in self.desk.standing().alarms}
        if not kinds:
            self.tell("No alarm stands.")
            return

        def work() -> str:
            return f"{sum(actions.clear_alarms(self.desk.household, kind) for kind in kinds)} alarm(s) cleared."

        self.ask("Clear the alarms that stand?", "They are raised again when the cause is still there.", work)

    def action_away(self) -> None:
        """Be away, or back."""
        from .away import AwayDialog

        dialog = AwayDialog(self.desk)

        def went(work: Callable[[], str] | None) -> None:
            if work is not None:
                self.act(work, after=lambda: self._offer_extensions(dialog.inside))

        self.app.push_screen(dialog, went)

    def _offer_extensions(self, inside: Sequence[OwedRow]) -> None:
        """One key for all the promises that fall due while the owner is away."""
        if not inside:
            return
        listed = ", ".join(dict.fromkeys(row.contact for row in inside))

        def work() -> str:
            extended = actions.extend_inside(self.desk.household, inside)
            told = sum(renewed.item_id is not None for _, renewed in extended)
            return f"{many(len(extended), 'promise')} extended; {many(told, 'mail')} written (2 shows them)."

        question = f"Extend {many(len(inside), 'promise')} to after your return?"
        self.ask(question, f"Due while you are away: {listed}", work)

    # -- other pages

    def action_go(self, name: str) -> None:
        """To one of the numbered pages."""
        from .contacts import ContactsScreen
        from .mailboxes import MailboxesScreen
        from .outbox import OutboxScreen
        from .record import RecordScreen

        pages: dict[str, Callable[[], DeskScreen]] = {
            "outbox": OutboxScreen,
            "record": RecordScreen,
            "contacts": ContactsScreen,
            "mailboxes": MailboxesScreen,
        }
        cast("DeskApp", self.app).to_page(pages[name]() if name in pages else None)

    def action_homecoming(self) -> None:
        """The stack after an absence."""
        from .homecoming import HomecomingScreen

        self.app.push_screen(HomecomingScreen())

    def action_search(self) -> None:
        """Look for words in everything."""
        from .search import SearchScreen

        self.app.push_screen(SearchScreen())

    def action_contact(self) -> None:
        """The card of whoever wrote."""
        from .contact import ContactScreen

        contact_id = self.contact_here()
        if contact_id is None:
            self.tell("Nobody is on record for this: a role, a robot or a list.", bad=True)
        else:
            self.app.push_screen(ContactScreen(contact_id))

    def action_why(self) -> None:
        """Why was this message (not) answered, why this time, why this contact?"""
        from .pages import WhyScreen

        message_id = self.message_here()
        if message_id is None:
            self.tell("No message is chosen.", bad=True)
        else:
            self.app.push_screen(WhyScreen(message_id))

    def action_help(self) -> None:
        """All keys."""
        from .pages import HelpScreen

        self.app.push_screen(HelpScreen())

    def action_back(self) -> None:
        """To the page before."""
        cast("DeskApp", self.app).back()


_WHEN = Line("when", "now", "now, 20m (ago), 14:30, yesterday 16:00")
