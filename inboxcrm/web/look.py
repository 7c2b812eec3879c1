"""How a page looks: the templates, and how times, people and states are worded on them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from inboxcrm.domain.text import one_line
from inboxcrm.store import home as memory
from inboxcrm.web.desk import Desk
from inboxcrm.web.letters import blocks
from inboxcrm.web.pages import MARKS, Page

CSS = resources.files("inboxcrm.web").joinpath("static", "web.css").read_text("utf-8")
_CSS_VERSION = sha256(CSS.encode()).hexdigest()[:10]

STATES = {
    "open": "open",
    "extended": "extended",
    "broken": "broken",
    "kept": "kept",
    "kept_late": "kept late",
    "withdrawn": "withdrawn",
    "moot": "no answer needed",
}
OUTBOX = {
    "shadow": "shown only, never sent",
    "awaiting": "waits for your key",
    "held": "held for the grace time",
    "queued": "queued",
    "sending": "being sent",
    "sent": "sent",
    "unknown": "perhaps sent: look in Sent",
    "maybe-sent": "perhaps sent: look in Sent",
}
OUTCOMES = {
    "ack": "may be acknowledged",
    "ack-min": "minimal acknowledgement only",
    "review": "for you to decide",
    "suppress": "not acknowledged",
}


def write(desk: Desk, connection: sqlite3.Connection, page: Page, arguments: Mapping[str, str]) -> str:
    """The page as HTML, with the banner of a home that is paused or has an alarm."""
    template = _templates().get_template(page.template)
    return template.render(
        **page.values,
        **_worded(desk.now(), desk),
        owner=desk.owner,
        mode=desk.mode().value,
        paused_at=memory.paused_at(connection),
        braked_at=memory.braked_at(connection),
        alarms=memory.alarms(connection),
        here=page.place,
        title=page.title,
        words=arguments.get("q", ""),
        css=f"/-/inboxcrm/static/web.css?{_CSS_VERSION}",
    )


def refusal(status: int, heading: str, sentence: str, *, back: bool = False) -> str:
    """The page for somebody who is not let in, or finds nothing: it tells nothing of the home. `back`: a way out."""
    template = _templates().get_template("refused.html.j2")
    return template.render(status=status, heading=heading, sentence=sentence, css=CSS, back=back)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("inboxcrm.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        line=_line,
        letter=lambda text: blocks(text or ""),
        marked=_marked,
        size=_size,
        state=lambda state: STATES.get(state, state),
        sending=lambda state: OUTBOX.get(state, state),
        outcome=lambda outcome: OUTCOMES.get(outcome, outcome),
        initials=_initials,
        query=lambda values: urlencode({key: value for key, value in values.items() if value not in ("", None)}),
    )
    return environment


def _worded(now: datetime, desk: Desk) -> dict[str, object]:
    """The functions that word times, by the owner's clock."""
    today = now.astimezone(desk.zone).date()

    def when(at: datetime | None) -> Markup:
        if at is None:
            return Markup("–")
        local = at.astimezone(desk.zone)
        day = local.date()
        if day == today:
            said = f"today {local:%H:%M}"
        elif day == today - timedelta(days=1):
            said = f"yesterday {local:%H:%M}"
        elif day == today + timedelta(days=1):
            said = f"tomorrow {local:%H:%M}"
        elif abs((day - today).days) < 180 or day.year == today.year:
            said = f"{local:%a} {local.day} {local:%b} {local:%H:%M}"
        else:
            said = f"{local.day} {local:%b %Y}"
        return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), _full(local), said)

    def month(at: datetime) -> str:
        return f"{at.astimezone(desk.zone):%B %Y}"

    def due(at: datetime | None) -> str:
        """How urgent a due time is: "over", "today", "soon" (two days) or nothing."""
        if at is None:
            return ""
        if at <= now:
            return "over"
        days = (at.astimezone(desk.zone).date() - today).days
        return "today" if days == 0 else "soon" if days <= 1 else ""

    return {"when": when, "month": month, "due": due}


def _full(local: datetime) -> str:
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S %Z}"


def _line(text: str | None, limit: int = 200) -> str:
    return one_line(text or "", limit)


def _marked(snippet: str) -> Markup:
    """What was found, with the words between the marks lit up; everything else is the sender's, and escaped."""
    shown = escape(one_line(snippet.replace(MARKS[0], "\x02").replace(MARKS[1], "\x03"), 600))
    return Markup(str(shown).replace("\u2402", "<mark>").replace("\u2403", "</mark>"))  # noqa: S704 - escaped above


def _size(octets: int) -> str:
    if octets < 1_000:
        return f"{octets} bytes"
    return f"{octets / 1_000:.0f} kB" if octets < 1_000_000 else f"{octets / 1_000_000:.1f} MB"


def _initials(name: str) -> str:
    letters = [word[0] for word in one_line(name, 80).split() if word[0].isalpha()]
    return "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters).upper() or "·"
