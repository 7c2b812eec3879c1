"""The owner's desk in the terminal: what is owed, the mail beside it, and a key for everything that can be done."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.theme import Theme

from inboxcrm.service.household import Household
from inboxcrm.service.switch import ModeInFile, turn
from inboxcrm.store import home

from .desk import Desk
from .screens.base import DeskScreen
from .screens.queue import QueueScreen

POLL = 1.0
"""Seconds between two looks at whether anybody wrote."""

AGE = 20.0
"""Seconds after which a page is read again because "5 min ago" has become untrue."""

LIGHTS = "desk_lights"
"""Under which the home remembers the theme that `L` chose."""

QUEUE_IS = 2
"""Pages on the stack when the queue is in sight: Textual's own empty one, and the queue."""

EVENING = Theme(
    name="desk-evening",
    primary="#7fb3c8",
    secondary="#8ea4b8",
    accent="#d7a86e",
    warning="#e5b567",
    error="#e06c75",
    success="#8fbf8f",
    foreground="#d9dde3",
    background="#16191e",
    surface="#1b1f26",
    panel="#242a33",
    dark=True,
    variables={"quiet": "#8b95a3"},
)
MORNING = Theme(
    name="desk-morning",
    primary="#2f6b86",
    secondary="#5b7083",
    accent="#9a5b13",
    warning="#946200",
    error="#b3261e",
    success="#2f7a3f",
    foreground="#22262b",
    background="#fbfaf7",
    surface="#f5f3ee",
    panel="#e9e6df",
    dark=False,
    variables={"quiet": "#6a7078"},
)


class DeskApp(App[None]):
    """The desk of one home. It needs the home's reading and acting sides only; a daemon may run beside or not."""

    TITLE = "inboxcrm"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+z", "suspend_process", "To the shell", show=False)]
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (80, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]  # noqa: RUF012 - as Textual declares it

    def __init__(self, household: Household, *, hint: str = "") -> None:
        """`hint` is said below the status line on every page, for somebody who sits here for the first time."""
        super().__init__()
        self.desk = Desk(household)
        self._mode = ModeInFile(household.config)
        self.hint = hint
        self._stamp = (0, 0)
        self._read_at = 0.0
        self._leaving = False
        self.register_theme(EVENING)
        self.register_theme(MORNING)
        chosen = self.desk.ask(lambda connection: home.value(connection, LIGHTS))
        light = MORNING.name if light_terminal(os.environ) else EVENING.name
        self.theme = chosen if chosen in (EVENING.name, MORNING.name) else light

    async def on_event(self, event: events.Event) -> None:
        """What is typed on while the desk is being left opens nothing: its windows would have no place any more."""
        if not (self._leaving and isinstance(event, events.InputEvent)):
            await super().on_event(event)

    async def action_quit(self) -> None:
        """Leave the desk."""
        self._leaving = True
        await super().action_quit()

    def on_mount(self) -> None:
        """The stack the assistant left on the desk comes first."""
        self._stamp = self.desk.stamp()
        self._read_at = self.desk.household.clock.monotonic()
        self.app_resume_signal.subscribe(self, self._show_again)
        self.push_screen(QueueScreen())
        self.set_interval(POLL, self._look)
        if not self.is_headless and _has_terminal():
            self.set_interval(POLL, _leave_without_terminal)

    def _look(self) -> None:
        """Read again when anybody wrote, the mode was changed, and now and then because time goes on."""
        household, mode = self.desk.household, self._mode()
        if mode is not household.config.acknowledge.mode:
            turn(household, mode)
            self.read_again()
        stamp, at = self.desk.stamp(), household.clock.monotonic()
        if stamp != self._stamp or at - self._read_at >= AGE:
            self.read_again()

    def _show_again(self, _: App[object]) -> None:
        """Back from the shell, whose text stands where the desk stood: paint all of it, as the home is now."""
        self.refresh(layout=True)
        self.read_again()

    def read_again(self) -> None:
        """Show the page as the home is now."""
        self._stamp, self._read_at = self.desk.stamp(), self.desk.household.clock.monotonic()
        if isinstance(self.screen, DeskScreen):
            self.screen.read_again()

    def to_page(self, page: DeskScreen | None) -> None:
        """To a page on top of the queue, or to the queue itself."""
        while len(self.screen_stack) > QUEUE_IS:
            self.pop_screen()
        if page is not None:
            self.push_screen(page)

    def back(self) -> None:
        """To the page before; the queue is the first."""
        if len(self.screen_stack) > QUEUE_IS:
            self.pop_screen()

    def action_lights(self) -> None:
        """From evening to morning and back; the next desk of this home begins so."""
        self.theme = EVENING.name if self.theme == MORNING.name else MORNING.name
        self.run_worker(self.desk.household.jot(home.set_value, LIGHTS, self.theme), group=LIGHTS)


def light_terminal(environment: Mapping[str, str]) -> bool:
    """Whether the terminal says that its background is light (COLORFGBG, as rxvt, Konsole and iTerm set it)."""
    return environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")


def run(household: Household) -> None:
    """Sit down at the desk; returns when the owner leaves."""
    DeskApp(household).run()


def _has_terminal() -> bool:
    try:
        os.tcgetpgrp(0)
    except OSError:
        return False
    return True


def _leave_without_terminal() -> None:
    """End as a hang-up would where the terminal has gone: its end would be read for ever, as fast as possible."""
    if not _has_terminal():
        os.kill(os.getpid(), signal.SIGHUP)
