"""What every page of the desk has: the status line, the banner, the keys, and the way to the other pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from ..widgets.keys import KeyLine
from ..widgets.standing import Banner, StatusLine
from .keeping import KeepingKeys
from .remembering import MemoryKeys
from .ruling import HomeKeys
from .turning import TurnKeys

if TYPE_CHECKING:
    from ..app import DeskApp


class DeskScreen(KeepingKeys, TurnKeys, MemoryKeys, HomeKeys):
    """One page. It reads anew whenever the home changed, and acts on the message it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,h", "help", "Help", key_display="h"),
        Binding("p", "answered('phone', 'phoned')", "Phoned"),
        Binding("m", "answered('met', 'met')", "Met", show=False),
        Binding("o", "other", "Other", show=False),
        Binding("e", "extend", "Extend"),
        Binding("d", "elsewhere", "Done"),
        Binding("n", "not_needed", "Not needed"),
        Binding("s", "settled", "Settled", show=False),
        Binding("u", "follow_up", "Follow up", show=False),
        Binding("U", "wait_no_longer", "Wait no longer", show=False),
        Binding("O", "owe", "Owed", show=False),
        Binding("f", "fact", "Fact"),
        Binding("t", "commitment", "Agreed", show=False),
        Binding("l", "log", "Log", show=False),
        Binding("g", "touch", "Give or take", show=False),
        Binding("C", "call_at", "Call at", show=False),
        Binding("question_mark", "why", "Why", key_display="?"),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("c", "contact", "Contact"),
        Binding("z", "snooze", "Snooze"),
        Binding("w", "away", "Away", show=False),
        Binding("b", "homecoming", "Come back", show=False),
        Binding("P", "pause", "Pause", show=False),
        Binding("x", "seen", "Alarm seen", show=False),
        Binding("1", "go('queue')", "Queue", show=False),
        Binding("2", "go('outbox')", "Outbox"),
        Binding("3", "go('record')", "Record", show=False),
        Binding("4", "go('contacts')", "Contacts", show=False),
        Binding("5", "go('mailboxes')", "Mailboxes", show=False),
        Binding("6", "go('workflows')", "Workflows", show=False),
        Binding("7", "go('agreed')", "Agreed", show=False),
        Binding("L", "app.lights", "Light or dark", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("q", "app.quit", "Quit"),
    ]

    _seen = False

    def compose(self) -> ComposeResult:
        """Status above, keys below, the page between."""
        yield StatusLine()
        yield Banner()
        hint = cast("DeskApp", self.app).hint
        if hint:
            yield Static(hint, markup=False, id="hint")
        yield from self.body()
        yield KeyLine(show_command_palette=False)

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

    def action_go(self, name: str) -> None:
        """To one of the numbered pages."""
        from .agreed import AgreedScreen
        from .contacts import ContactsScreen
        from .mailboxes import MailboxesScreen
        from .outbox import OutboxScreen
        from .record import RecordScreen
        from .workflows import WorkflowsScreen

        pages: dict[str, Callable[[], DeskScreen]] = {
            "outbox": OutboxScreen,
            "record": RecordScreen,
            "contacts": ContactsScreen,
            "workflows": WorkflowsScreen,
            "agreed": AgreedScreen,
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
