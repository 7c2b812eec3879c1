"""How a mail of ours is made: from one of the two types that may lead to SMTP to finished, checked bytes.

What each field holds and why is the table "What our mail carries" in docs/templates.md; the sources are RFC 3834
(automatic answers), RFC 5322 section 3.6 and MS-OXCMAIL 2.1.3.2.20.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from datetime import datetime
from email.quoprimime import body_encode
from email.utils import format_datetime
from functools import lru_cache

from inboxcrm.config import Owner
from inboxcrm.domain.address import identity
from inboxcrm.domain.identifiers import LONGEST, message_ids
from inboxcrm.domain.message import Address
from inboxcrm.domain.outbox import AutoReply, Draft, OwnerMail
from inboxcrm.errors import PermanentError, TemplateError
from inboxcrm.render.check import Expected, check
from inboxcrm.render.clean import SUBJECT_LENGTH, clean_subject, letter, one_line
from inboxcrm.render.headers import block, id_list, mailbox, unstructured
from inboxcrm.render.languages import LANGUAGE_TAG
from inboxcrm.render.templates import Intent, Rendered, TemplateSet

AUTOMATIC = frozenset((Intent.ACKNOWLEDGE, Intent.MINIMAL, Intent.EXTEND))
"""What may be sent without a person having read it; an apology, a greeting, a letter is a draft."""

MOST_REFERENCES = 20
REFERENCES_OCTETS = 2_000
SECRET_OCTETS = 16
"""The least a home's secret must have."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_DATE = re.compile(rb"^Date: [^\r\n]*", re.MULTILINE)


class UndeliverableError(PermanentError):
    """The address cannot be written to safely; nobody can help it. `code` is the reason shown beside the mail."""

    code = "undeliverable"


def message_id(dedupe_key: str, *, secret: bytes, domain: str) -> str:
    """The Message-ID of the mail with this key: unguessable, and the same again after a restore."""
    digest = hashlib.blake2b(dedupe_key.encode("utf-8", "surrogatepass"), key=_key(secret), digest_size=20)
    return f"<{digest.hexdigest()}@{domain}>"


def instance_token(secret: bytes) -> str:
    """Which home sent an automatic mail, said without naming it (X-InboxCRM-Auto)."""
    return hashlib.blake2b(b"X-InboxCRM-Auto", key=_key(secret), digest_size=8).hexdigest()


def _key(secret: bytes) -> bytes:
    if len(secret) < SECRET_OCTETS:
        raise ValueError(f"a home's secret has at least {SECRET_OCTETS} octets, not {len(secret)}")
    return secret if len(secret) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(secret).digest()


def compose(
    reply: AutoReply,
    *,
    templates: TemplateSet,
    owner: Owner,
    secret: bytes,
    now: datetime,
    null_sender: bool,
    smtputf8: bool = False,
) -> Draft:
    """An automatic mail, ready to be stored and sent as it is.

    `null_sender`: the submission server takes the null reverse-path (RFC 3834 section 3.3); else bounces come to the
    alias. `smtputf8`: it takes addresses that are not ASCII before the @ (RFC 6531). Raises `UndeliverableError` for an
    address that is no plain one, `TemplateError` for a text that cannot be made, `UnsafeMailError` when the result is
    not what may leave.
    """
    rendered = templates.render(reply.template, reply.language, reply.values)
    if rendered.intent not in AUTOMATIC:
        raise TemplateError(f"{reply.template}: a text of intent {rendered.intent} waits for the owner's hand")
    author = _author(reply.alias, owner)
    return _finish(
        reply,
        author=author,
        to_name=reply.to.name if reply.original_subject is not None else "",
        subject=_automatic_subject(reply.original_subject, rendered),
        text=rendered.text,
        language=rendered.language,
        auto_submitted="auto-replied",
        envelope_from="" if null_sender else author,
        owner=owner,
        secret=secret,
        now=now,
        smtputf8=smtputf8,
    )


def compose_owner_mail(mail: OwnerMail, *, owner: Owner, secret: bytes, now: datetime, smtputf8: bool = False) -> Draft:
    """A mail that a person wrote and sent; it carries no mark of a machine. Raises as `compose` does."""
    return _letter(mail, None, owner=owner, secret=secret, now=now, smtputf8=smtputf8)


def compose_notice(mail: OwnerMail, *, owner: Owner, secret: bytes, now: datetime, smtputf8: bool = False) -> Draft:
    """A mail of the program to the owner's other mailbox: no responder there answers it. Raises as `compose` does."""
    return _letter(mail, "auto-generated", owner=owner, secret=secret, now=now, smtputf8=smtputf8)


def _letter(
    mail: OwnerMail, auto_submitted: str | None, *, owner: Owner, secret: bytes, now: datetime, smtputf8: bool
) -> Draft:
    author = _author(mail.alias, owner)
    return _finish(
        mail,
        author=author,
        to_name=mail.to.name,
        subject=clean_subject(mail.subject),
        text=letter(mail.text),
        language=mail.language,
        auto_submitted=auto_submitted,
        envelope_from=author,
        owner=owner,
        secret=secret,
        now=now,
        smtputf8=smtputf8,
    )


