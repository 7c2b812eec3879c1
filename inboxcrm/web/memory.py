"""What the page of the memory shows: what was agreed, said and asked for, and what rules have under way."""

from __future__ import annotations

from datetime import date

from inboxcrm.service import foresight, keeping
from inboxcrm.service.foresight import Ahead
from inboxcrm.store import call_backs, commitments, facts, told_occasions, workflows
from inboxcrm.store.commitments import OPEN, SUGGESTED
from inboxcrm.web.pages import Page, Visit

LISTED = 100
"""How many of a kind are shown; Data has all of them."""


def memory(visit: Visit) -> Page:
    """One section a kind, the nearest or newest first. Hours are not known here: every day counts as open."""
    connection = visit.connection
    today = visit.now.astimezone(visit.desk.zone).date()
    values = {
        "calls": call_backs.live(connection),
        "agreed": commitments.listed(connection, states=(OPEN,), limit=LISTED),
        "suggested": commitments.listed(connection, states=(SUGGESTED,), limit=LISTED),
        "told_days": told_occasions.listed(connection)[:LISTED],
        "occasions": keeping.returns(connection, today, _every_day)[:LISTED],
        "facts": facts.of_contact(connection, limit=LISTED),
        "steps": workflows.listed(connection, limit=LISTED),
        "ahead": _ahead(visit),
        "today": today,
        "now": visit.now,
    }
    return Page("memory.html.j2", "Memory", "memory", values)


def _ahead(visit: Visit) -> list[Ahead]:
    """What rules in time will do within a month."""
    rules = visit.desk.rules
    if rules is None:
        return []
    rules.reload_if_changed()
    return foresight.look(visit.connection, rules, visit.desk.owner, now=visit.now, is_open=_every_day)


def _every_day(_: date) -> bool:
    return True
