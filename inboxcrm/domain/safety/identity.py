"""Section D: is the sender who From says, and may the answer go there? Each row gives a ceiling."""

from __future__ import annotations

from inboxcrm.domain.address import organisational_domain
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit, ceiling
from inboxcrm.domain.safety.results import Result, trusted_results
from inboxcrm.domain.safety.verdict import MailClass, Outcome, Reason

_SPF_FAILED = frozenset({"fail", "hardfail", "softfail"})


def who_is_it(facts: Facts) -> Hit:
    """D1 to D4: the first that matches gives the ceiling."""
    results = trusted_results(facts)
    domain = facts.sender.domain if facts.sender else ""
    passed = _aligned_pass(results, domain)
    if passed:
        return ceiling(Reason.AUTHENTICATED, Outcome.ACK, passed)
    failed = next((one for one in results if one.method == "dmarc" and one.result == "fail"), None)
    failed = failed or next((one for one in results if one.method == "spf" and one.result in _SPF_FAILED), None)
    if failed is None:
        saw = ", ".join(f"{one.method}={one.result}" for one in results) or "no trusted result"
        return ceiling(Reason.NOT_AUTHENTICATED, Outcome.ACK_MIN, saw)
    saw = f"{failed.method}={failed.result}"
    if facts.history.known and facts.real_thread:
        return ceiling(Reason.AUTH_FAIL, Outcome.ACK_MIN, saw)
    return ceiling(Reason.AUTH_FAIL, Outcome.REVIEW, saw, mail_class=MailClass.UNKNOWN)


def _aligned_pass(results: tuple[Result, ...], domain: str) -> str:
    """The result that proves From's domain (RFC 7489 section 3.1, relaxed alignment), or ""."""
    home = organisational_domain(domain)
    for method, result, found in results:
        if result != "pass" or not home:
            continue
        if method == "dmarc":
            names = [found.get("header.from", domain)]
        elif method == "dkim":
            names = [found.get("header.d") or found.get("header.i", "")]
        elif method == "spf":
            names = [found.get("smtp.mailfrom") or found.get("smtp.mail", "")]
        else:
            continue
        if any(organisational_domain(name.rpartition("@")[2]) == home for name in names):
            return f"{method}=pass {names[0]}"
    return ""


def reply_to_elsewhere(facts: Facts) -> Hit | None:
    """D5: answers are wanted in another organisation than From's; the acknowledgement stays short and goes to From."""
    other = facts.foreign_reply_to
    return ceiling(Reason.REPLY_TO_ELSEWHERE, Outcome.ACK_MIN, f"Reply-To: {other.spec}") if other else None


def reverse_path(facts: Facts) -> Hit | None:
    """The target of our mail: From, fully only when the Return-Path agrees or DMARC passed (RFC 3834 section 4)."""
    path = facts.reverse_path
    if path is None:
        return ceiling(Reason.NO_RETURN_PATH, Outcome.ACK_MIN, "no Return-Path")
    if not facts.reverse_path_elsewhere:
        return None
    if any(one.method == "dmarc" and one.result == "pass" for one in trusted_results(facts)):
        return None
    return ceiling(Reason.RETURN_PATH_DISAGREES, Outcome.ACK_MIN, f"Return-Path: <{path}>")
