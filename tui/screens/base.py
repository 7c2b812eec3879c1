"""What every page of the desk has: the status line, the banner, the keys, and the way to the other pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
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


class Need(Enum):
    """What an action has to find under the cursor."""

    MAIL = auto()
    PERSON = auto()
    PROMISE = auto()


NEEDS: Mapping[str, Need] = {
    "why": Need.MAIL,
    "answer": Need.MAIL,
    "fact": Need.PERSON,
    "contact": Need.PERSON,
    "answered": Need.PROMISE,
    "extend": Need.PROMISE,
    "elsewhere": Need.PROMISE,
    "not_needed": Need.PROMISE,
    "snooze": Need.PROMISE,
}
"""Of the actions that the line of keys may name."""


class DeskScreen(KeepingKeys, TurnKeys, MemoryKeys, HomeKeys):
    """One page. It reads anew whenever the home changed, and acts on the message it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,h", "help", "Help", key_display="h"),
        Binding("r", "answer", "Answer"),
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
        Binding("Z", "take_back", "Take back", show=False),
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

    HERE_ALREADY: ClassVar[frozenset[str]] = frozenset()
    """Actions that lead to this very page."""

    _seen = False
    _under_cursor: frozenset[Need] = frozenset()
    _keys_said: tuple[str | None, ...] = ()

    def compose(self) -> ComposeResult:
        """Status above, keys below, the page between."""
        yield StatusLine()
        yield Banner()
        hint = cast("DeskApp", self.app).hint
        if hint:
            yield Static(hint, markup=False, id="hint")
        yield from self.body()
        yield KeyLine(self.key_says, self.leading_keys)

    def body(self) -> ComposeResult:
        """The page itself."""
        raise NotImplementedError

    def read_again(self) -> None:
        """Show the home as it is now."""
        standing = self.desk.standing()
        self.query_one(StatusLine).tell(standing)
        self.query_one(Banner).tell(standing)
        self.call_after_refresh(self.say_keys)

    def key_says(self, action: str, words: str) -> str | None:
        """What the line of keys says of an action; None for one that would do nothing here as things stand."""
        need = NEEDS.get(action)
        idle = action in self.HERE_ALREADY or (need is not None and need not in self._under_cursor)
        return None if idle else words

    def leading_keys(self) -> Sequence[str]:
        """The actions that one comes here for, as things stand."""
        return ()

    def say_keys(self) -> None:
        """See what lies under the cursor, and have the line of keys written anew where other keys do something."""
        self._under_cursor = self._needs_met()
        bound = [each.binding for each in self.active_bindings.values() if each.binding.show]
        said = (
            *self.leading_keys(),
            *(self.key_says(each.action.partition("(")[0], each.description) for each in bound),
        )
        if said != self._keys_said:
            self._keys_said = said
            self.refresh_bindings()

    def _needs_met(self) -> frozenset[Need]:
        message_id, contact_id, owed = self.message_here(), None, False
        if message_id is not None:
            contact_id, owed = self.desk.stakes(message_id)
        met = {Need.MAIL: message_id is not None, Need.PERSON: contact_id is not None, Need.PROMISE: owed}
        met[Need.PERSON] = met[Need.PERSON] or self.contact_here() is not None
        return frozenset(need for need, is_met in met.items() if is_met)

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
