"""How a text to a contact addresses them: by which name, and in which form."""

from __future__ import annotations

from collections.abc import Mapping

from inboxcrm.domain.outbox import TemplateValue
from inboxcrm.domain.salutation import Form, first_name
from inboxcrm.store.contacts import Card


def form_of(card: Card, *, proved: bool = True) -> Form:
    """Familiar where it is set on the contact; who is not `proved` to be that contact is addressed formally."""
    return Form.FAMILIAR if proved and card.form == Form.FAMILIAR else Form.FORMAL


def salute(card: Card, name: str, *, proved: bool = True) -> Mapping[str, TemplateValue]:
    """The values of a text that say it; `name` is "" where it is not known or must not be repeated."""
    form = form_of(card, proved=proved)
    return {
        "sender_name": name or None,
        "first_name": first_name(name) if form is Form.FAMILIAR else None,
        "form": form,
    }
