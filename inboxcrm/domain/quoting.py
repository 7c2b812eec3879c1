"""Which words of a mail are new, and what is it about once reply marks are gone?

Every pattern begins with a line feed (which `re` finds fast) and is bounded in length, so that hostile text costs its
length and no more. Of the libraries tried two were exponential there, the third knew no Italian, Japanese or Outlook.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST = 200_000
"""Characters looked at; nobody writes more in one letter."""


def _any(names: str) -> str:
    """Alternatives from a `|` list, inner spaces matching any blank; written that way to be read."""
    return "|".join(re.escape(name.strip()).replace(r"\ ", r"[ \u00a0]") for name in names.split("|"))


_ORIGINAL = _any(
    "Original Message|Original message|Ursprüngliche Nachricht|Originalnachricht|Ursprüngliche Mail|Message d'origine"
    "|Message original|Mensaje original|Messaggio originale|Mensagem original|Oorspronkelijk bericht|Origineel bericht"
    "|Ursprungligt meddelande|Oprindelig meddelelse|Opprinnelig melding|Wiadomość oryginalna|元のメッセージ"
    "|Original-Nachricht|Forwarded message|Forwarded Message|Weitergeleitete Nachricht|Message transféré"
    "|Mensaje reenviado|Messaggio inoltrato|Mensagem encaminhada|Doorgestuurd bericht|転送メッセージ"
    "|Vidarebefordrat meddelande|Reply message|Original Appointment|Ursprünglicher Termin"
)
_BEGINS = _any(
    "Begin forwarded message|Anfang der weitergeleiteten Nachricht|Anfang der weitergeleiteten E-Mail"
    "|Début du message transféré|Début du message réexpédié|Inicio del mensaje reenviado"
    "|Inizio messaggio inoltrato|Início da mensagem encaminhada|Início da mensagem reencaminhada"
    "|Begin doorgestuurd bericht|転送されたメッセージ"
)
_FROM = _any("From|Von|De|Da|Van|差出人|送信者|Från|Fra|Od")
_NEXT = _any(
    "Sent|Date|To|Gesendet|Datum|An|Envoyé|Envoyé le|Date d'envoi|À|A|Enviado|Enviado el|Fecha|Para|Inviato|Data"
    "|Enviada|Enviado em|Enviada em|Verzonden|Verstuurd|Aan|送信日時|日時|宛先|日付|Reply-To|Subject|Betreff|Objet"
    "|Asunto|Oggetto|Assunto|Onderwerp|件名|Skickat|Till|Sendt|Til|Wysłano|Do"
)
_CUT = re.compile(
    rf"""\n(?:
      --[ ]?$                                                                  # signature (RFC 3676 section 4.3)
    | [ \t]{{0,8}}-{{2,40}}[ ]?(?:{_ORIGINAL})[ ]?-{{2,40}}[ \t]{{0,8}}$
    | (?:{_BEGINS})[ ]?[:：][ \t]{{0,8}}$
    | (?:_{{10,80}}[ \t]{{0,8}}\n(?:[ \t]{{0,8}}\n)?)?
      \*?(?:{_FROM})[ \u00a0]?[:：]\*?[^\n]{{1,300}}\n
      (?:[ \t]{{0,8}}\n)?
      \*?(?:{_NEXT})[ \u00a0]?[:：]\*?[^\n]{{1,1000}}\n
      (?:[ \t]{{0,8}}\n)?
      \*?(?:{_NEXT})[ \u00a0]?[:：]
    )""",
    re.MULTILINE | re.VERBOSE,
)
_WROTE = (
    r"(?:wrote|writes|schrieb(?:en)?|geschrieben|a[ \u00a0]écrit|escribió|ha[ ]scritto|escreveu|schreef|geschreven"
    r"|skrev|napisał(?:\(a\))?|написал(?:\(а\))?)"
)
_ATTRIBUTION = re.compile(
    rf"""\n(?:
      (?:On|In|Am|Le|El|Il|Em|No|Op|Den|W[ ]dniu|Dnia)\b[^\n]{{1,250}}(?:\n(?![>\n])[^\n]{{1,200}}){{0,2}}?
      \b{_WROTE}\b[^\n:：]{{0,120}}[ \u00a0]?[:：][ \t]{{0,8}}$
    | [^\n]{{1,260}}?(?:書きました|のメール|wrote|schrieb|scritto)
      (?:[ ](?:on|at|am|um|il)\b[^\n]{{0,60}}?)?[ ]?[:：][ \t]{{0,8}}$
    | \d{{4}}[年/.-][ ]?\d{{1,2}}[月/.-][ ]?\d{{1,2}}日?[^\n]{{0,200}}
      (?:<[^<>\n]{{3,200}}>|さん|様)[^\n:：]{{0,40}}[:：][ \t]{{0,8}}$
    )""",
    re.MULTILINE | re.VERBOSE,
)
_QUOTED_LINES = re.compile(r"\n[ \t]{0,3}>[^\n]*")
_BLANK_THEN_QUOTE = re.compile(r"\s{0,20}>")
_COLON_AT_LINE_END = re.compile(r":[ \t]{0,8}$", re.MULTILINE)
_ATTRIBUTION_SIGNS = (
    *("wrote", "writes", "schr", "écrit", "escribi", "scritto", "escreveu", "skrev", "napisa", "написал"),
    *("書きました", "のメール", ">:", ">：", "さん", "様"),
)
"""One of these stands in every attribution, and a colon ends it; looking for both is quicker than for attributions."""

_DIGIT = re.compile(r"\d")
_DEVICE = re.compile(
    r"""\n[ \t]{0,8}(?:
      Sent[ ](?:from|via|with)[ ](?:my|Mail|Yahoo|Outlook|Proton|the|an?)\b|Get[ ]Outlook[ ]for|Sent[ ]from[ ]\w{2,20}$
    | Von[ ](?:meinem|meiner)[ ][^\n]{2,40}[ ]gesendet|Gesendet[ ](?:von|mit|aus)\b
    | Diese[ ]Nachricht[ ]wurde[ ]von[ ]meinem
    | Envoyé[ ](?:de|depuis|à[ ]partir)\b|Obtenez[ ]Outlook|Télécharger[ ]Outlook
    | Enviado[ ](?:desde|do|de|a[ ]partir)\b|Obtener[ ]Outlook|Obter[ ](?:o[ ])?Outlook
    | Inviato[ ](?:da|dal|con)\b|Scarica[ ]Outlook|Ottieni[ ]Outlook
    | (?:Verzonden|Verstuurd)[ ](?:vanaf|met|via|vanuit)\b|Outlook[ ](?:voor|für|pour|para|per)\b
    | (?:iPhone|iPad|Android|スマートフォン|携帯)[^\n]{0,20}から送信|Outlook[ ]for[ ]
    )[^\n]{0,80}$""",
    re.MULTILINE | re.VERBOSE,
)
_EMPTY_LINES = re.compile(r"\n[ \t]{0,200}\n(?:[ \t]{0,200}\n)++")


def new_text(text: str) -> str:
    """The words the writer of this mail added: no quotes, attributions, forwarded blocks, signatures, device lines.

    Answers below or between quotes are kept. A mail that only forwards has no new text.
    """
    text = "\n" + text[:LONGEST]
    if cut := _CUT.search(text):
        text = text[: cut.start()]
    if ("：" in text or _COLON_AT_LINE_END.search(text)) and any(sign in text for sign in _ATTRIBUTION_SIGNS):
        text = _without_attributions(text)
    if ">" in text:
        text = _QUOTED_LINES.sub("", text)
    text = _DEVICE.sub("", text)
    return _EMPTY_LINES.sub("\n\n", text).strip()


def _without_attributions(text: str) -> str:
    """Without "On ... Ann wrote:"; where no quote marks follow it, everything below it is the quote."""
    kept: list[str] = []
    end = 0
    for match in _ATTRIBUTION.finditer(text):
        if not _DIGIT.search(match[0]):
            continue
        kept.append(text[end : match.start()])
        end = match.end()
        if not _BLANK_THEN_QUOTE.match(text, end):
            return "".join(kept)
    return "".join((*kept, text[end:]))


_PREFIXES = _any(
    "re|r|aw|antw|antwort|wg|fw|fwd|sv|vs|vl|rif|ref|tr|rv|enc|res|i|inoltra|inoltro|doorst|vb|odp|pd|ynt|ilt|bls|trs"
    "|回复|回覆|答复|转发|轉寄|返信|返|転送|전달|회신|отв|ha|továbbítás|fs|videres"
    "|automatic reply|automatische antwort|réponse automatique|respuesta automática|risposta automatica"
    "|resposta automática|automatisch antwoord|自動応答|自動返信|out of office|abwesenheitsnotiz"
    "|accepted|declined|tentative|zugesagt|abgesagt|accepté|refusé|aceptado|accettato|aceito|geaccepteerd"
)
_PREFIX = re.compile(
    rf"\s*(?:{_PREFIXES})\s?(?:\[\d{{1,4}}\]|\(\d{{1,4}}\)|\^\d{{1,4}}|\d{{1,2}})?\s?[:：]", re.IGNORECASE
)
_LIST_TAG = re.compile(r"\s*\[[^\]\[\d#]{1,60}\]")
_FORWARDED_TAIL = re.compile(r"\s*\((?:fwd|fw)\)\s*\Z", re.IGNORECASE)


def fresh_subject(subject: str) -> str:
    """The subject of a mail that begins a conversation; empty where it is repeated from another mail."""
    return "" if _PREFIX.match(subject[:2_000]) else subject


@lru_cache(maxsize=64)  # one mail asks four times
def normalised_subject(subject: str) -> str:
    """The key of a subject: case folded, without reply and forward marks of many languages and without list tags.

    A tag with a digit or `#` in it stays, since it is a ticket's number. Empty where nothing else was there.
    """
    subject = subject[:2_000]
    at = 0
    while match := _PREFIX.match(subject, at) or _LIST_TAG.match(subject, at):
        at = match.end()
    return " ".join(_FORWARDED_TAIL.sub("", subject[at:]).casefold().split())