def redated(raw: bytes, *, owner: Owner, now: datetime) -> bytes:
    """A mail of ours with the Date of now: it says when a mail was let go, not when it was drafted (RFC 5322 section
    3.6.1), and programs sort by it.
    """
    head, end, body = raw.partition(b"\r\n\r\n")
    return _DATE.sub(b"Date: " + _date(owner, now).encode("ascii"), head, count=1) + end + body


def _date(owner: Owner, now: datetime) -> str:
    return format_datetime(now.astimezone(owner.timezone))


def _finish(
    mail: AutoReply | OwnerMail,
    *,
    author: str,
    to_name: str,
    subject: str,
    text: str,
    language: str | None,
    auto_submitted: str | None,
    envelope_from: str,
    owner: Owner,
    secret: bytes,
    now: datetime,
    smtputf8: bool,
) -> Draft:
    recipient = deliverable(mail.to, smtputf8=smtputf8)
    identifier = message_id(mail.dedupe_key, secret=secret, domain=author.rpartition("@")[2])
    encoding, body = _body(text)
    fields = (
        ("From", mailbox(owner.name, author)),
        ("To", mailbox(to_name, recipient)),
        ("Subject", unstructured(subject)),
        ("Date", _date(owner, now)),
        ("Message-ID", identifier),
        *_threading(mail.in_reply_to, mail.references),
        *(() if auto_submitted is None else _marks(auto_submitted, author, secret)),
        *((("Content-Language", language),) if language and LANGUAGE_TAG.fullmatch(language) else ()),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", encoding),
    )
    draft = Draft(
        raw=block(fields, utf8=not recipient.isascii()) + body,
        envelope_from=envelope_from,
        recipient=recipient,
        message_id=identifier,
        subject=subject,
        text=text,
    )
    return check(draft, Expected(author=author, recipient=recipient, auto_submitted=auto_submitted))


def _marks(auto_submitted: str, author: str, secret: bytes) -> tuple[tuple[str, str], ...]:
    """What tells other machines that none need answer."""
    return (
        ("Auto-Submitted", auto_submitted),
        ("X-Auto-Response-Suppress", "All"),
        ("X-InboxCRM-Auto", instance_token(secret)),
        ("X-Loop", author),
    )


def deliverable(address: Address, *, smtputf8: bool = False) -> str:
    """The address as RCPT TO and To may say it: a dot-atom at an A-label domain, and nothing else.

    A quoted or routed local part is refused, not repaired, and so is one that is not ASCII without `smtputf8`: it needs
    SMTPUTF8 on the whole way (RFC 6531), and a downgraded address is another person. With it, letters, digits and marks
    of any script may stand in the dot-atom, octet by octet as they were written.
    """
    local = address.spec.rpartition("@")[0]
    domain = identity(address.spec).rpartition("@")[2]
    plain = "".join("x" if smtputf8 and _is_of_a_word(each) else each for each in local)
    length = len(local.encode("utf-8", "surrogatepass"))
    if length > 64 or length + len(domain) > 253 or not (_LOCAL.fullmatch(plain) and _DOMAIN.fullmatch(domain)):
        raise UndeliverableError("the address is not one that can be written to safely")
    return f"{local}@{domain}"


def _is_of_a_word(character: str) -> bool:
    """A letter, digit or mark beyond ASCII that stays what it is in every form that does not change its meaning."""
    return (
        not character.isascii()
        and unicodedata.category(character)[0] in "LMN"
        and unicodedata.normalize("NFKC", character) == character
    )


def _author(alias: str, owner: Owner) -> str:
    """The owner's address that was written to, where it is one that can be written from; else the default one (RFC 3834
    section 3.1.1).
    """
    wanted = identity(alias)
    return next((one for one in owner.addresses if identity(one) == wanted and one.isascii()), owner.addresses[0])


def _automatic_subject(original: str | None, rendered: Rendered) -> str:
    """The prefix and the subject they wrote; the template's own where theirs may not be repeated or is empty."""
    return one_line(rendered.prefix + ((original and clean_subject(original)) or rendered.subject), SUBJECT_LENGTH)


def _threading(in_reply_to: str | None, references: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """In-Reply-To and References (RFC 5322 section 3.6.4); neither when theirs is missing or malformed."""
    theirs = _valid_id(in_reply_to) if in_reply_to else None
    if theirs is None:
        return ()
    before = [one for one in dict.fromkeys(map(_valid_id, references[-MOST_REFERENCES * 2 :])) if one and one != theirs]
    chain = (*before[-MOST_REFERENCES:], theirs)
    while len(id_list(chain)) > REFERENCES_OCTETS:
        chain = chain[1:]
    return (("In-Reply-To", theirs), ("References", id_list(chain)))


def _valid_id(value: str) -> str | None:
    """The Message-ID if it is exactly one; its angle brackets are not optional."""
    if len(value) > LONGEST or not value.isascii():
        return None
    return value if message_ids(value) == (value,) else None


@lru_cache(maxsize=16)
def _body(text: str) -> tuple[str, bytes]:
    """The shorter of the two 7-bit encodings (RFC 2045 section 6), lines ended by CRLF."""
    octets = text.replace("\n", "\r\n").encode()
    plain = body_encode(text.encode().decode("latin-1"), 76, "\r\n").encode("ascii")
    packed = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    return ("quoted-printable", plain) if len(plain) <= len(packed) else ("base64", packed)
