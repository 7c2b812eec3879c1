"""What the rows read of one mail: header tokens, envelope, who is addressed, the writer's own words. Asked for, worked
out once, kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar, overload

from inboxcrm.domain.address import base_key, identity, organisational_domain, parse_addresses
from inboxcrm.domain.fields import decode_words
from inboxcrm.domain.message import Address, Message
from inboxcrm.domain.safety.phrases import FOOTER, HEAD, LETTER, LONGEST_SUBJECT, OPENING, WORDS, normalised
from inboxcrm.domain.safety.verdict import Circumstances, History, Settings

_COMMENT = re.compile(r"\([^()]*\)")
_TOKENS = re.compile(r"[a-z0-9_-]+")
_QUOTE_BEGINS = re.compile(
    r"\n(?:>|-{2,}\s?(?:original|forwarded|ursprüng|weitergeleitet|message d'origine|message transféré|mensaje"
    r"|messaggio|doorgestuurd|oorspronkelijk|vidarebefordra|videresend|alkuperäinen|wiadomość|původní|исходное|пересыла"
    r"|treść|przekazan|oryginaln|přepos|prepos|pôvodn|továbbít|eredeti|iletilen|yönlendiril|orijinal|mesaj|mensagem"
    r"|missatge|oprindelig|opprinnelig|välitetty|переслан|препратен|προωθ|αρχικό|proslije|prosleđ|izvorn|posredovan"
    r"|edasi|pārsūt|persiųs|áframsen|pesan|chuyển|ข้อความ|הודעה|رسالة|الرسالة|پیام|转发|轉寄|轉發|原始|転送|元の|전달|원본)"
    r"|begin forwarded message|anfang der weitergeleiteten|début du message|inizio messaggio"
    r"|(?=[^\n]{0,160}\d)[^\n<]{2,100}<[^\n<>]{3,100}>[^\n：]{0,40}[:：][^\w\n]*\n"
    r"|(?:on|am|le|el|il|op|den|em|dnia|w dniu|dne) .{5,120}"
    r"(?::|wrote|schrieb|écrit|escribió|scritto|schreef|skrev)[^\S\n]*\n"
    r"|_{10,}[^\S\n]*\n"
    r"|\*?(?:from|von|de|da|van|från|fra|od|от|lähettäjä|差出人|feladó|de la|frá|gönderen|kimden|від|από|מאת|من|از"
    r"|发件人|寄件者|보낸 ?사람) ?[:：].{3,200}\n"
    r"\*?(?:sent|date|gesendet|datum|envoyé|enviado|inviato|data|verzonden|skickat|sendt|wysłano|отправлено|lähetetty"
    r"|送信日時|to|an|à|a|para|subject|betreff|odesláno|odoslané|elküldve|trimis|gönderildi|gönderme tarihi|tarih|дата"
    r"|надіслано|στάλθηκε|ημερομηνία|נשלח|תאריך|تاريخ الإرسال|التاريخ|تم الإرسال|تاریخ|发送时间|发送日期|日期|寄件日期"
    r"|傳送日期|보낸 ?날짜|날짜) ?[:：])",
    re.IGNORECASE,
)
"""Where somebody else's words begin. The literal line feed in front lets the search run at C speed."""

GREETING = 60
"""Characters of the first line in which a greeting stands."""

