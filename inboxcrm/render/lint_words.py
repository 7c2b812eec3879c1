"""The phrases by which the lint knows, in eight languages, what a mail must not say and what it must."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Phrases:
    """Patterns for one language, matched without regard to case.

    `do_not_reply` shuts the reader out, `vague` promises nothing, `asks` takes where a greeting should give, `sells`
    advertises, `human` says that a person reads what comes back. `formal` and `familiar` are words of one form of
    address; None in languages that have one, or tell it by the ends of verbs (Japanese).
    """

    do_not_reply: re.Pattern[str]
    vague: re.Pattern[str]
    asks: re.Pattern[str]
    sells: re.Pattern[str]
    human: re.Pattern[str]
    formal: re.Pattern[str] | None = None
    familiar: re.Pattern[str] | None = None


def _phrases(
    *, do_not_reply: str, vague: str, asks: str, sells: str, human: str, forms: tuple[str, str] | None = None
) -> Phrases:
    """`forms` are matched with regard to case: a capital tells Sie from sie, and Lei from lei."""
    made = (re.compile(pattern, re.IGNORECASE) for pattern in (do_not_reply, vague, asks, sells, human))
    return Phrases(*made, *(re.compile(pattern) for pattern in forms or ()))


PHRASES: Mapping[str, Phrases] = MappingProxyType(
    {
        "en": _phrases(
            do_not_reply=r"\b(?:do not|don[’']t|cannot|can[’']t) (?:reply|respond|answer)|no.?reply|unmonitored",
            vague=r"as soon as (?:possible|i can|we can)|\basap\b|\bshortly\b|at (?:my|our) earliest",
            asks=r"\?|\b(?:offer|invoice|quote|review us|refer|recommend us|deadline|could you|would you|please)\b",
            sells=(
                r"discount|special offer|newsletter|webinar|follow (?:us|me) on|visit (?:our|my) (?:shop|web)"
                r"|subscribe"
            ),
            human=r"repl(?:y|ies)|write back|write to me|read by a person",
        ),
        "de": _phrases(
            do_not_reply=(
                r"nicht (?:auf diese|darauf)[^.]*(?:antwort|reagier)|nicht antworten"
                r"|antworte(?:n sie)? (?:bitte )?nicht|no.?reply"
            ),
            vague=r"so ?bald (?:wie|als) möglich|schnellstmöglich|baldmöglichst|umgehend|in kürze|zeitnah",
            asks=(
                r"\?|\b(?:angebot|rechnung|bewert\w+|empfehl\w+|frist|könnte(?:n sie|st du)|würde(?:n sie|st du)"
                r"|bitte)\b"
            ),
            sells=(
                r"rabatt|sonderangebot|aktionspreis|newsletter|webinar|folg(?:en sie|e?) (?:uns|mir)|abonnier"
                r"|besuch(?:en sie|e?) (?:unser|meine)"
            ),
            human=(
                r"darauf antwort|antworten? (?:sie )?(?:einfach )?darauf|antwort (?:erreicht|darauf)"
                r"|schreib(?:en sie)? mir"
            ),
            forms=(
                r"\b(?:Ihnen|Ihre[nmrs]?|Ihr)\b|(?<=[a-zäöüß,] )Sie\b",
                r"\b(?:[Dd]u|[Dd]ich|[Dd]ir|[Dd]ein(?:e[nmrs]?)?)\b",
            ),
        ),
        "fr": _phrases(
            do_not_reply=r"ne (?:pas|répond(?:ez|s) pas|répond(?:ez|s))[^.]*(?:répond|à ce message)|no.?reply",
            vague=r"dès que possible|dans les (?:meilleurs|plus brefs) délais|au plus vite|prochainement|sous peu",
            asks=r"\?|\b(?:offre|facture|devis|avis|recommand\w+|échéance|pourr(?:iez-vous|ais-tu)|merci de)\b",
            sells=(
                r"remise|promotion|offre spéciale|newsletter|infolettre|webinaire|suivez-(?:nous|moi)"
                r"|abonnez-vous|visitez (?:notre|mon)"
            ),
            human=r"répond(?:ez|re|s)\b|(?:votre|ta) réponse|écri(?:vez|s)-moi",
            forms=(
                r"(?<!rendez-)\b(?:[Vv]ous|[Vv]otre|[Vv]os)\b",
                r"\b(?:[Tt]u|[Tt]oi|[Tt]on|[Tt]a|[Tt]es|[Tt]e)\b|\bt’",
            ),
        ),
        "es": _phrases(
            do_not_reply=r"no (?:responda|respondas|conteste|contestes|responder|contestar)|no.?reply",
            vague=r"lo antes posible|cuanto antes|a la (?:mayor )?brevedad|en breve|próximamente",
            asks=r"\?|\b(?:oferta|factura|presupuesto|reseña|recomiend\w*|plazo|podrías?|por favor)\b",
            sells=(
                r"descuento|oferta especial|promoción|boletín|webinar|síg(?:ue|a)(?:me|nos)|suscríb"
                r"|visit[ea] (?:nuestr|mi )"
            ),
            human=r"si respond(?:e|es)\b|respond[ae]\b|respónd[ae]me|(?:su|tu) respuesta|escríb[ae]me",
            forms=(
                (
                    r"\b[Uu]sted\b|\b[Ss]us? (?:mensaje|respuesta|correo|número|opinión|confianza|cumpleaños)\b"
                    r"|\b(?:llámeme|escríbame|respóndame)\b"
                ),
                r"\b(?:[Tt]ú|ti|[Tt]us?|[Tt]e|contigo)\b",
            ),
        ),
        "it": _phrases(
            do_not_reply=r"non (?:risponda|rispondere|rispondete)|no.?reply",
            vague=r"(?:il )?(?:prima|più presto) possibile|al più presto|quanto prima|a breve",
            asks=r"\?|\b(?:offerta|fattura|preventivo|recensione|raccomand\w+|scadenza|potre(?:bbe|sti)|per favore)\b",
            sells=(
                r"sconto|offerta speciale|promozione|newsletter|webinar|segu(?:ici|imi|ite)|iscriv"
                r"|visit[ai] (?:il (?:mio|nostro)|la (?:mia|nostra))"
            ),
            human=r"se rispond[ei]\b|rispond[ai]\b|(?:sua|tua) risposta|mi scriva|scrivimi|rispondere",
            forms=(
                r"(?<=[a-zàèéìòù,’] )(?:Lei|Le|Suo|Sua|Suoi|Sue)\b|[a-z](?:Le|La)\b",
                r"\b(?:[Tt]u|[Tt]i|[Tt]e|[Tt]uo|[Tt]ua|[Tt]uoi|[Tt]ue)\b",
            ),
        ),
        "pt": _phrases(
            do_not_reply=r"não (?:respond[ae]s?|responder)|no.?reply",
            vague=r"(?:logo que|assim que|o mais (?:rápido|breve|cedo)) possível|em breve|brevemente",
            asks=r"\?|\b(?:oferta|fatura|orçamento|avaliação|recomend\w+|prazo|poderias?|por favor)\b",
            sells=(
                r"desconto|oferta especial|promoção|newsletter|webinar|siga-(?:nos|me)|subscrev"
                r"|visite (?:o (?:nosso|meu)|a (?:nossa|minha))"
            ),
            human=r"se responder(?:es)?\b|respond[ae]\b|basta responder|(?:sua|tua) resposta|escrev[ae]-me",
            forms=(
                r"\ba sua (?:mensagem|resposta)\b|\b(?:consigo|lhe)\b|\b(?:escreva|ligue|responda)-me\b",
                r"\b(?:[Tt]u|ti|[Tt]e|[Tt]eu|[Tt]ua|contigo)\b",
            ),
        ),
        "nl": _phrases(
            do_not_reply=r"niet (?:op dit[^.]*)?(?:antwoorden|beantwoorden|reageren)|no.?reply",
            vague=r"zo (?:snel|spoedig) mogelijk|\bspoedig\b|binnenkort|zsm\b",
            asks=(
                r"\?|\b(?:aanbod|aanbieding|factuur|offerte|beoordel\w+|aanbevel\w+|deadline|zou (?:u|je)"
                r"|kun(?:t u| je)|graag)\b"
            ),
            sells=r"korting|aanbieding|nieuwsbrief|webinar|volg (?:ons|mij|me)|abonneer|bezoek (?:onze|mijn)",
            human=r"erop antwoordt|antwoord (?:dan|gerust|daarvoor)|(?:uw|je|jouw) antwoord|schrijf (?:mij|me)",
            forms=(
                r"\b(?:[Uu]|[Uu]w)\b",
                r"\b(?:[Jj]ij|[Jj]ou|[Jj]ouw|[Jj]e)\b",
            ),
        ),
        "ja": _phrases(
            do_not_reply=r"返信(?:しないで|はできません|できません|はご遠慮|不可)|送信専用",
            vague=r"できるだけ早く|できる限り早く|なるべく早く|早急に|近日中|至急",
            asks=r"[?？]|お見積|ご請求|請求書|レビュー|ご紹介ください|締め切り|いただけますか|してください",
            sells=r"割引|特別価格|キャンペーン|メールマガジン|ウェビナー|フォロー",
            human=r"ご?返信",
        ),
    }
)
