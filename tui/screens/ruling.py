"""The keys for the home as a whole: pause and resume, alarms, absence."""

from __future__ import annotations

from collections.abc import Sequence

from inboxcrm.domain.text import many
from inboxcrm.service import actions, undo
from inboxcrm.store.views import OwedRow

from ..words import short
from .acting import ActingScreen


class HomeKeys(ActingScreen):
    """Pause, alarms seen, away."""

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
                return f"Automatic mail flows again; {many(dropped, 'stale mail was', 'stale mails were')} dropped."

            stale = "What became stale while paused is dropped; what the brake held still waits for your key."
            self.ask("Let automatic mail flow again?", stale, work)

    def action_take_back(self) -> None:
        """Take back what the last key did, here or at another desk or by command."""
        last = undo.last(self.desk.household)
        if last is None or last.stays:
            self.tell("Nothing was done yet." if last is None else f"{last.words} stays: {last.stays}.", bad=True)
            return

        def work() -> str:
            undo.take_back(self.desk.household, last.id)
            return f"Taken back: {last.words}."

        when = short(last.at, self.desk.zone, self.desk.now())
        about = f"{last.about} ({when})" if last.about else when
        self.ask(f"Take back: {last.words}?", about, work)

    def action_seen(self) -> None:
        """The alarms that stand have been seen."""
        kinds = {alarm.kind for alarm in self.desk.standing().alarms}
        if not kinds:
            self.tell("No alarm stands.")
            return

        def work() -> str:
            cleared = sum(actions.clear_alarms(self.desk.household, kind) for kind in kinds)
            return f"{many(cleared, 'alarm')} cleared."

        self.ask("Clear the alarms that stand?", "They are raised again when the cause is still there.", work)

    def action_away(self) -> None:
        """Be away, or back."""
        from .away import AwayDialog

        dialog = AwayDialog(self.desk)

        def went(told: str | None) -> None:
            self.done(told)
            self._offer_extensions(dialog.inside)

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
