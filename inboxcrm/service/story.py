"""Tells a decision as plain values, for the stored reasons that `explain`, the desk and the web show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from inboxcrm.config import Owner
from inboxcrm.domain.durations import format_hours
from inboxcrm.domain.expectation import Expectation
from inboxcrm.domain.learning import Source, Target
from inboxcrm.domain.plan import Acknowledge, Chased, MakePromise, Plan, Silence
from inboxcrm.domain.reply_safety import Finding, Verdict
from inboxcrm.domain.rules import Choice
from inboxcrm.domain.text import one_line
from inboxcrm.service.duties import walk
from inboxcrm.service.urgent import Rung
from inboxcrm.store.times import to_instant, to_text, to_text_or_none

SAW_LENGTH = 200


def tell(
    decided: Plan,
    spoken: Acknowledge | Silence,
    owner: Owner,
    *,
    basis: Target | None = None,
    rung: Rung | None = None,
) -> Mapping[str, Any]:
    """The whole decision about one mail; `basis` is what the target was learned from, `rung` whether it was urgent."""
    expectation = decided.expectation
    urgent = None if rung is None else {"mark": rung.mark, "rings": rung.rings, "because": rung.because}
    return {
        "urgent": urgent,
        "gate": gate(decided.verdict),
        "link": decided.link.because,
        "placement": decided.placement.because,
        "rules": [{"rule": match.rule, "because": match.because} for match in decided.word.matches],
        "choices": [_choice(choice) for choice in decided.word.choices],
        "stopped_by": decided.word.stopped_by,
        "steps": [
            {"rule": follow.rule, "steps": [str(step) for step in follow.steps]} for follow in decided.word.follows
        ],
        "tags": list(decided.word.tags),
        "promise": _promise(decided),
        "expectation": None if expectation is None else _expectation(expectation, owner),
        "target": None if expectation is None else target(basis, by_rule=decided.word.target is not None),
        "speech": _speech(spoken),
    }


def _choice(choice: Choice) -> Mapping[str, Any]:
    """Which rule won where only one can, in fields and in a sentence."""
    return {
        "what": choice.what,
        "stands": choice.stands,
        "rule": choice.rule,
        "why": choice.why,
        "over": [{"rule": rule, "said": said} for rule, said in choice.over],
        "sentence": str(choice),
    }


def target(basis: Target | None, *, by_rule: bool = False) -> Mapping[str, Any]:
    """Where a target comes from, with the figures: `source` is a circle of answers, "default", or "rule"."""
    if basis is None or by_rule:
        return {"source": "rule" if by_rule else Source.DEFAULT.value, "answers": 0, "learned_minutes": None}
    learned = None if basis.learned is None else round(basis.learned.total_seconds() / 60)
    return {
        "source": basis.source.value,
        "answers": basis.answers,
        "learned_minutes": learned,
        "promised_minutes": round(basis.open_time.total_seconds() / 60),
        "unrealistic": basis.unrealistic,
    }


_SOURCES = {
    "contact": "learned from your answers to this contact",
    "plan": "learned from your answers under this plan",
    "everyone": "learned from your answers to everybody",
    "default": "the plan's own target: there are too few answers yet to learn from",
    "rule": "a rule sets it",
}


def target_line(told: Mapping[str, Any]) -> str:
    """The same in a sentence."""
    said = _SOURCES[told["source"]]
    if told["learned_minutes"] is None:
        return said
    learned = format_hours(timedelta(minutes=told["learned_minutes"]))
    over = "; the plan's ceiling is under that" if told["unrealistic"] else ""
    return f"{said}: four in five came within {learned} ({told['answers']} answers){over}"


def gate(verdict: Verdict) -> Mapping[str, Any]:
    """The verdict, and each row that was asked."""
    return {
        "outcome": verdict.outcome,
        "class": verdict.mail_class,
        "reasons": list(verdict.reasons),
        "recipient": verdict.recipient.spec if verdict.recipient is not None else None,
        "authenticated": verdict.authenticated,
        "asked": [_finding(finding) for finding in verdict.asked],
    }


@lru_cache(maxsize=256)  # the rows that let a mail pass say the same of every mail
def _finding(finding: Finding) -> Mapping[str, Any]:
    return {
        "row": finding.row,
        "reason": finding.reason,
        "outcome": finding.outcome,
        "stops": finding.stops,
        "saw": one_line(finding.saw, SAW_LENGTH),
    }


def _promise(decided: Plan) -> Mapping[str, Any]:
    match decided.promise:
        case None:
            because = (
                "the very same mail came before, by another way" if decided.again else "no answer is owed for this mail"
            )
            return {"made": False, "because": because}
        case Chased():
            return {"made": False, "because": "an answer is owed in this matter already"}
        case MakePromise():
            return {"made": True, "because": "a person waits for an answer"}


def _expectation(expectation: Expectation, owner: Owner) -> Mapping[str, Any]:
    return {
        "received_at": to_text(expectation.received_at),
        "due_at": to_text_or_none(expectation.due_at),
        "exact_at": to_text_or_none(expectation.exact_at),
        "target_hours": format_hours(expectation.target),
        "walk": walk(expectation),
        "zone": owner.timezone.key,
    }


def _speech(spoken: Acknowledge | Silence) -> Mapping[str, Any]:
    match spoken:
        case Silence(because):
            return {"acknowledge": False, "because": because}
        case Acknowledge():
            return {
                "acknowledge": True,
                "template": spoken.template,
                "because": spoken.because,
                "send_after": to_text(spoken.send_after),
                "expires_at": to_text(spoken.expires_at),
                "hold": spoken.hold,
                "mode": spoken.mode,
            }


def notes(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a stored decision says of contact, matter, rules and promise, each under its word: the same everywhere."""
    found = [("contact", told["link"]), ("matter", told["placement"])]
    found += [("rule", f"{rule['rule']}: {rule['because']}") for rule in told["rules"]]
    found += [("stands", choice["sentence"]) for choice in told.get("choices", ())]
    if told.get("stopped_by"):
        found.append(("not asked", f'the rules behind "{told["stopped_by"]}", which says stop'))
    found += [("has done", f"{each['rule']}: {step}") for each in told.get("steps", ()) for step in each["steps"]]
    if told.get("tags"):
        found.append(("tags", ", ".join(told["tags"])))
    found.append(("promise", told["promise"]["because"]))
    urgent = told.get("urgent")
    if urgent:
        rings = "you are told of it" if urgent["rings"] else f"you are not told of it: {urgent['because']}"
        found.append(("urgent", f"{urgent['mark']}; {rings}"))
    return found


