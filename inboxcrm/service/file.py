"""Files a message: whose it is, which matter it joins, and for the owner's own mail, which promise it keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain import linking, threads
from inboxcrm.domain.address import is_role_address, organisational_domain
from inboxcrm.domain.dedupe import identity_key
from inboxcrm.domain.identifiers import sent_as
from inboxcrm.domain.linking import Known, Link, NewContact, Nobody, RoleOf
from inboxcrm.domain.message import Address, Message
from inboxcrm.domain.promise import answered
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.domain.reply_safety import MailClass, Verdict
from inboxcrm.domain.safety.facts import token
from inboxcrm.domain.text import one_line
from inboxcrm.domain.threads import Placement
from inboxcrm.parsing import Parsed
from inboxcrm.render import instance_token
from inboxcrm.service import duties, follow_ups, invitations
from inboxcrm.service.household import Household
from inboxcrm.spool import Spool
from inboxcrm.store import answers, messages, ours, outbox, promises, tombstones
from inboxcrm.store.messages import PREVIEW_LENGTH, Filed
from inboxcrm.store.ours import Ours
from inboxcrm.store.register import Register

IDS_LOOKED_AT = 20
"""How many of a mail's references are looked up, nearest first."""

_DELIVERED = ("return-path", "received", "delivered-to")


@dataclass(frozen=True, slots=True)
class Filing:
    """One message on its way into the store, inside one transaction."""

    household: Household
    register: Register
    raw: bytes | Spool
    fingerprint: bytes
    parsed: Parsed
    mailbox: str
    received_at: datetime
    origin: str
    now: datetime

    @property
    def connection(self) -> sqlite3.Connection:
        """The transaction."""
        return self.register.connection

    @property
    def message(self) -> Message:
        """The mail as read."""
        return self.parsed.message

    def head(self, octets: int) -> bytes:
        """How the mail begins."""
        return self.raw.head(octets) if isinstance(self.raw, Spool) else self.raw[:octets]


@dataclass(frozen=True, slots=True)
class Person:
    """Rows that a message was linked to."""

    contact_id: int | None
    organisation_id: int | None


def writer(message: Message, verdict: Verdict) -> Address | None:
    """Who speaks: the author, or whom a web form or a booking service names in Reply-To (row C20 of the gate)."""
    return verdict.recipient if verdict.form_lead else message.author


def link(filing: Filing, author: Address | None, *, human: bool) -> Link:
    """Decide whose message this is, from what the address book holds."""
    entry = filing.register.entry(author.key) if author is not None else None
    domain = _organisation_domain(filing.household, author)
    client = domain is not None and filing.register.organisation(domain) is not None
    role = author is not None and is_role_address(author.local)
    return linking.link(author, entry, human=human, role=role, organisation=domain, client=client)


def _organisation_domain(household: Household, author: Address | None) -> str | None:
    if author is None or not author.domain or household.is_public(author.domain):
        return None
    return organisational_domain(author.domain)


def settle(filing: Filing, decided: Link) -> Person:
    """Make the rows that a link asks for."""
    register = filing.register
    match decided:
        case Known(contact_id, organisation_id):
            return Person(contact_id, organisation_id)
        case NewContact(address, domain):
            organisation_id = None if domain is None else register.found_organisation(domain)
            return Person(register.add_contact(address, organisation_id, now=filing.now), organisation_id)
        case RoleOf(address, domain):
            organisation_id = register.found_organisation(domain)
            register.add_role_address(address, organisation_id)
            return Person(None, organisation_id)
        case Nobody():
            return Person(None, None)


def organisation_of(filing: Filing, author: Address) -> int | None:
    """The organisation an address belongs to: by the address book, else by its domain; None where it has none."""
    entry = filing.register.entry(author.key)
    if entry is not None and entry.organisation_id is not None:
        return entry.organisation_id
    domain = _organisation_domain(filing.household, author)
    return None if domain is None else filing.register.organisation(domain)


def people_besides_owner(household: Household, message: Message) -> tuple[str, ...]:
    """The address keys of everybody who takes part in a mail, the owner left out."""
    keys = (address.key for address in (*message.from_, *message.recipients))
    return tuple(key for key in dict.fromkeys(keys) if not household.is_own(key))


def place(filing: Filing, person: Person | None, *, automatic: bool) -> Placement:
    """Decide which matter a message belongs to, from the matters on record."""
    message = filing.message
    ids = list(message.ancestors[:IDS_LOOKED_AT])
    if message.message_id is not None:
        ids.append(message.message_id)
    people = people_besides_owner(filing.household, message)
    cited = filing.register.cited(ids, people, now=filing.now)
    same = None
    if person is not None and person.contact_id is not None:
        subject_key = normalised_subject(message.subject)
        same = filing.register.latest_of_subject(person.contact_id, subject_key, now=filing.now)
    return threads.place(cited=cited, same_subject=same, received_at=filing.received_at, automatic=automatic)


