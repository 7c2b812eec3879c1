"""Rows C12 and C14 to C19: what the letter itself, its addressees and its sender's habits say."""

from __future__ import annotations

import re
from functools import lru_cache

from inboxcrm.domain.message import Part
from inboxcrm.domain.safety.away import says_away, to_me_in_person
from inboxcrm.domain.safety.facts import Facts, names_of
from inboxcrm.domain.safety.hit import Hit, ceiling, review, suppress
from inboxcrm.domain.safety.phrases import (
    OPENING,
    all_named,
    sentence_says,
    subject_begins,
    subject_continues,
    subject_ends,
    subject_heads,
    subject_in_bracket,
    subject_says,
    text_begins,
    text_names,
    words,
)
from inboxcrm.domain.safety.relays import appliance
from inboxcrm.domain.safety.services import FEWEST, nobody_in_particular, of_a_service, personal_link
from inboxcrm.domain.safety.verdict import MailClass, Outcome, Reason

MANY_RECIPIENTS = 20
SHORT_LETTER = 1_500
"""Characters of own words in which an absence fits; longer letters are letters."""

_INVITING = frozenset({"request", "reply", "cancel", "counter", "declinecounter", "add", "refresh"})
_ANSWERING = frozenset({"reply", "counter", "declinecounter", "refresh"})
_BULK_FIELDS = frozenset({
    "list-unsubscribe", "list-unsubscribe-post", "x-sg-eid", "x-mailgun-sid", "x-mandrill-user", "x-mc-user",
    "x-mailjet-campaign", "x-mj-mid", "x-mailin-campaign", "x-mailin-client", "x-sib-id", "x-csa-complaints",
    "x-emarsys-identify", "x-sfmc-stack", "x-klaviyo-message-id", "x-msfbl", "x-rpcampaign", "x-job",
    "x-mailchimp-id", "x-mcda", "x-hs-cid", "x-cm-message-id", "x-virtual-mta", "x-delivery-id",
})  # fmt: skip
_BULK_FAMILIES = (
    "x-campaign", "x-mandrill-", "x-sg-", "x-mailgun-", "x-mailjet-", "x-mj-", "x-mailin-", "x-sib-", "x-sparkpost",
    "x-elasticemail", "x-smtpapi", "x-cmail", "x-klaviyo-", "x-marketo", "x-mkt", "x-sfmc-", "x-emarsys-", "x-iterable",
    "x-sailthru", "x-responsys", "x-eloqua", "x-newsletter", "x-bulkmail", "x-mailchimp", "x-hs-", "x-ses-",
    "x-cleverreach", "x-rapidmail", "x-phplist", "x-acymailing", "x-mailing",
)  # fmt: skip
_BULK_MAILER = re.compile(
    r"(?:mailchimp|phplist|sendy|acymailing|cleverreach|rapidmail|mailjet|sendgrid|campaign ?monitor|mailerlite"
    r"|mailpoet|inxmail|optivo|episerver|sendinblue|brevo|getresponse|activecampaign|constant ?contact|icontact|emma"
    r"|newsletter|mailing|mass ?mail|bulk ?mail|customer ?mail|lyris|listmanager|amazon ses)\b.*"
)
_PERSONAL_FEEDBACK_ID = re.compile(r".*(?::fastmail|:user:proton(?:mail)?)\s*", re.IGNORECASE)
_OPENINGS = tuple(
    f"reply_text.{key}"
    for key in (
        "sure",
        "hint",
        "program",
        "help_desk",
        "absence",
        "call",
        "receipt",
        "vague",
        "vague_receipt",
        "polite",
        "gate",
    )
)
_SUBJECTS = (
    "reply_subject.sure", "reply_subject.weak", "reply_subject.absence", "reply_subject.anyhow",
    "reply_subject.receipt", "reply_subject.tool", "reply_subject.program", "reply_subject.device",
    "reply_subject.alone", "reply_subject.service", "bounce_subject.sure", "bounce_subject.colon",
)  # fmt: skip
_TICKET = re.compile(r"[\[(#]?\s*(?:#|ticket|case|request|ref|id|nr|no)[\s.:#-]*[a-z]*-?\d{3,}")
_SENTENCE_END = re.compile(r"[.!?。！？\n]")
_LONG_NUMBER = re.compile(r"\d{3}")
_CODE = re.compile(r"(?<![\d.,/-])\d(?:[ -]?\d){3,7}(?![\d.,/-]\d)")

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<![\d.,:])\+?\d(?:[ /().-]{0,2}\d){6,14}(?![\d.,:]\d)")
"""A telephone number, which a date is too short for."""