_MODES = {
    "shadow": "shadow: shown, and never sent",
    "approve": "approve: waits for your key",
    "auto": "auto: sent when its time comes",
}


def speech_notes(told: Mapping[str, Any], zone: ZoneInfo) -> list[tuple[str, str]]:
    """What it says of the acknowledgement, or of its silence; times by the owner's clock."""
    speech = told["speech"]
    found = [("because", speech["because"])]
    if speech["acknowledge"]:
        found.append(("template", speech["template"]))
        found.append(("goes after", f"{to_instant(speech['send_after']).astimezone(zone):%a %Y-%m-%d %H:%M}"))
        mode = speech.get("mode", "auto")  # a decision of an older version kept none
        found.append(("mode", _MODES["approve"] if speech["hold"] and mode == "auto" else _MODES[mode]))
    return found


_SAID = {
    "received": "the mail arrives",
    "open": "office hours",
    "closed": "closed",
    "holiday": "public holiday",
    "exception": "closed that day",
    "away": "away",
    "catching-up": "catching up after the return",
    "exact": "the target is reached",
    "mail-hour": "the end of the next mail hour",
    "half-hour": "rounded to the half hour",
    "close-of-day": "rounded to the close of that day",
    "close-of-week": "rounded to the close of that week",
    "asked-for": "the time they asked to be called",
    "no-date": "no open time: no date is told",
}


def walk_lines(steps: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> list[str]:
    """A stored walk as lines for people, by the owner's clock."""
    return [_walk_line(step, zone) for step in steps]


def _walk_line(step: Mapping[str, Any], zone: ZoneInfo) -> str:
    start, end = (to_instant(step[name]).astimezone(zone) for name in ("start", "end"))
    said = _SAID[step["kind"]] + (f" ({step['name']})" if step["name"] else "")
    if step["kind"] in ("received", "exact", "no-date"):
        return f"{end:%a %Y-%m-%d %H:%M}           {said}"
    if start == end or step["kind"] in ("mail-hour", "half-hour", "close-of-day", "close-of-week"):
        return f"{end:%a %Y-%m-%d %H:%M}           {said}"
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %H:%M}"
    counted = timedelta(minutes=step["counted_minutes"])
    left = timedelta(minutes=step["left_minutes"])
    took = f": {format_hours(counted)}, {format_hours(left)} left" if counted else ""
    return f"{start:%a %Y-%m-%d %H:%M}–{until:<10}{said}{took}"
