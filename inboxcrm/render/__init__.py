"""Texts and mails that go out: templates, their lint, and the bytes that SMTP gets."""

from inboxcrm.render.check import UnsafeMailError
from inboxcrm.render.compose import (
    UndeliverableError,
    compose,
    compose_notice,
    compose_owner_mail,
    deliverable,
    instance_token,
    message_id,
    redated,
)
from inboxcrm.render.templates import Intent, Rendered, Template, TemplateSet
from inboxcrm.render.values import VALUES

__all__ = (
    "VALUES",
    "Intent",
    "Rendered",
    "Template",
    "TemplateSet",
    "UndeliverableError",
    "UnsafeMailError",
    "compose",
    "compose_notice",
    "compose_owner_mail",
    "redated",
    "deliverable",
    "instance_token",
    "message_id",
)
