"""A stored decision as a page: the gate row by row, contact, matter, rules, the walk, the speech, its life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from textual.content import Content

from inboxcrm.domain.text import visible
from inboxcrm.service.story import notes, speech_notes, target_line, walk_lines
from inboxcrm.store.times import to_instant
from inboxcrm.store.views import MessageRow, Step

from .desk import Reasons
from .paper import field, lines
from .words import ACCENT, BAD, EMPTY, GOOD, MUTED, SOON, STRONG, join, said

WIDTH = 100
"""Cells across the page, as app.tcss has it."""

OUTCOMES = {"ack": GOOD, "ack-min": GOOD, "review": SOON, "suppress": "bold"}


def page(reasons: Reasons, zone: ZoneInfo) -> Content:
    """Everything that is stored about why, and what to look at twice in who sent it."""
    row, story = reasons.row, reasons.story
    decided = [_undecided(row)] if story is None else _decided(story, zone)
    odd = [said(f"Look twice: {each.text}", BAD if each.urgent else MUTED) for each in reasons.cautions]
    parts = (said(row.subject or "(no subject)", STRONG), *odd, *decided, *_lives(reasons.lives, zone))
    return Content("\n\n").join(part for part in parts if part.plain)


def _undecided(row: MessageRow) -> Content:
    if row.direction == "auto":
        return Content("The machine wrote this mail. Why it did is told with the mail it answers.")
    if row.direction == "out":
        return Content("You wrote this mail: nothing was decided about it.")
    reasons = f" ({', '.join(row.reasons)})" if row.reasons else ""
    return said(f"It was there before the mailbox was added, or was imported: filed, never acknowledged{reasons}.")


def _section(title: str, *body: Content) -> Content:
    return lines((Content.styled(title, f"bold {ACCENT}"), *body))


def _decided(story: Mapping[str, Any], zone: ZoneInfo) -> list[Content]:
    speech, expectation = story["speech"], story["expectation"]
    return [
        _gate(story["gate"]),
        _section(
            "Whom and where",
            *(field(word, said(text), WIDTH) for word, text in notes(story)),
        ),
        EMPTY if expectation is None else _walk(expectation, story.get("target"), zone),
        _section(
            "Acknowledged" if speech["acknowledge"] else "Not acknowledged",
            *(field(word, said(text), WIDTH) for word, text in speech_notes(story, zone)),
        ),
    ]


def _gate(gate: Mapping[str, Any]) -> Content:
    spoke = [finding for finding in gate["asked"] if finding["outcome"]]
    silent = [str(finding["row"]) for finding in gate["asked"] if not finding["outcome"]]
    verdict = join(
        (
            Content.styled(gate["outcome"], OUTCOMES.get(gate["outcome"], "")),
            said(gate["class"]),
            said(", ".join(gate["reasons"])),
            said("" if gate["authenticated"] else "sender not proven", MUTED),
        )
    )
    return _section(
        "May a machine answer?",
        verdict,
        *(_finding(finding) for finding in spoke),
        Content.styled(f"Asked, and silent: {', '.join(silent)}" if silent else "", MUTED),
    )


def _finding(finding: Mapping[str, Any]) -> Content:
    row = Content.styled(f"  {finding['row']:<8}", MUTED)
    outcome = Content.styled(f"{finding['outcome']:<9}", OUTCOMES.get(finding["outcome"], ""))
    return row + outcome + join((said(finding["reason"]), said(finding["saw"], MUTED)))


def _walk(expectation: Mapping[str, Any], target: Mapping[str, Any] | None, zone: ZoneInfo) -> Content:
    learned = EMPTY if not target else field("target", said(target_line(target)), WIDTH)
    walked = (said_line(line) for line in walk_lines(expectation["walk"], zone))
    return _section(f"The time: {expectation['target_hours']} of office time", learned, *walked)


def said_line(line: str) -> Content:
    """A line of the walk, its columns kept."""
    return Content(f"  {visible(line)}")


def _lives(lives: Sequence[tuple[str, Sequence[Step]]], zone: ZoneInfo) -> list[Content]:
    return [
        _section(f"The promise: {state.replace('_', ' ')}", *(_event(step, zone) for step in steps))
        for state, steps in lives
    ]


def _event(step: Step, zone: ZoneInfo) -> Content:
    at = f"  {step.at.astimezone(zone):%a %Y-%m-%d %H:%M}  {step.event:<14}"
    due = _when(step.detail.get("due_at"), zone)
    return Content.styled(at) + join((said(f"due {due}" if due else ""), said(str(step.detail.get("how") or ""))))


def _when(text: str | None, zone: ZoneInfo) -> str:
    return "" if text is None else f"{to_instant(text).astimezone(zone):%a %Y-%m-%d %H:%M}"
