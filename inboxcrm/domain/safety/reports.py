"""Row C2: what mail systems report of a mail, of its reading, and of a domain; never a letter."""

from __future__ import annotations

import re

from inboxcrm.domain.fields import parameters
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit, review, suppress
from inboxcrm.domain.safety.verdict import Reason

_REPORTS = {
    "multipart/report": Reason.DSN,
    "message/delivery-status": Reason.DSN,
    "message/global-delivery-status": Reason.DSN,
    "message/disposition-notification": Reason.MDN,
    "message/global-disposition-notification": Reason.MDN,
    "message/feedback-report": Reason.ARF,
}
_REPORT_TYPES = {"disposition-notification": Reason.MDN, "feedback-report": Reason.ARF}
_CONTENT_CLASSES = {"urn:content-classes:dsn": Reason.DSN, "urn:content-classes:mdn": Reason.MDN}
_AGGREGATE_TYPES = ("application/tlsrpt+gzip", "application/tlsrpt+json")
_AGGREGATE_FILE = re.compile(r"[^!\s]+![^!\s]+!\d+!\d+(?:![^!\s]+)?\.(?:xml|json|zip)(?:\.gz)?")


def report(facts: Facts) -> Hit | None:
    """C2: a report at the top level, of whatever type (RFC 6522, 3464, 8098, 5965); a forwarded one is a letter."""
    types = [facts.message.content_type, *(found for _, found in facts.tokens("content-type"))]
    for content_type in types:
        reason = _REPORTS.get(content_type)
        if reason is not None:
            kind = parameters(facts.message.first("content-type") or "").get("report-type", "").casefold()
            return suppress(_REPORT_TYPES.get(kind, reason), f"{content_type} {kind}")
    if "x-failed-recipients" in facts.headers:
        return suppress(Reason.DSN, f"X-Failed-Recipients: {facts.headers['x-failed-recipients'][0]}")
    for name, value in facts.tokens("content-class"):
        if value in _CONTENT_CLASSES:
            return suppress(_CONTENT_CLASSES[value], f"{name}: {value}")
    return _aggregate_report(facts)


def wrapped_report(facts: Facts) -> Hit | None:
    """C2: a report that a gateway wrapped into another mail, to write its footer below it.

    It is no file, and no letter stands beside it: who forwards a report writes why.
    """
    for part in facts.message.parts:
        reason = _REPORTS.get(part.content_type)
        if reason is not None and not part.attached and not (facts.greets_me or facts.asks):
            return review(reason, f"{part.content_type} in {facts.message.content_type}")
    return None


def _aggregate_report(facts: Facts) -> Hit | None:
    """What mail servers tell each other of a domain each day (RFC 7489 section 7.2.1.1, RFC 8460 section 5.3)."""
    if "tls-report-domain" in facts.headers:
        return suppress(Reason.AGGREGATE, f"TLS-Report-Domain: {facts.headers['tls-report-domain'][0]}")
    if facts.subject.startswith("report domain:") and " submitter:" in facts.subject:
        return suppress(Reason.AGGREGATE, facts.subject)
    for part in facts.message.parts:
        if part.content_type in _AGGREGATE_TYPES or (part.filename and _AGGREGATE_FILE.fullmatch(part.filename)):
            return suppress(Reason.AGGREGATE, part.filename or part.content_type)
    return None
