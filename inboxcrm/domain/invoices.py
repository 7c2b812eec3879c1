"""Does a mail of the owner's look as if it carried an invoice?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from inboxcrm.domain.sentences import fold

_NAMED = re.compile(
    r"invoices?|inv[-_. ]?\d|rechnung|faktura|facture|factura|fattura|fatura|nota[-_ ]?fiscal|factuur|honorarnote"
    r"|請求書"
)
_CARRIERS = ("application/pdf", "application/xml", "text/xml", "application/octet-stream")
_OTHER_PAPERS = re.compile(
    r"reminder|mahnung|erinnerung|rappel|recordatorio|sollecito|lembrete|herinnering|督促|storno|credit"
)


def carries_invoice(subject: str, attachments: Iterable[tuple[str, str]]) -> bool:
    """Whether a file is named as invoices are in eight languages, or a document hangs on a subject that says so.

    `attachments` are names and content types. A reminder, and what takes an invoice back, is none.
    """
    titled = fold(subject)
    for name, content_type in attachments:
        called = fold(name)
        document = content_type in _CARRIERS or called.endswith((".pdf", ".xml"))
        if not document or _OTHER_PAPERS.search(called):
            continue
        if _NAMED.search(called) or (_NAMED.search(titled) and not _OTHER_PAPERS.search(titled)):
            return True
    return False
