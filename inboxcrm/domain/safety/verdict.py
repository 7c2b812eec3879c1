"""What the gate is told and what it says: settings, history, circumstances, findings and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inboxcrm.domain.message import Address


class Outcome(StrEnum):
    """What a machine may do with a mail; from the loudest to the most silent."""

    ACK = "ack"
    ACK_MIN = "ack-min"
    REVIEW = "review"
    SUPPRESS = "suppress"


class MailClass(StrEnum):
    """Who wrote. Human and unknown mail reaches the queue and makes a promise whatever the outcome is."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why the outcome is what it is: one code for each thing a row can find."""

    # state
    NOT_SAFE = "not-safe"
    FIRST_SYNC = "first-sync"
    REBASELINE = "rebaseline"
    ANSWERED = "answered"
    STALE = "stale"
    FOLDER = "folder"
    DUPLICATE = "duplicate"
    # shape
    UNPARSABLE = "unparsable"
    NO_USABLE_SENDER = "no-usable-sender"
    UNDELIVERABLE = "undeliverable"
    UNQUOTED_NAME = "unquoted-name"
    # machine marks
    NULL_RETURN_PATH = "null-return-path"
    DSN = "dsn"
    MDN = "mdn"
    ARF = "arf"
    AGGREGATE = "aggregate-report"
    AUTO_SUBMITTED = "auto-submitted"
    SELF = "self"
    REDIRECTED = "redirected"
    OWN_KIND = "own-kind"
    FOREIGN_LOOP = "foreign-loop"
    THREAD_ALREADY_ACKED = "thread-already-acked"
    LIST = "list"
    PRECEDENCE = "precedence"
    AUTO_RESPONSE_SUPPRESS = "auto-response-suppress"
    VENDOR_AUTO = "vendor-auto"
    SYSTEM_ADDRESS = "system-address"
    BOUNCE_LIKE = "bounce-like"
    CALENDAR = "calendar"
    SPAM = "spam"
    AUTO_SUBJECT = "auto-subject"
    AUTO_TEXT = "auto-text"
    REACTION = "reaction"
    PEC_RECEIPT = "pec-receipt"
    PEC_TRANSPORT = "pec-transport"
    # circumstances of the letter
    NOT_ADDRESSED = "not-addressed"
    CC_ONLY = "cc-only"
    MASS_RECIPIENTS = "mass-recipients"
    BULK_HINT = "bulk-hint"
    TRANSACTIONAL = "transactional"
    FORM_LEAD = "form-lead"
    # identity
    AUTHENTICATED = "authenticated"
    AUTH_FAIL = "auth-fail"
    NOT_AUTHENTICATED = "not-authenticated"
    REPLY_TO_ELSEWHERE = "reply-to-elsewhere"
    NO_RETURN_PATH = "no-return-path"
    RETURN_PATH_DISAGREES = "return-path-disagrees"
    # the gate itself
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the owner configured for the mailbox the mail came into.

    `own_addresses` are addresses, tags and case left out; `own_lists` are addresses or List-Ids of groups that deliver
    to the owner. `form_senders` are "address" or "address subject-prefix". `list_addresses` and `robot_addresses` are
    addresses, or domains written "@domain". `border_hosts` match themselves and hosts below them.
    `provider_writes_no_authserv_id` is true for Microsoft 365. `own_tokens` are what our own mail carries in
    X-InboxCRM-Auto and X-Loop besides the own addresses. `smtputf8`: the submission server takes non-ASCII addresses.
    """

    own_addresses: tuple[str, ...]
    own_lists: tuple[str, ...] = ()
    form_senders: tuple[str, ...] = ()
    list_addresses: tuple[str, ...] = ()
    robot_addresses: tuple[str, ...] = ()
    answer_cc: bool = False
    trusted_authserv_ids: tuple[str, ...] = ()
    border_hosts: tuple[str, ...] = ()
    arc_sealers: tuple[str, ...] = ()
    provider_writes_no_authserv_id: bool = False
    own_tokens: tuple[str, ...] = ()
    max_delay: timedelta = timedelta(hours=24)
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What the store knows that bears on this one mail; nothing known by default.

    `known`: the owner wrote to the author's address by hand, or imported or confirmed it. `answered_ids`: of the
    Message-IDs this mail names or quotes, those of mails the owner sent by hand to that address. `automatic_ids`: those
    of automatic mails of ours. `sent_ids`: Message-IDs of mails of ours of either kind, however addressed; they only
    ever prove that a bounce quotes us. `duplicate`: the dedupe key is in the ledger in any state.
    """

    known: bool = False
    answered_ids: frozenset[str] = frozenset()
    automatic_ids: frozenset[str] = frozenset()
    sent_ids: frozenset[str] = frozenset()
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The state in which the mail arrived (rows A). `received_at` is INTERNALDATE, aware.

    `first_sync`: the mail was there before its mailbox was added. `rebaseline`: after a UIDVALIDITY reset this row
    matched nothing known and is not newer than the last successful check. `answered`: Sent holds the owner's answer or
    our own acknowledgement. `folder_role` is a SPECIAL-USE name in lower case ("inbox", "sent", "junk" ...; on Gmail
    from the labels) and `flags` are IMAP flags as the server wrote them. `put_here`: it was received before the inbox
    was last read and was not there then, so somebody put it there: most often the owner, who found it among junk.
    """

    received_at: datetime
    ledger_writable: bool = True
    clock_plausible: bool = True
    first_sync: bool = False
    rebaseline: bool = False
    answered: bool = False
    folder_role: str = "inbox"
    flags: frozenset[str] = frozenset()
    put_here: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What one row saw and said. `outcome` is None where the row was asked and matched nothing.

    `stops` tells a decision from a ceiling. `traceback` is set only by a row that failed; the service alerts on it.
    """

    row: str
    reason: Reason | None = None
    outcome: Outcome | None = None
    mail_class: MailClass | None = None
    saw: str = ""
    stops: bool = False
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """May a machine answer this mail, with what, to whom, and why.

    `reasons` are the codes that decided (one for a stop, every ceiling otherwise). `asked` is each row that was asked,
    in order. `recipient` is whom an acknowledgement would go to and is set whatever the outcome is, if there is one: a
    person may overrule a review. `authenticated` is row D1; `private_details_allowed` says that identity does not
    forbid a template with private details (D6 still wants a plan or mark on the contact). `form_lead`: the recipient
    comes from Reply-To, so the daily cap on forms holds.
    """

    outcome: Outcome
    mail_class: MailClass
    reasons: tuple[str, ...]
    asked: tuple[Finding, ...]
    recipient: Address | None
    authenticated: bool
    private_details_allowed: bool
    form_lead: bool = False

    @property
    def failed(self) -> bool:
        """Whether the gate itself failed: suppressed, and somebody must be told."""
        return Reason.ERROR in self.reasons

    @property
    def alert(self) -> str | None:
        """The traceback of the row that failed."""
        return next((finding.traceback for finding in self.asked if finding.traceback), None)