def store(
    filing: Filing,
    person: Person,
    placement: Placement,
    *,
    direction: str,
    mail_class: MailClass,
    turn: str | None,
    outcome: str | None,
    reasons: Sequence[str],
) -> tuple[int, int | None]:
    """Write the message and its place; answers its row and its matter's.

    Mail of nobody that continues nothing and needs no answer (lists, robots) has no matter.
    """
    register, message = filing.register, filing.message
    matter_id = placement.matter.matter_id if placement.matter is not None else None
    filed = person.contact_id is not None or person.organisation_id is not None
    awaited = direction == "in" and mail_class is not MailClass.MACHINE
    ids = [each for each in (message.message_id, *message.ancestors[:1], *message.ancestors[-1:]) if each]
    people = people_besides_owner(filing.household, message)
    if matter_id is None and (filed or awaited):
        matter_id = register.open_matter(
            contact_id=person.contact_id,
            organisation_id=person.organisation_id,
            subject=one_line(message.subject, 250),
            subject_key=normalised_subject(message.subject),
            turn=turn or "nobody",
            at=filing.received_at,
            ids=ids,
            people=people,
        )
    elif matter_id is not None:
        register.extend(
            matter_id,
            ids=ids,
            people=people,
            at=filing.received_at,
            turn=turn,
            by_person=mail_class is not MailClass.MACHINE,
            contact_id=person.contact_id,
        )
    row_id = register.insert(
        message,
        filing.raw,
        Filed(
            fingerprint=filing.fingerprint,
            origin=filing.origin,
            direction=direction,
            mail_class=mail_class,
            outcome=outcome,
            reasons=reasons,
            received_at=filing.received_at,
            contact_id=person.contact_id,
            matter_id=matter_id,
            language=filing.parsed.language,
            preview=one_line(filing.parsed.new_text or message.text, PREVIEW_LENGTH),
        ),
    )
    return row_id, matter_id


def history(filing: Filing, verdict: Verdict) -> int:
    """File a mail that was there before its folder was first read: nothing is owed for it and nothing is said."""
    human = verdict.mail_class is MailClass.HUMAN
    person = settle(filing, link(filing, writer(filing.message, verdict), human=human))
    placement = place(filing, person if human else None, automatic=not human)
    row_id, _ = store(
        filing,
        person,
        placement,
        direction="in",
        mail_class=verdict.mail_class,
        turn="mine" if verdict.mail_class is not MailClass.MACHINE else None,
        outcome=verdict.outcome,
        reasons=verdict.reasons,
    )
    if filing.message.message_id is None:
        filing.register.keep_keys([identity_key(filing.message)], row_id, at=filing.now)
    return row_id


def is_outgoing(household: Household, register: Register, message: Message) -> bool:
    """Whether a mail found in Sent is one of ours: by its author, or, from an alias that nobody configured, because it
    was never delivered to us. A mail that somebody else wrote and that lies in Sent by mistake keeps no promise.
    """
    if message.author is not None and household.is_own(message.author.key):
        return True
    if _ours(register, message) is not None:
        return True
    return not any(message.first(field) for field in _DELIVERED)


def outgoing(filing: Filing) -> int:
    """File a mail from Sent. Written by hand, it makes its recipients known and keeps the promise of its matter."""
    if _is_automatic(filing):
        return _own_automatic(filing)
    message = filing.message
    persons = [_recipient(filing, address) for address in message.recipients if not _is_owner(filing, address)]
    first = next((each for each in persons if each.contact_id is not None), None)
    first = first or next(iter(persons), Person(None, None))
    placement = place(filing, first, automatic=False)
    apology = _ours(filing.register, message) is Ours.NEW_DATE
    row_id, matter_id = store(
        filing,
        first,
        placement,
        direction="out",
        mail_class=MailClass.HUMAN,
        turn=None if apology else "theirs",
        outcome=None,
        reasons=(),
    )
    filing.register.cite(row_id, (*sent_as(message), *(() if apology else message.ancestors)))
    if apology:
        return row_id
    if matter_id is not None and _ours(filing.register, message) is Ours.OWNERS:
        promises.name_answer(filing.connection, matter_id, row_id)
    if matter_id is not None and filing.origin != "import":
        keep_promise(filing, row_id, matter_id, persons)
    if matter_id is not None and filing.origin == "live":
        follow_ups.after_our_word(
            filing.household,
            filing.connection,
            matter_id=matter_id,
            contact_id=first.contact_id,
            text=filing.parsed.new_text,
            at=filing.received_at,
            now=filing.now,
        )
    return row_id


def _is_owner(filing: Filing, address: Address) -> bool:
    return filing.household.is_own(address.key)