_WORD = re.compile(r"\w+")
_HOST = re.compile(r"[\w.+-]*[@.][\w.@-]*\w")
_LIST_NAMES = ("list-id", "list-post", "x-beenthere", "mailing-list", "x-mailing-list")
_LIST_NAME = re.compile(r"[a-z0-9][a-z0-9@._+-]*")
_QUESTION = re.compile(r"[?؟](?:\W|\Z)")
_GREEK_QUESTION = re.compile(r"[?;](?:\s|\Z)")
_SENTENCE_END = re.compile(r"[.!?;؟\n]")
_RHETORICAL = re.compile(
    r"\s*(?:(?:do you )?need|any questions|(?:more |further )?questions|urgent|is (?:it|this|your .{1,30}) urgent"
    r"|how (?:would|do|did) you (?:rate|like|feel)|how (?:did we do|satisfied)|was (?:this|it) helpful|wie zufrieden"
    r"|(?:do you )?(?:still )?have (?:any )?(?:more )?questions?|got (?:a )?questions?"
    r"|(?:was(?: not|n't) (?:this |it )?|not )you|did(?: not|n't) (?:you )?(?:request|do|make)|forgot|having trouble"
    r"|trouble|can't see|did you know|(?:sie |du )?haben? (?:sie |du )?(?:noch )?fragen"
    r"|(?:sie )?waren (?:sie )?das nicht|(?:vous avez )?(?:une|des) questions?|ce n'était pas vous"
    r"|¿?tienes? (?:alguna )?(?:duda|pregunta)s?"
    r"|¿?no (?:fue|has sido|eres) |ha(?:i)? domande|non (?:sei|eri) |he(?:b|eft) (?:je|u) (?:nog )?vragen"
    r"|har du (?:några |noen )?(?:frågor|spørgsmål|spørsmål)|masz pytania|máte dotaz"
    r"|(?:у вас )?(?:остались|есть) вопросы"
    r"|emergency|(?:noch )?fragen|dringend|ist es dringend|eilig|besoin|(?:une )?urgence|urgent|¿?(?:es )?urgente"
    r"|¿?necesita|urgenze|hai bisogno|ha bisogno|vragen|spoed|brådskande|haster|kiireellistä|pilne|срочно)"
)
"""Questions that absences and services put to nobody: "Need help? Call ...", "Wasn't this you?"."""

_SRS = re.compile(r"srs[01]=[^=]*=(?:[^=]*=)*?([a-z0-9.-]+\.[a-z]+)=[^=]*", re.IGNORECASE)
_VERP = re.compile(
    r"(?:.*=[a-z0-9-]+\.[a-z0-9.-]+|bounces?[-+_=].{4,}|(?:bounces?|b|rt|return|returns|verp|msprvs\d*|prvs|em|mail)[-+_.=].*\d.*|[0-9a-f-]{24,}.*)"
)
_BOUNCE_HOST = re.compile(r"(?:bounces?|bnc|rp|returns?|return-path|mailer|em|email|mg|send|mta|smtp|e)[-0-9]*\.")

_Value = TypeVar("_Value")


@lru_cache(maxsize=64)
def names_of(address: Address) -> frozenset[str]:
    """The words of an address that a greeting may repeat: those of its name, and of its local part."""
    return frozenset(one for one in _WORD.findall(normalised(f"{address.name} {address.local}"[:200])) if len(one) > 2)


class kept(Generic[_Value]):  # noqa: N801 - read like `property`
    """A property worked out once; functools.cached_property takes a lock each time on Python 3.11."""

    def __init__(self, ask: Callable[[Facts], _Value]) -> None:
        self.ask = ask
        self.__doc__ = ask.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, facts: None, owner: type) -> kept[_Value]: ...
    @overload
    def __get__(self, facts: Facts, owner: type) -> _Value: ...
    def __get__(self, facts: Facts | None, owner: type) -> _Value | kept[_Value]:
        if facts is None:
            return self
        value = facts.__dict__[self.name] = self.ask(facts)
        return value


