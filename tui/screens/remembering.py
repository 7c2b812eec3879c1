"""The keys of the memory: keep what somebody said, what was agreed, a call that is no answer, and what a touch was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from inboxcrm.domain.commitments import Kind, Side
from inboxcrm.domain.deeds import CHANNELS
from inboxcrm.domain.touches import Class
from inboxcrm.domain.when import past
from inboxcrm.service import account, actions, commitments, keeping, meant, social, told_days
from inboxcrm.store import call_backs, touches
from inboxcrm.store.occasions import OccasionRow
from inboxcrm.store.social import SocialRow
from inboxcrm.store.told_occasions import ToldRow

from ..words import full_moment, said
from .acting import ActingScreen
from .dialogs import Choice, Line, Work
from .facts import FactDialog, Kept
from .keeping import WHEN

MINE = ("me", "i", "mine")
THEIRS = ("them", "they", "theirs")


class MemoryKeys(ActingScreen):
    """Fact, commitment, interaction, give or take, and when to call."""

    def action_fact(self) -> None:
        """Keep a remark: lines of the letter, or the owner's own words about them."""
        sheet = self.sheet_here()
        if sheet is None:
            return
        if sheet.contact is None:
            self.tell("This belongs to nobody on record: a role, a robot or a list.", bad=True)
            return
        who, reference = sheet.contact.name, str(sheet.row.id)

        def work(kept: Kept) -> str:
            row = keeping.note(self.desk.household, reference, lines=kept.lines, text=kept.words)
            return f"Kept of {row.contact}: {row.text}"

        def done(kept: Kept | None) -> None:
            if kept is not None:
                self.act(partial(work, kept))

        dialog = FactDialog(f"Keep what {who} said", sheet.text, self.get_selected_text() or "")
        self.app.push_screen(dialog, done)

    def action_commitment(self) -> None:
        """Something that was agreed, by whom and until when."""
        contact_id, who = self._whom()
        if contact_id is None:
            return

        def read(lines: Sequence[str]) -> Work:
            what, whose, until = (line.strip() for line in lines)
            if not what:
                raise ValueError("say what is to be done")
            if whose.casefold() not in (*MINE, *THEIRS):
                raise ValueError("write me or them: who is to do it?")
            day = self._until(until, day_ends=False).astimezone(self.desk.zone).date() if until else None
            return partial(work, what, Side.MINE if whose.casefold() in MINE else Side.THEIRS, day)

        def work(what: str, side: Side, day: date | None) -> str:
            kind = Kind.DEED if side is Side.THEIRS else Kind.REQUEST
            commitments.enter(self.desk.household, contact_id, what, side=side, kind=kind, until=day)
            by = f" by {day:%a} {day.day} {day:%b}" if day is not None else ""
            return f"{'You' if side is Side.MINE else who}: {what}{by}."

        lines = [
            Line("what"),
            Line("who", "me", "me or them"),
            Line("until", hint="fri, 2d, 2026-03-27 or nothing"),
        ]
        self.fill_in(f"Agreed with {who}", lines, read)

    def action_log(self) -> None:
        """A call, a meeting, a letter that is no answer to anything."""
        contact_id, who = self._whom()
        if contact_id is None:
            return

        def read(lines: Sequence[str]) -> Work:
            how = lines[0].strip().casefold()
            if how not in CHANNELS:
                raise ValueError(f"write one of {', '.join(CHANNELS)}")
            return partial(work, how, lines[1].strip(), past(lines[2], self.desk.zone, self.desk.now()))

        def work(how: str, note: str, at: datetime) -> str:
            keeping.log(self.desk.household, contact_id, channel=how, from_owner=True, at=at, note=note)
            return f"Kept: {how}, {who}."

        lines = [Line("how", "phone", ", ".join(CHANNELS)), Line("about"), WHEN]
        detail = said("For what answers a mail there are p, m and o: they keep the promise.")
        self.fill_in(f"You turned to {who}", lines, read, detail=detail)

    def _whom(self) -> tuple[int | None, str]:
        """The contact this is about and their name; says so where there is none."""
        contact_id = self.contact_here()
        contact = None if contact_id is None else self.desk.contact(contact_id)
        if contact is None:
            self.tell("Nobody is on record for this: a role, a robot or a list.", bad=True)
            return None, ""
        return contact.id, contact.name

    def action_touch(self) -> None:
        """Whether a letter of the owner's gave or took: this one, else the last one that is in the account."""
        sheet = self.sheet_here()
        if sheet is None:
            return
        row = self.desk.ask(lambda connection: touches.of_message(connection, sheet.row.id))
        if row is None and sheet.contact is not None:
            contact_id = sheet.contact.id
            letters = self.desk.ask(lambda connection: touches.listed(connection, contact_id, limit=20))
            row = next((each for each in letters if each.message_id is not None), None)
        if row is None or row.message_id is None:
            self.tell("No letter of yours to them is in the account yet.", bad=True)
            return
        reference, who = str(row.message_id), row.contact

        def work(kind: Class) -> str:
            account.correct(self.desk.household, reference, kind)
            return f"To {who}: {kind}."

        def done(kind: Class | None) -> None:
            if kind is not None:
                self.act(partial(work, kind))

        when = full_moment(row.at, self.desk.zone, self.desk.now())
        options = [("g", "it gave", Class.GIVE), ("t", "it took", Class.TAKE), ("n", "neither", Class.NEUTRAL)]
        detail = said(f"{row.subject or '(no subject)'}, {when}: {row.kind} ({row.because})")
        self.app.push_screen(Choice(f"Did your letter to {who} give or take?", options, detail), done)

    def keep_day(self, row: ToldRow) -> None:
        """A day that was mentioned is kept; asks which it is where only the month was told."""
        if row.day is not None:
            self.act(lambda: self._kept(told_days.confirm(self.desk.household, row.id)))
            return

        def read(lines: Sequence[str]) -> Work:
            said_day = lines[0].strip()
            if said_day.isdecimal() and len(said_day) <= 2:
                said_day = row.day_in_words.replace("??", said_day)
            day = keeping.occasion_named(row.kind, said_day)
            return lambda: self._kept(told_days.confirm(self.desk.household, row.id, on=day))

        line = Line(
            "day", hint=f"4 (of the month told), {row.month:02}-04, or with the year it began 2019-{row.month:02}-04"
        )
        question = f"{row.kind.replace('-', ' ').capitalize()} of {row.contact}: which day?"
        self.fill_in(question, [line], read, detail=said(row.quote))

    def _kept(self, row: OccasionRow) -> str:
        return f"{row.contact}: {row.kind.replace('-', ' ')} kept, {row.month:02}-{row.day:02}."

    def name_notice(self, row: SocialRow) -> None:
        """Somebody on a social network is a contact; asks which."""

        def read(lines: Sequence[str]) -> Work:
            who = self.desk.ask(lambda connection: meant.contact_of(connection, lines[0].strip()))
            return partial(work, who.id)

        def work(contact_id: int) -> str:
            named = social.say_who(self.desk.household, str(row.message_id), contact_id)
            return f"{named.contact}: {named.what} on {named.network}."

        line = Line("who", hint="a name, an address, or c12")
        detail = said(f"{row.what} on {row.network}  {row.profile}")
        self.fill_in(f"Who is {row.who}?", [line], read, detail=detail)

    def action_call_at(self) -> None:
        """When the owner calls somebody who asked for it."""
        owed = self.owed_here()
        if owed is None:
            return
        asked = self.desk.ask(lambda connection: call_backs.of_promise(connection, owed.promise_id))
        if asked is None:
            self.tell("They did not ask to be called. p: you phoned.", bad=True)
            return

        def read(lines: Sequence[str]) -> Work:
            return partial(work, self._until(lines[0], day_ends=False) if lines[0].strip() else None)

        def work(at: datetime | None) -> str:
            actions.call_back(self.desk.household, str(owed.message_id), at=at)
            if at is None:
                return f"No call to {owed.contact} is meant; the answer stays owed."
            return f"You call {owed.contact} {full_moment(at, self.desk.zone, self.desk.now())}."

        detail = said(f"In their words: {asked.phrase}")
        line = Line("at", hint="14:30, fri 10:00; empty: no call is meant")
        self.fill_in(f"When do you call {owed.contact}?", [line], read, detail=detail)
