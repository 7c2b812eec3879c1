"""Which letter does an Italian certified mail (posta elettronica certificata, RFC 6109) carry?

The sender's provider puts the letter, as postacert.eml, into an envelope of its own: From is the provider's address
with "Per conto di" and the writer in its name, Reply-To the writer, X-Trasporto says what kind of envelope it is.
"""

from __future__ import annotations

from dataclasses import replace

from inboxcrm.domain.message import Message

MARK = "x-trasporto"
DISAGREES = "certified-letter-disagrees"
"""The defect of an envelope that does not name the writer of the letter inside: it is read as any other mail."""


def opened(envelope: Message, letter: Message, path: str) -> Message:
    """The envelope, read as the letter that lies in it as part `path`; left closed where the two name other writers."""
    author = letter.author
    named = {address.key for address in envelope.reply_to}
    says = envelope.author.name.casefold() if envelope.author is not None else ""
    if author is None or (author.key not in named and author.key not in says.split()):
        return replace(envelope, defects=(*envelope.defects, DISAGREES))
    files = (replace(part, path=f"{path}.{part.path}") for part in letter.parts if part.attached)
    return replace(
        envelope,
        in_reply_to=tuple(dict.fromkeys((*letter.in_reply_to, *envelope.in_reply_to))),
        references=tuple(dict.fromkeys((*envelope.references, *letter.references))),
        from_=letter.from_,
        reply_to=letter.reply_to,
        to=letter.to or envelope.to,
        cc=letter.cc,
        subject=letter.subject,
        parts=(*envelope.parts, *files),
        text=letter.text,
        html_only=letter.html_only,
        defects=tuple(dict.fromkeys((*envelope.defects, *letter.defects))),
        carried=letter,
    )
