"""The phrases by which the lint knows, in eight languages, what a mail must not say and what it must."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Phrases:
    """Patterns for one language, matched without regard to case.

    `do_not_reply` shuts the reader out, `vague` promises nothing, `asks` takes where a greeting should give, `human`
    says that a person reads what comes back.
    """

    do_not_reply: re.Pattern[str]
    vague: re.Pattern[str]
    asks: re.Pattern[str]
    human: re.Pattern[str]


def _phrases(*, do_not_reply: str, vague: str, asks: str, human: str) -> Phrases:
    made = (re.compile(pattern, re.IGNORECASE) for pattern in (do_not_reply, vague, asks, human))
    return Phrases(*made)


PHRASES: Mapping[str, Phrases] = MappingProxyType(
    {
        "en": _phrases(
            do_not_reply=r"\b(?:do not|don[’']t|cannot|can[’']t) (?:reply|respond|answer)|no.?reply|unmonitored",
            vague=r"as soon as (?:possible|i can|we can)|\basap\b|\bshortly\b|at (?:my|our) earliest",
            asks=r"\?|\b(?:offer|invoice|quote|review us|refer|recommend us|deadline|could you|would you|please)\b",
            human=r"repl(?:y|ies)|write back|write to me|read by a person",
        ),
        "de": _phrases(
            do_not_reply=r"nicht (?:auf diese|darauf)[^.]*(?:antworten|reagieren)|nicht antworten|no.?reply",
            vague=r"so ?bald (?:wie|als) möglich|schnellstmöglich|baldmöglichst|umgehend|in kürze|zeitnah",
            asks=r"\?|\b(?:angebot|rechnung|bewert\w+|empfehl\w+|frist|könnten sie|würden sie|bitte)\b",
            human=r"darauf antworten|antworten sie (?:einfach )?darauf|antwort (?:erreicht|darauf)|schreiben sie mir",
        ),
        "fr": _phrases(
            do_not_reply=r"ne (?:pas|répondez pas|répondez)[^.]*(?:répondre|répondez|à ce message)|no.?reply",
            vague=r"dès que possible|dans les (?:meilleurs|plus brefs) délais|au plus vite|prochainement|sous peu",
            asks=r"\?|\b(?:offre|facture|devis|avis|recommand\w+|échéance|pourriez-vous|merci de)\b",
            human=r"répond(?:ez|re)|votre réponse|écrivez-moi",
        ),
        "es": _phrases(
            do_not_reply=r"no (?:responda|conteste|responder|contestar)|no.?reply",
            vague=r"lo antes posible|cuanto antes|a la (?:mayor )?brevedad|en breve|próximamente",
            asks=r"\?|\b(?:oferta|factura|presupuesto|reseña|recomiende\w*|plazo|podría|por favor)\b",
            human=r"si responde|responda|respóndame|su respuesta|escríbame",
        ),
        "it": _phrases(
            do_not_reply=r"non (?:risponda|rispondere|rispondete)|no.?reply",
            vague=r"(?:il )?(?:prima|più presto) possibile|al più presto|quanto prima|a breve",
            asks=r"\?|\b(?:offerta|fattura|preventivo|recensione|raccomand\w+|scadenza|potrebbe|per favore)\b",
            human=r"se risponde|risponda|sua risposta|mi scriva",
        ),
        "pt": _phrases(
            do_not_reply=r"não (?:responda|responder)|no.?reply",
            vague=r"(?:logo que|assim que|o mais (?:rápido|breve|cedo)) possível|em breve|brevemente",
            asks=r"\?|\b(?:oferta|fatura|orçamento|avaliação|recomend\w+|prazo|poderia|por favor)\b",
            human=r"se responder|responda|sua resposta|escreva-me",
        ),
        "nl": _phrases(
            do_not_reply=r"niet (?:op dit[^.]*)?(?:antwoorden|beantwoorden|reageren)|no.?reply",
            vague=r"zo (?:snel|spoedig) mogelijk|\bspoedig\b|binnenkort|zsm\b",
            asks=r"\?|\b(?:aanbod|aanbieding|factuur|offerte|beoordel\w+|aanbevel\w+|deadline|zou u|kunt u|graag)\b",
            human=r"erop antwoordt|antwoord (?:dan|gerust)|uw antwoord|schrijf mij",
        ),
        "ja": _phrases(
            do_not_reply=r"返信(?:しないで|はできません|できません|はご遠慮|不可)|送信専用",
            vague=r"できるだけ早く|できる限り早く|なるべく早く|早急に|近日中|至急",
            asks=r"[?？]|お見積|ご請求|請求書|レビュー|ご紹介ください|締め切り|いただけますか|してください",
            human=r"ご?返信",
        ),
    }
)
