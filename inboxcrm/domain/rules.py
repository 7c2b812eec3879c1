"""Which rules speak for this message, and because of what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from inboxcrm.domain.deeds import On, Step
from inboxcrm.domain.durations import format_duration
from inboxcrm.domain.modes import Mode, strictest
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.situation import Situation
from inboxcrm.domain.text import one_line

if TYPE_CHECKING:  # importing the rule language builds its parser, which takes longer than most commands do
    from inboxcrm.domain.rule_conditions import Condition
    from inboxcrm.domain.rule_names import Facts

__all__ = ["Actions", "Choice", "Follow", "Match", "On", "Rule", "Situation", "Word", "asked_in_order", "speak"]

LONGEST_BECAUSE = 400


@dataclass(frozen=True, slots=True)
class Match:
    """One rule that met the message, and what its condition saw there.

    `failed`: the condition could not be worked out, and `because` says why; nothing of what the rule says holds.
    """

    rule: str
    because: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be said once only: what stands, which rule said it, why that one, and what it stands over.

    `over` holds the other rules that named something else, each with what it named.
    """

    what: str
    stands: str
    rule: str
    why: str
    over: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        over = "".join(f', over {said} of "{rule}"' for rule, said in self.over)
        return f'{self.what} {self.stands} by "{self.rule}": {self.why}{over}'


@dataclass(frozen=True, slots=True)
class Follow:
    """What a rule that met the message has done besides, by the text that was in force then."""

    rule: str
    origin: str
    when: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """What the rules that met a message say together. A rule can make the machine quieter, never louder.

    `acknowledge`: the template of the first rule that names one. `hold`: a person must approve. `quiet`: no
    acknowledgement. `no_promise`: no answer is owed. `target`: open office time instead of the plan's. `plan`: the
    level of service whose times hold for this mail. `mode`: the strictest that a rule names; the home's own stands
    where that is stricter still. `policy`: the first that a rule names, between the contact's own and the plan's.
    `call_back`: the sender asks to be called.
    `choices` say who won where only one can, `follows` what else is to be done;
    `stopped_by` is the rule behind which none was asked.
    """

    matches: tuple[Match, ...] = ()
    acknowledge: str | None = None
    hold: bool = False
    quiet: bool = False
    no_promise: bool = False
    target: timedelta | None = None
    tags: tuple[str, ...] = ()
    plan: str | None = None
    mode: Mode = Mode.AUTO
    policy: Policy | None = None
    call_back: bool = False
    choices: tuple[Choice, ...] = ()
    follows: tuple[Follow, ...] = ()
    stopped_by: str | None = None


@dataclass(frozen=True, slots=True)
class Actions:
    """What a rule says, in the words of `Word`. `stop`: the rules behind it are not asked."""

    acknowledge: str | None = None
    hold: bool = False
    quiet: bool = False
    no_promise: bool = False
    target: timedelta | None = None
    tags: tuple[str, ...] = ()
    stop: bool = False
    mode: Mode | None = None
    policy: Policy | None = None
    plan: str | None = None
    call_back: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it was read. `origin` is where it stands: `rules/sales.toml:12`.

    Rules of higher `priority` are asked first; of the same, in the order in which they stand.
    """

    name: str
    when: Condition
    then: Actions
    origin: str
    priority: int = 0
    on: On = On.RECEIVED
    steps: tuple[Step, ...] = ()


def asked_in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules as they are asked: by priority, then as they stand."""
    return tuple(sorted(rules, key=lambda rule: -rule.priority))


def speak(rules: Iterable[Rule], facts: Facts, *, on: On = On.RECEIVED) -> Word:
    """What the rules say of a situation: asked in the order given, until one that holds says stop.

    Of templates, targets and plans the first named stands, and silence stands over any of them; all else adds up. A
    rule that cannot be worked out is passed over; if it was there to keep the machine quiet, a person approves what
    would be sent.
    """
    matches: list[Match] = []
    said: list[tuple[Rule, Actions]] = []
    stopped_by = None
    for rule in rules:
        if rule.on is not on:
            continue
        try:
            if not rule.when.holds(facts):
                continue
            because = "; ".join(map(str, rule.when.seen(facts))) or "every mail"
        except Exception as error:  # a rule never stops mail, whatever is wrong with it
            matches.append(Match(rule.name, _fault(error), failed=True))
            said.append((rule, _shields(rule.then)))
            continue
        matches.append(Match(rule.name, one_line(because, LONGEST_BECAUSE)))
        said.append((rule, rule.then))
        if rule.then.stop:
            stopped_by = rule.name
            break
    return _word(tuple(matches), said, stopped_by)