@lru_cache(maxsize=64)
def _bases(addresses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(base_key(address) for address in addresses)


def token(value: str) -> str:
    """The token of a header value: decoded, comments, parameters, quotes and case gone (RFC 2045 section 5.1)."""
    if value.isalnum():
        return value.casefold()
    if "=?" in value:
        value = decode_words(value[:2_000])
    while "(" in value:
        shorter = _COMMENT.sub(" ", value[:2_000])
        if shorter == value:
            break
        value = shorter
    return value.partition(";")[0].strip(" \t\"'").casefold()


def several_tokens(value: str) -> frozenset[str]:
    """The tokens of a value that may hold several, whatever parts them and whatever stands about them."""
    if value.isalnum():
        return frozenset((value.casefold(),))
    value = decode_words(value[:2_000]) if "=?" in value else value[:2_000]
    while "(" in value and (shorter := _COMMENT.sub(" ", value)) != value:
        value = shorter
    return frozenset(_TOKENS.findall(value.casefold()))


class Facts:
    """One mail, what is known about it, and the answers the rows share."""

    def __init__(
        self,
        message: Message,
        history: History,
        settings: Settings,
        now: datetime,
        circumstances: Circumstances | None,
    ) -> None:
        self.message = message
        self.history = history
        self.settings = settings
        self.now = now
        self.circumstances = circumstances
        self.headers: dict[str, list[str]] = {}
        for name, value in message.headers:
            self.headers.setdefault(name, []).append(value)

    def values(self, *names: str) -> Iterator[tuple[str, str]]:
        """Every instance of the named fields, with its name."""
        return ((name, value) for name in names if name in self.headers for value in self.headers[name])

    def tokens(self, *names: str) -> Iterator[tuple[str, str]]:
        """The same, values as tokens."""
        return ((name, token(value)) for name, value in self.values(*names))

    def addresses(self, *names: str) -> tuple[Address, ...]:
        """Every address in the named fields."""
        return tuple(found for _, value in self.values(*names) for found in parse_addresses(value).addresses)

    # identities

    def owns(self, address: Address) -> bool:
        """Whether an address is one of the owner's: tag and case aside, at Gmail the dots."""
        return self.owns_key(address.key)

    def owns_key(self, key: str) -> bool:
        """The same, of a key."""
        return base_key(key) in _bases(self.settings.own_addresses)

    @kept
    def reverse_path(self) -> str | None:
        """The key of the topmost Return-Path, "" for the null path, None where there is none (RFC 5321 section 4.4)."""
        values = self.headers.get("return-path")
        if not values:
            return None
        value = _COMMENT.sub(" ", values[0][:2_000])
        if "<" in value:
            value = value.partition("<")[2].partition(">")[0]
        return identity(value.strip(' \t"'))

    @kept
    def reverse_path_local(self) -> str:
        """The local part of the Return-Path; the whole of it where it has no domain."""
        path = self.reverse_path or ""
        return path.rpartition("@")[0] if "@" in path else path

    @kept
    def reverse_path_elsewhere(self) -> bool:
        """Whether the Return-Path belongs to another organisation than From, SRS of From's aside."""
        author = self.sender
        path = self.reverse_path
        if author is None or not path or path == author.key:
            return False
        home = organisational_domain(author.domain)
        if organisational_domain(path.rpartition("@")[2]) == home:
            return False
        rewritten = _SRS.fullmatch(self.reverse_path_local)
        return rewritten is None or organisational_domain(rewritten[1]) != home

    @kept
    def verp(self) -> bool:
        """Whether the Return-Path names its recipient or a batch, as the programs of mass senders make it."""
        local = self.reverse_path_local
        return not local.startswith(("srs0", "srs1", "prvs=")) and _VERP.fullmatch(local) is not None

    @kept
    def sender(self) -> Address | None:
        """The one mailbox in From."""
        return self.message.author

    @kept
    def bounces_elsewhere(self) -> bool:
        """Whether the Return-Path is at a host of From's organisation that is there to take bounces."""
        path = self.reverse_path or ""
        domain = path.rpartition("@")[2]
        author = self.sender
        if author is None or not path or domain == author.domain:
            return False
        return _BOUNCE_HOST.match(domain) is not None

    @kept
    def foreign_reply_to(self) -> Address | None:
        """A Reply-To that is neither the owner's nor of From's organisation."""
        home = organisational_domain(self.sender.domain) if self.sender else ""
        for address in self.message.reply_to:
            if address.domain and not self.owns(address) and organisational_domain(address.domain) != home:
                return address
        return None

    @kept
    def configured_lead(self) -> Address | None:
        """Whom a web form names in Reply-To, where the owner configured its sender (and how its subjects begin)."""
        author = self.sender
        if author is None or not self.settings.form_senders:
            return None
        for rule in self.settings.form_senders:
            address, _, prefix = rule.strip().partition(" ")
            if identity(address) == author.key and self.message.subject.startswith(prefix.strip()):
                return next((one for one in self.message.reply_to if one.domain and not self.owns(one)), None)
        return None

    # what it belongs to

    @kept
    def real_thread(self) -> bool:
        """Whether it answers a mail the owner sent by hand to this address."""
        return not self.history.answered_ids.isdisjoint(self.message.ancestors)

    @kept
    def familiar(self) -> bool:
        """A known contact, or an answer in a real thread: marks of machines are then no proof that nobody wrote."""
        return self.history.known or self.real_thread

    @kept
    def own_list(self) -> bool:
        """Whether its list fields are those of a group that delivers to the owner, and of no other list."""
        names = {identity(name) for name in self.settings.own_lists}
        names |= {name.replace("@", ".") for name in names}
        told = [value.casefold() for _, value in self.values(*_LIST_NAMES)] if names else []
        return bool(told) and all(not names.isdisjoint(_LIST_NAME.findall(value)) for value in told)

    @kept
    def addressed(self) -> tuple[bool, bool]:
        """Whether an own address or list is named in To, and in Cc (Resent-To and Resent-Cc likewise)."""
        lists = {identity(name) for name in self.settings.own_lists}

        def names_me(addresses: tuple[Address, ...]) -> bool:
            return any(address.key in lists or self.owns(address) for address in addresses)

        return (
            names_me((*self.message.to, *self.addresses("resent-to"))),
            names_me((*self.message.cc, *self.addresses("resent-cc"))),
        )

    # words

    @kept
    def subject(self) -> str:
        """The subject as phrases are compared."""
        return normalised(self.message.subject[:LONGEST_SUBJECT])

    @kept
    def head(self) -> str:
        """The first 1,500 characters of the letter as phrases are compared."""
        return normalised(self.message.text[: HEAD * 2])[:HEAD]

    @kept
    def own_text(self) -> str:
        """What the writer wrote himself: the letter up to the first quotation or forwarded mail."""
        text = "\n" + self.message.text[:LETTER].replace("\r", "") + "\n"
        begins = _QUOTE_BEGINS.search(text)
        return text[: begins.start()] if begins else text

    @kept
    def own_words(self) -> str:
        """Its first 3,000 characters as phrases are compared."""
        return normalised(self.own_text[:WORDS])

    @kept
    def last_words(self) -> str:
        """Its last 2,000 characters as phrases are compared."""
        return self.own_words if len(self.own_text) <= FOOTER else normalised(self.own_text[-FOOTER:])

    @kept
    def opening(self) -> str:
        """The first 300 of these characters, without the signature below them (RFC 3676 section 4.3)."""
        opening = self.own_words[:OPENING]
        return opening.partition("\n--\n")[0] or opening

    @kept
    def greets_me(self) -> bool:
        """Whether its first line has the addressee's name, which no responder of a person knows: "Dear Ann,"."""
        mine = {part for one in (*self.message.to, *self.message.cc) if self.owns(one) for part in names_of(one)}
        greeting = _HOST.sub(" ", self.own_words.partition("\n")[0][:GREETING])
        return not mine.isdisjoint(_WORD.findall(greeting))

    @kept
    def asks(self) -> bool:
        """Whether the writer asks something: a question mark outside web addresses, behind more than "Urgent?"."""
        text = self.own_words
        marks = (_GREEK_QUESTION if "α" in text else _QUESTION).finditer(text)
        before = (text[max(0, mark.start() - 120) : mark.start()] for mark in marks)
        return any(not _RHETORICAL.match(_SENTENCE_END.split(sentence)[-1]) for sentence in before)