def invites(facts: Facts) -> bool:
    """Whether a calendar object that wants an action stands for the letter (RFC 5546); a file beside it is none."""
    return any(part.content_type == "text/calendar" and _in_place_of(facts, part) for part in facts.message.parts)


def _in_place_of(facts: Facts, part: Part) -> bool:
    """Whether this calendar object is the letter: shown, or alone. A name alone makes it no file, for many calendars
    give one; where no method is told, a name does. A file that answers is a calendar's too, but beside a letter to me.
    """
    if part.content_type == facts.message.content_type:
        return part.method is None or part.method in _INVITING
    if part.method is None:
        return not part.attached
    if part.method in _ANSWERING and not (facts.greets_me or facts.asks):
        return True
    return part.method in _INVITING and part.disposition != "attachment"


def calendar(facts: Facts) -> Hit | None:
    """C12: an invitation or its answer; the organiser's tool, not a letter."""
    content_class = any(found == "urn:content-classes:calendarmessage" for _, found in facts.tokens("content-class"))
    if not content_class and not invites(facts):
        return None
    methods = {part.method for part in facts.message.parts if part.content_type == "text/calendar" and part.method}
    answers = bool(methods & {"reply", "refresh"}) and not _says_more_than_yes_or_no(facts)
    mail_class = MailClass.MACHINE if answers else MailClass.UNKNOWN
    return review(Reason.CALENDAR, ", ".join(sorted(methods)) or "calendarmessage", mail_class)


def _says_more_than_yes_or_no(facts: Facts) -> bool:
    """Whether somebody wrote beside an answer to an invitation: calendars write who accepted, or nothing."""
    written = facts.own_words
    if facts.asks or facts.greets_me or text_names(written, "reply_text.invitation_note"):
        return True
    return bool(written.strip()) and not text_names(written, "reply_text.invitation_answer")


def automatic_letter(facts: Facts) -> Hit | None:
    """C14: no machine mark, but subject or first lines say that nobody wrote it.

    What is a machine's makes no promise and leaves the queue: of what somebody may have written it is not said.
    """
    hit = _nobody_wrote(facts)
    if hit is not None and hit.mail_class is MailClass.MACHINE and _may_be_somebodys(facts, hit):
        return hit._replace(mail_class=MailClass.UNKNOWN)
    return hit


def _may_be_somebodys(facts: Facts, hit: Hit) -> bool:
    """Whether the one thing that gave a letter away stands in one from an address of a person, who greets me or asks
    something, or in one from a house that asks. Beside a subject a sentence of other things is enough, and of the first
    lines what persons say too.
    """
    if of_a_service(facts) or (facts.sender and appliance(facts.sender.local)):
        return False
    if nobody_in_particular(facts):
        return facts.asks
    if hit.reason is Reason.AUTO_TEXT:
        return facts.greets_me or facts.asks or hit.saw in words("reply_text", "hint")
    if _opening_says(facts) or sentence_says(facts.head, "bounce_text.sure"):
        return False
    if hit.saw in words("reply_subject", "after_a_name"):
        return False  # it is the sender's own name, which nobody puts before such words
    says_more = not facts.message.ancestors and len(_WORD.findall(facts.own_words[:OPENING])) >= FEWEST
    return says_more or facts.greets_me or facts.asks


def _nobody_wrote(facts: Facts) -> Hit | None:
    """What gives it away, of which subject or first lines are sure before all others."""
    subject = facts.subject
    begins = subject_begins(subject, *_SUBJECTS)
    says = begins and (subject_says(subject, "reply_subject.sure") or subject_begins(subject, "reply_subject.anyhow"))
    if says and not (facts.asks and subject.strip(" .!") == says):
        return review(Reason.AUTO_SUBJECT, says, MailClass.MACHINE)
    opening = _opening_says(facts)
    if opening and opening[1] is MailClass.MACHINE:
        return review(Reason.AUTO_TEXT, opening[0], MailClass.MACHINE)
    hit = _automatic_subject(facts, opening[0] if opening else "") if begins else None
    hit = hit or (None if facts.asks else _person_first(facts))
    return hit or (review(Reason.AUTO_TEXT, opening[0], opening[1]) if opening else None)


