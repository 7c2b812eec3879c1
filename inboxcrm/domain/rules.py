"""Which rules speak for this message, and because of what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from inboxcrm.domain.modes import Mode, strictest
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.situation import Situation
from inboxcrm.domain.text import one_line

if TYPE_CHECKING:  # importing the rule language builds its parser, which takes longer than most commands do
    from inboxcrm.domain.rule_conditions import Condition
    from inboxcrm.domain.rule_names import Facts

__all__ = ["Actions", "Match", "Rule", "Situation", "Word", "speak"]

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
class Word:
    """What the rules that met a message say together. A rule can make the machine quieter, never louder.

    `acknowledge`: the template of the first rule that names one. `hold`: a person must approve. `quiet`: no
    acknowledgement. `no_promise`: no answer is owed. `target`: open office time instead of the plan's. `mode`: the
    strictest that a rule names; the home's own stands where that is stricter still. `policy`: the first that a rule
    names, between the contact's own and the plan's.
    """

    matches: tuple[Match, ...] = ()
    acknowledge: str | None = None
    hold: bool = False
    quiet: bool = False
    no_promise: bool = False
    target: timedelta | None = None
    tags: tuple[str, ...] = ()
    mode: Mode = Mode.AUTO
    policy: Policy | None = None


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


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it was read. `origin` is where it stands: `rules/sales.toml:12`."""

    name: str
    when: Condition
    then: Actions
    origin: str


def speak(rules: Iterable[Rule], facts: Facts) -> Word:
    """What the rules say of a situation: asked in their order, until one that holds says stop.

    Of templates and targets the first named stands; all else adds up. A rule that cannot be worked out is passed over;
    if it was there to keep the machine quiet, a person approves what would be sent.
    """
    word = Word()
    for rule in rules:
        try:
            if not rule.when.holds(facts):
                continue
            because = "; ".join(map(str, rule.when.seen(facts))) or "every mail"
        except Exception as error:  # a rule never stops mail, whatever is wrong with it
            word = _failed(word, rule, error)
            continue
        word = _joined(word, rule.then, Match(rule.name, one_line(because, LONGEST_BECAUSE)))
        if rule.then.stop:
            break
    return word


def _joined(word: Word, then: Actions, match: Match) -> Word:
    return Word(
        matches=(*word.matches, match),
        acknowledge=word.acknowledge or then.acknowledge,
        hold=word.hold or then.hold,
        quiet=word.quiet or then.quiet,
        no_promise=word.no_promise or then.no_promise,
        target=word.target if word.target is not None else then.target,
        tags=tuple(dict.fromkeys((*word.tags, *then.tags))),
        mode=strictest(word.mode, then.mode or Mode.AUTO),
        policy=word.policy or then.policy,
    )


def _failed(word: Word, rule: Rule, error: Exception) -> Word:
    because = one_line(f"could not be worked out: {getattr(error, 'message', '') or error}", LONGEST_BECAUSE)
    then = rule.then
    shields = Actions(hold=then.hold or then.quiet or then.mode in (Mode.SHADOW, Mode.APPROVE))
    return _joined(word, shields, Match(rule.name, because, failed=True))
