"""What the page of duplicates shows: pairs of contacts that may be one person, and what to type about each."""

from __future__ import annotations

from inboxcrm.service import lookalike
from inboxcrm.web.pages import Page, Visit

LISTED = 100


def duplicates(visit: Visit) -> Page:
    """The likeliest pairs first, each with its score and the reasons. Nothing can be put together from here."""
    pairs = lookalike.pairs(visit.connection, limit=LISTED)
    return Page("duplicates.html.j2", "Perhaps one person", "contacts", {"pairs": pairs})