def _opening_says(facts: Facts) -> tuple[str, MailClass] | None:
    """What the first lines give away. Absences and receipts count in short letters that ask nothing."""
    opening = facts.opening
    if not opening:
        return None
    begins = sentence_says(opening, *_OPENINGS)
    says = begins and sentence_says(opening[:200], "reply_text.sure", "reply_text.hint", "reply_text.program")
    says = says or text_begins(opening, "bounce_text.alone")
    if says:
        return says, MailClass.MACHINE
    if begins and (says := sentence_says(opening, "reply_text.help_desk")):
        return says, MailClass.UNKNOWN
    if len(facts.own_text) > SHORT_LETTER or facts.asks:
        return None
    says = text_names(opening, "reply_text.anywhere") or says_away(facts)
    if begins and not says and not to_me_in_person(facts):
        says = sentence_says(opening, "reply_text.absence") or _both(
            opening, "reply_text.vague", "reply_text.absence_words"
        )
    if begins and not says and _NUMBER.search(opening):
        says = sentence_says(opening, "reply_text.call")
    if not says:
        says = _receipt(facts) if begins else ""
        says = says or (text_names(opening, "reply_text.promise") if nobody_in_particular(facts) else "")
        says = "" if says and _sets_a_day(facts) else says
        says = says or _ticket_news(facts)
    return (says, MailClass.UNKNOWN) if says else None


def _receipt(facts: Facts) -> str:
    """What tells that something arrived and will be looked after."""
    opening = facts.opening
    return (
        sentence_says(opening[:200], "reply_text.receipt")
        or _both(opening, "reply_text.vague_receipt", "reply_text.receipt_words")
        or _both(opening, "reply_text.polite", "reply_text.promise")
        or ("" if facts.greets_me else _both(opening, "reply_text.gate", "reply_text.gate_words"))
        or (_both(opening, "reply_text.polite", "reply_text.team_promise") if nobody_in_particular(facts) else "")
    )


def _ticket_news(facts: Facts) -> str:
    """What a help desk numbered, where one sentence from an address of no person says what became of it."""
    if not nobody_in_particular(facts):
        return ""
    numbered = (one for one in _SENTENCE_END.split(facts.opening) if _LONG_NUMBER.search(one))
    says = next((one for one in numbered if text_names(one, "reply_text.ticket_news")), "")
    return text_names(says, "reply_text.ticket") if says else ""


def _sets_a_day(facts: Facts) -> bool:
    """Whether it names one day of the week: a receipt promises hours, or names the days of opening."""
    return len(all_named(facts.own_words[:600], "reply_text.weekdays")) == 1


def _both(opening: str, beginnings: str, needed: str) -> str:
    """A beginning that ordinary sentences share, where one of the needed words stands beside it."""
    says = sentence_says(opening, beginnings)
    return says if says and text_names(opening, needed) else ""


def _automatic_subject(facts: Facts, opening: str) -> Hit | None:
    """Subjects that give a machine away alone, or together with an opening that does."""
    subject = facts.subject
    says = subject_heads(subject, "bounce_subject.colon")
    if says:
        return review(Reason.AUTO_SUBJECT, says, MailClass.MACHINE)
    says = subject_begins(subject, "bounce_subject.sure")
    if says and sentence_says(facts.opening, "bounce_text.sure"):
        return review(Reason.AUTO_SUBJECT, says, MailClass.UNKNOWN)
    if opening and (says := subject_begins(subject, "reply_subject.sure")):
        return review(Reason.AUTO_SUBJECT, f"{says}; {opening}", MailClass.MACHINE)
    if opening and (says := subject_begins(subject, "reply_subject.weak")):
        answers = facts.message.ancestors or "(" in subject or ": " in subject
        return review(Reason.AUTO_SUBJECT, f"{says}; {opening}", MailClass.MACHINE if answers else MailClass.UNKNOWN)
    return None if facts.asks else _quiet_subject(facts)


