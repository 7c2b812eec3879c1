"""What a rule does: the actions of its `then`, and the steps that wait, each read or told to be wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from inboxcrm.configuration.lines import Path
from inboxcrm.configuration.problems import listed, nearest
from inboxcrm.configuration.rulereader import Reader, one_of
from inboxcrm.configuration.table import shown
from inboxcrm.domain.deeds import CHANNELS, IN_TIME, Commit, Deeds, On, Step, Unless, Wait
from inboxcrm.domain.durations import parse_duration
from inboxcrm.domain.modes import Mode
from inboxcrm.domain.occasions import Kind
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.rules import Actions

AT_ARRIVAL = (
    "acknowledge",
    "policy",
    "mode",
    "hold",
    "quiet",
    "no_promise",
    "target",
    "plan",
    "call_back",
    "tag",
    "stop",
)
"""Actions that bear on the decision about the mail itself."""

DEEDS = ("draft", "notify", "note", "commitment", "occasion", "interaction")
"""Actions that are done after the decision, and that a step that waits may have."""

ACTIONS = (*AT_ARRIVAL, *DEEDS)
"""What `then` may hold; docs/rules.md says what each means."""

STEP_KEYS = ("after", "unless", "then")
OF_SENT = ("tag", "stop", *DEEDS)
"""What a rule may do that is asked of the owner's own mail: there is nothing to acknowledge or to promise."""

IN_TIME_ACTIONS = ("stop", "draft", "notify", "note", "commitment")
"""What a rule may do that no mail brings about."""

LONGEST_NOTE = 200
OCCASIONS = tuple(str(each) for each in Kind)
_COMMITMENT = ("what", "who", "within")
LONGEST_WAIT = timedelta(days=3660)
_WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")


def then_of(reader: Reader, place: Path, values: object, *, on: On) -> tuple[Actions, Deeds] | None:
    """What a rule does at once; None where that cannot be read at all."""
    found = _table(reader, place, values, "{ hold = true }")
    if found is None:
        return None
    known = ACTIONS if on is On.RECEIVED else OF_SENT if on is On.SENT else IN_TIME_ACTIONS
    _refuse(reader, place, found, known, f'a rule on = "{on}"' if on in IN_TIME else "a rule on your own mail")

    def flag(key: str) -> bool:
        return reader.read((*place, key), found, _flag, False)

    actions = Actions(
        acknowledge=reader.read(
            (*place, "acknowledge"),
            found,
            lambda value: one_of(value, reader.names.acknowledgements, "template", " for acknowledgements"),
            None,
        ),
        hold=flag("hold"),
        quiet=flag("quiet"),
        no_promise=flag("no_promise"),
        target=reader.read((*place, "target"), found, _target, None),
        tags=reader.read((*place, "tag"), found, _tags, ()),
        stop=flag("stop"),
        mode=reader.read((*place, "mode"), found, _mode, None),
        policy=reader.read((*place, "policy"), found, _policy, None),
        call_back=flag("call_back"),
        plan=reader.read((*place, "plan"), found, lambda value: one_of(value, reader.names.plans, "plan"), None),
    )
    _contradictions(reader, place, actions)
    return actions, _deeds(reader, place, found)


def steps_of(reader: Reader, place: Path, values: object) -> tuple[Step, ...]:
    """The steps that wait, in the order in which they stand."""
    if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
        reader.problem(place, 'steps are written under [[rule.step]], with "after" and "then"')
        return ()
    found = (_step(reader, (*place, number), each) for number, each in enumerate(values))
    return tuple(step for step in found if step is not None)


def _step(reader: Reader, place: Path, values: Mapping[str, object]) -> Step | None:
    reader.unknown_keys(place, values, STEP_KEYS)
    for key, example in (("after", '"2d"'), ("then", '{ notify = "owner" }')):
        if key not in values:
            reader.problem(place, f'"{key}" is missing; write {key} = {example}')
    then = (*place, "then")
    found = None if "then" not in values else _table(reader, then, values["then"], '{ notify = "owner" }')
    if found is None:
        return None
    _refuse(reader, then, found, DEEDS, "a step that waits")
    wait = reader.read((*place, "after"), values, _wait, Wait())
    unless: tuple[Unless, ...] = reader.read((*place, "unless"), values, _unless, ())
    return Step(_deeds(reader, then, found), wait, unless)


def _table(reader: Reader, place: Path, values: object, example: str) -> Mapping[str, object] | None:
    if isinstance(values, dict) and values:
        return values
    written = "nothing" if values == {} else shown(values)
    reader.problem(place, f'"then": found {written}; must be actions, such as {example}')
    return None


def _refuse(reader: Reader, place: Path, values: Mapping[str, object], known: tuple[str, ...], whose: str) -> None:
    """Actions that there are but not here, and keys that there are not."""
    elsewhere = [key for key in values if key in ACTIONS and key not in known]
    for key in elsewhere:
        reader.problem((*place, key), f'{whose} has no "{key}"; it has {listed(known)}')
    reader.unknown_keys(place, {key: None for key in values if key not in elsewhere}, known)