def _recipient(filing: Filing, address: Address) -> Person:
    if _was_erased(filing, address):
        return Person(None, None)
    decided = link(filing, address, human=True)
    person = settle(filing, decided)
    filing.register.make_known(address.key, because="you wrote to them", at=filing.received_at)
    return person


def _was_erased(filing: Filing, address: Address) -> bool:
    """Whether a recipient of old mail was erased since: what the owner writes now makes them known anew."""
    if filing.origin == "live" or not filing.register.anybody_erased():
        return False
    secret, at = filing.household.secret, filing.received_at
    return bool(tombstones.erased_addresses(filing.connection, secret, (address.key,), received_at=at))


def _is_automatic(filing: Filing) -> bool:
    """Our own automatic mail, or any other that a machine sent in the owner's name: it keeps nothing."""
    message = filing.message
    if any(token(value) != "no" for value in message.all("auto-submitted")):
        return True
    if any(instance_token(filing.household.secret) in value for value in message.all("x-inboxcrm-auto")):
        return True
    if any(part.method in ("reply", "counter") for part in message.parts):
        return True
    return _ours(filing.register, message) is Ours.AUTOMATIC


def _own_automatic(filing: Filing) -> int:
    persons = _known_people(filing, filing.message.recipients)
    person = next(iter(persons), Person(None, None))
    placement = place(filing, None, automatic=True)
    row_id, matter_id = store(
        filing,
        person,
        placement,
        direction="auto",
        mail_class=MailClass.MACHINE,
        turn=None,
        outcome=None,
        reasons=(),
    )
    filing.register.cite(row_id, sent_as(filing.message))
    if filing.origin == "live":
        _heed_another_machine(filing)
    if filing.origin == "live" and invitations.accepts(filing.message, filing.raw):
        invitations.ask(
            filing.connection, row_id, matter_id=matter_id, contact_id=person.contact_id, at=filing.received_at
        )
    return row_id


def _ours(register: Register, message: Message) -> Ours | None:
    """What kind of mail of this program's a mail in Sent is, under the id it has there or the one it left with."""
    found = (register.ours(each) for each in (message.message_id, *sent_as(message)))
    return next((each for each in found if each is not None), None)


def _heed_another_machine(filing: Filing) -> None:
    """Another's automatic mail in the owner's name, of a second home on this mailbox for one, answers in our place."""
    message = filing.message
    foreign = message.message_id is None or not ours.is_automatic(filing.connection, message.message_id)
    if foreign and any(token(value) != "no" for value in message.all("auto-submitted")):
        why = "another machine of yours answered it: its mail lies in Sent"
        outbox.cancel_answers_to(filing.connection, message.in_reply_to, at=filing.now, why=why)


def _known_people(filing: Filing, addresses: Iterable[Address]) -> list[Person]:
    entries = (filing.register.entry(address.key) for address in addresses)
    return [Person(entry.contact_id, entry.organisation_id) for entry in entries if entry is not None]


def keep_promise(filing: Filing, row_id: int, matter_id: int, recipients: Sequence[Person]) -> None:
    """The owner's hand-written mail went to the client, or to somebody of the client's organisation: it is kept.

    What went to others only (a subcontractor) answers nobody, and the client is still told when to expect an answer.
    What the client asked after it, and was read before it, is owed an answer of its own.
    """
    connection = filing.connection
    promise = filing.register.owed(matter_id)
    if promise is None or not (promise.duty.received_at <= filing.received_at or _cites_asked(filing, promise)):
        return
    if is_client(connection, promise, filing.message.recipients, recipients):
        outbox.cancel_for_matter(connection, matter_id, at=filing.now, why="the owner answered first")
        at = max(filing.received_at, promise.duty.received_at)
        promises.happen(connection, promise, answered(promise.duty, at), how="mail", by_message=row_id)
        duties.owe_what_came_after(filing.household, connection, matter_id, at, now=filing.now)


def _cites_asked(filing: Filing, promise: promises.Promise) -> bool:
    """Whether it names the mail that is to be answered: it was written later, whatever the clock says of the program
    that put it into Sent. Old mail may name another mail under the same Message-ID.
    """
    asked = messages.id_of(filing.connection, promise.message_id) if filing.origin == "live" else None
    return asked is not None and asked in filing.message.ancestors


def is_client(
    connection: sqlite3.Connection, promise: promises.Promise, people: Iterable[Address], persons: Iterable[Person]
) -> bool:
    """Whether one of these is whom an answer was promised to, or somebody of the same organisation."""
    asker = answers.sender_of(connection, promise.message_id)
    if any(address.key == asker.sender_key for address in people):
        return True
    return any(
        (person.contact_id is not None and person.contact_id == promise.contact_id)
        or (person.organisation_id is not None and person.organisation_id == asker.organisation_id)
        for person in persons
    )