def _word(matches: tuple[Match, ...], said: list[tuple[Rule, Actions]], stopped_by: str | None) -> Word:
    if not said:
        return Word()
    acts = [then for _, then in said]
    failed = {match.rule for match in matches if match.failed}
    return Word(
        matches=matches,
        acknowledge=next((then.acknowledge for then in acts if then.acknowledge is not None), None),
        hold=any(then.hold for then in acts),
        quiet=any(then.quiet for then in acts),
        no_promise=any(then.no_promise for then in acts),
        target=next((then.target for then in acts if then.target is not None), None),
        tags=tuple(dict.fromkeys(tag for then in acts for tag in then.tags)),
        plan=next((then.plan for then in acts if then.plan is not None), None),
        mode=strictest(*(then.mode for then in acts if then.mode is not None)),
        policy=next((then.policy for then in acts if then.policy is not None), None),
        call_back=any(then.call_back for then in acts),
        choices=_choices(said),
        follows=tuple(
            Follow(rule.name, rule.origin, rule.when.text, rule.steps)
            for rule, _ in said
            if rule.steps and rule.name not in failed
        ),
        stopped_by=stopped_by,
    )


def _shields(then: Actions) -> Actions:
    """What is left of a rule that could not be worked out and was there to keep the machine quiet."""
    return Actions(hold=then.hold or then.quiet or then.mode in (Mode.SHADOW, Mode.APPROVE))


def _fault(error: Exception) -> str:
    return one_line(f"could not be worked out: {getattr(error, 'message', '') or error}", LONGEST_BECAUSE)


_Said = list[tuple[Rule, str]]


def _choices(said: list[tuple[Rule, Actions]]) -> tuple[Choice, ...]:
    """For each thing of which only one can stand: which rule won, and why."""
    texts: _Said = [(rule, then.acknowledge) for rule, then in said if then.acknowledge is not None]
    targets: _Said = [(rule, format_duration(then.target)) for rule, then in said if then.target is not None]
    policies: _Said = [(rule, str(then.policy)) for rule, then in said if then.policy is not None]
    plans: _Said = [(rule, then.plan) for rule, then in said if then.plan is not None]
    silent: _Said = [
        (rule, "no_promise" if then.no_promise else "quiet") for rule, then in said if then.quiet or then.no_promise
    ]
    found: list[Choice] = []
    if silent:
        silent.sort(key=lambda each: each[1] != "no_promise")  # owing nothing says more than saying nothing
        rule, stands = silent[0]
        spoken = [(other.name, f"acknowledge {text}") for other, text in texts]
        spoken += [(other.name, "quiet") for other, kind in silent[1:] if kind != stands]
        why = "the quieter word always stands" if spoken else "no other rule speaks against it"
        found.append(Choice("silence", stands, rule.name, why, tuple(spoken)))
    else:
        found += _first("acknowledge", texts)
        found += _first("policy", policies)
    if not (silent and silent[0][1] == "no_promise"):
        found += _first("target", targets)
        found += _first("plan", plans)
    return tuple(found)


def _first(what: str, said: _Said) -> list[Choice]:
    if not said:
        return []
    (rule, stands), others = said[0], said[1:]
    over = tuple((other.name, text) for other, text in others if text != stands)
    if not over:
        why = "no other rule names one" if not others else "the other rules say the same"
    else:
        nearest = next(other for other, text in others if text != stands)
        why = (
            f"its priority is {rule.priority}, the next one's {nearest.priority}"
            if rule.priority != nearest.priority
            else f"it stands first, at {rule.origin}"
        )
    return [Choice(what, stands, rule.name, why, over)]