def _quiet_subject(facts: Facts) -> Hit | None:
    """Subjects that give a machine away in a letter that asks nothing."""
    subject = facts.subject
    says = "" if "?" in subject else subject_continues(subject, "reply_subject.sure", "reply_subject.by")
    says = says or subject_begins(subject, "reply_subject.program")
    if says:
        return review(Reason.AUTO_SUBJECT, says, MailClass.MACHINE)
    if len(facts.own_text) <= SHORT_LETTER:
        says = subject_begins(subject, "reply_subject.device") or (
            "" if facts.greets_me else subject_heads(subject, "reply_subject.absence")
        )
    says = says or ("" if facts.own_words else subject_begins(subject, "reply_subject.alone"))
    says = says or (subject_begins(subject, "reply_subject.service") if _for_one_person(facts) else "")
    if says:
        return review(Reason.AUTO_SUBJECT, says, MailClass.UNKNOWN)
    says = subject_says(subject, "reply_subject.receipt", "reply_subject.weak")
    if says and len(facts.own_text) <= SHORT_LETTER and _weak_counts(facts, says):
        return review(Reason.AUTO_SUBJECT, says, MailClass.UNKNOWN)
    says = subject_begins(subject, "reply_subject.receipt")
    if says and _TICKET.search(subject):
        return review(Reason.AUTO_SUBJECT, says, MailClass.MACHINE)
    says = subject_says(subject, "reply_subject.tool")
    if says and (
        (len(facts.own_words) < 40 and not facts.greets_me) or text_begins(facts.opening, "reply_text.about_yours")
    ):
        return review(Reason.AUTO_SUBJECT, says, MailClass.UNKNOWN)
    return None


def _for_one_person(facts: Facts) -> bool:
    """Whether the letter bears a code, or a link that was made for its reader alone, or speaks of such a link."""
    words = facts.own_words
    if _CODE.search(facts.subject) or _CODE.search(words) or personal_link(words):
        return True
    return bool(text_names(words, "reply_text.link"))


def _person_first(facts: Facts) -> Hit | None:
    """Subjects that say it behind a name or behind the subject they answer. Of somebody else a person writes it."""
    subject = facts.subject
    if says := subject_in_bracket(subject, "reply_subject.sure"):
        return review(Reason.AUTO_SUBJECT, says, MailClass.MACHINE)
    if not (says := subject_ends(subject, "reply_subject.after_a_name")):
        return None
    own = facts.sender is not None and not names_of(facts.sender).isdisjoint(_WORD.findall(subject))
    return review(Reason.AUTO_SUBJECT, says, MailClass.MACHINE if own else MailClass.UNKNOWN)


def _weak_counts(facts: Facts, says: str) -> bool:
    """An ordinary word is a mark only when it is the whole subject or stands before the subject it answers."""
    if facts.subject.strip(" .!") == says:
        return not facts.greets_me or bool(says_away(facts))
    return bool(facts.message.in_reply_to)


def not_addressed(facts: Facts) -> Hit | None:
    """C15: none of my addresses among the recipients (RFC 5230 section 4.5)."""
    if any(facts.addressed):
        return None
    recipients = ", ".join(address.spec for address in facts.message.recipients[:5])
    return suppress(Reason.NOT_ADDRESSED, f"To, Cc: {recipients}", MailClass.UNKNOWN)


def cc_only(facts: Facts) -> Hit | None:
    """C16: I am only copied."""
    in_to, _ = facts.addressed
    return None if in_to or facts.settings.answer_cc else review(Reason.CC_ONLY, "only in Cc", MailClass.HUMAN)


def mass_recipients(facts: Facts) -> Hit | None:
    """C17: more than twenty recipients."""
    count = len(facts.message.recipients)
    return review(Reason.MASS_RECIPIENTS, f"{count} recipients", MailClass.HUMAN) if count > MANY_RECIPIENTS else None


def bulk_hint(facts: Facts) -> Hit | None:
    """C18: marks of a mass-mailing service, which clients' sales and tender tools leave too."""
    found = _bulk_mark(facts)
    if found is None or facts.own_list:
        return None
    if facts.familiar:
        return ceiling(Reason.BULK_HINT, Outcome.ACK_MIN, found)
    return review(Reason.BULK_HINT, found)


def _bulk_mark(facts: Facts) -> str | None:
    headers = facts.headers
    found = next(filter(_for_many, headers), None)
    if found:
        return f"{found}: {headers[found][0]}"
    for _, value in facts.values("feedback-id"):
        if not _PERSONAL_FEEDBACK_ID.fullmatch(value[:500]):
            return f"Feedback-ID: {value}"
    for name, found in facts.tokens("x-mailer"):
        if _BULK_MAILER.fullmatch(found):
            return f"{name}: {found}"
    return None


@lru_cache(maxsize=4096)
def _for_many(name: str) -> bool:
    """Whether a field is a mass mailer's."""
    return name in _BULK_FIELDS or name.startswith(_BULK_FAMILIES)