def _deeds(reader: Reader, place: Path, values: Mapping[str, object]) -> Deeds:
    deeds = Deeds(
        draft=reader.read(
            (*place, "draft"),
            values,
            lambda value: one_of(value, reader.names.drafts, "template", " for drafts"),
            None,
        ),
        notify=reader.read((*place, "notify"), values, _owner, False),
        note=reader.read((*place, "note"), values, _note, ""),
        commitment=reader.read((*place, "commitment"), values, _commitment, None),
        occasion=reader.read((*place, "occasion"), values, lambda value: _one_of(value, OCCASIONS), None),
        interaction=reader.read((*place, "interaction"), values, lambda value: _one_of(value, CHANNELS), None),
    )
    if "note" in values and "notify" not in values:
        reader.problem((*place, "note"), '"note" is what you are told; add notify = "owner"')
    return deeds


def _flag(value: object) -> bool:
    if value is not True:
        raise ValueError(f"found {shown(value)}; can only be true, and is left out otherwise")
    return True


def _mode(value: object) -> Mode:
    if value not in list(Mode):
        raise ValueError(f"found {shown(value)}; must be {listed(list(Mode))}")
    return Mode(str(value))


def _policy(value: object) -> Policy:
    if value not in list(Policy):
        raise ValueError(f"found {shown(value)}; must be {listed(list(Policy))}")
    return Policy(str(value))


def _owner(value: object) -> bool:
    if value != "owner":
        raise ValueError(f'found {shown(value)}; can only be "owner": nobody else is told anything')
    return True


def _note(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > LONGEST_NOTE:
        raise ValueError(f"found {shown(value)}; must be one line of at most {LONGEST_NOTE} characters")
    return value.strip()


def _one_of(value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        near = nearest(value, known) if isinstance(value, str) else None
        hint = f" Did you mean {near}?" if near else ""
        raise ValueError(f"found {shown(value)}; must be {listed(known)}.{hint}")
    return str(value)


def _commitment(value: object) -> Commit:
    example = '{ what = "send the report", who = "me", within = "5d" }'
    if not isinstance(value, dict):
        raise ValueError(f"found {shown(value)}; must be such as {example}")
    for key in value:
        if key not in _COMMITMENT:
            hint = nearest(key, _COMMITMENT) or listed(_COMMITMENT)
            raise ValueError(f"unknown key {shown(key)}. Did you mean {hint}?")
    if value.get("who") not in ("me", "them"):
        raise ValueError(f'found who = {shown(value.get("who"))}; must be "me" or "them", such as {example}')
    within = None if "within" not in value else _wait(value["within"])
    return Commit(_note(value.get("what")), value["who"] == "me", within)


def _target(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f'found {shown(value)}; must be a length of open office time, such as "4h"')
    target = parse_duration(value)
    if target <= timedelta(0):
        raise ValueError(f"found {shown(value)}; must be longer than nothing")
    return target


def _wait(value: object) -> Wait:
    if not isinstance(value, str):
        raise ValueError(f'found {shown(value)}; must be such as "2d", or "8h open" for open office time')
    length, _, kind = value.strip().partition(" open")
    wait = Wait(parse_duration(length), value.strip().endswith(" open") and not kind)
    if not timedelta(0) < wait.length <= LONGEST_WAIT:
        raise ValueError(f"found {shown(value)}; must be longer than nothing and at most ten years")
    return wait


def _unless(value: object) -> tuple[Unless, ...]:
    several = value if isinstance(value, list) else [value]
    for each in several:
        if each not in tuple(Unless):
            near = nearest(each, tuple(Unless)) if isinstance(each, str) else None
            hint = f" Did you mean {near}?" if near else ""
            raise ValueError(f"found {shown(each)}; must be {listed(Unless)}.{hint}")
    return tuple(dict.fromkeys(Unless(str(each)) for each in several))


def _tags(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    for each in several:
        if not isinstance(each, str) or not _WORD.fullmatch(each):
            raise ValueError(f"found {shown(each)}; a tag has small letters, digits and hyphens, at most 30")
    if not several:
        raise ValueError("found an empty list; name at least one tag")
    return tuple(dict.fromkeys(several))


def _contradictions(reader: Reader, place: Path, actions: Actions) -> None:
    silent = "quiet" if actions.quiet else "no_promise" if actions.no_promise else None
    spoken = "acknowledge" if actions.acknowledge else "hold" if actions.hold else None
    if actions.hold and actions.mode is Mode.AUTO:
        reader.problem((*place, "mode"), '"hold" and "mode" contradict each other: what is held waits for you')
    if silent and spoken:
        reader.problem((*place, spoken), f'"{silent}" and "{spoken}" contradict each other: nothing is sent')
    for key, said in (("target", actions.target), ("plan", actions.plan), ("call_back", actions.call_back or None)):
        if actions.no_promise and said is not None:
            reader.problem((*place, key), f'"no_promise" and "{key}" contradict each other: no answer is owed')
