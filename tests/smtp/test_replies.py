"""The table of replies."""

from __future__ import annotations

import pytest

from inboxcrm.domain.outbox import Step
from inboxcrm.ports import Deferred, Delivery, InDoubt, Rejected, Sent
from inboxcrm.smtp.replies import Reply, outcome, refuses_null_sender

PAUSE = True


@pytest.mark.parametrize(
    ("step", "reply", "expected"),
    [
        (Step.BODY, Reply(250, "2.0.0 queued"), Sent("250 2.0.0 queued")),
        (Step.BODY, Reply(-1, "?"), InDoubt("-1 ?")),
        (Step.BODY, Reply(354, "again"), InDoubt("354 again")),
        (Step.MAIL, Reply(-1, "?"), Deferred("-1 ?")),
        (Step.RCPT, Reply(450, "4.7.1 later"), Deferred("450 4.7.1 later")),
        (Step.MAIL, Reply(421, "4.7.0 bye"), Deferred("421 4.7.0 bye")),
        (Step.CONNECT, Reply(454, "4.7.0 later"), Deferred("454 4.7.0 later")),
        (Step.CONNECT, Reply(535, "5.7.8 no"), Deferred("535 5.7.8 no", PAUSE)),
        (Step.CONNECT, Reply(502, "EHLO?"), Deferred("502 EHLO?", PAUSE)),
        (Step.RCPT, Reply(550, "5.1.1 unknown"), Rejected("550 5.1.1 unknown")),
        (Step.RCPT, Reply(550, "5.7.1 relaying denied"), Rejected("550 5.7.1 relaying denied")),
        (Step.BODY, Reply(552, "5.3.4 too big"), Rejected("552 5.3.4 too big")),
        (Step.BODY, Reply(550, "5.4.5 Daily user sending limit exceeded"), None),
        (Step.BODY, Reply(554, "5.2.0 STOREDRV.Submission.Exception:OutboundSpamException"), None),
        (Step.BODY, Reply(432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"), None),
        (Step.RCPT, Reply(451, "4.3.2 Please try again later"), None),
        (Step.RCPT, Reply(550, "5.7.232 Your message can't be sent: tenant exceeded its rate"), None),
        (Step.MAIL, Reply(530, "5.7.0 Authentication required"), None),
        (Step.BODY, Reply(550, "5.1.90 Your message can't be sent because you've reached your daily limit"), None),
        (Step.BODY, Reply(550, "5.1.8 Access denied, bad outbound sender AS(42004)"), None),
        (Step.BODY, Reply(550, "5.7.501 Access denied, spam abuse detected"), None),
        (Step.BODY, Reply(550, "5.7.705 Access denied, tenant has exceeded threshold"), None),
        (Step.BODY, Reply(554, "5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException"), None),
        (Step.BODY, Reply(552, "5.2.2 This message is larger than the mailbox"), Rejected),
        (Step.BODY, Reply(550, "5.4.5 Daily SMTP relay limit exceeded for user"), None),
        (Step.RCPT, Reply(421, "4.7.28 Our system has detected an unusual rate of unsolicited mail"), None),
        (Step.RCPT, Reply(450, "4.2.1 Peak SMTP relay limit exceeded for customer"), None),
        (Step.RCPT, Reply(450, "4.2.1 The user you are trying to contact is receiving mail too quickly"), Deferred),
        (Step.RCPT, Reply(450, "4.2.1 is receiving mail at a rate that prevents additional messages"), Deferred),
        (Step.RCPT, Reply(452, "4.2.2 The email account that you tried to reach is over quota"), Deferred),
        (Step.MAIL, Reply(421, "4.7.0 Try again later, closing connection"), Deferred),
        (Step.CONNECT, Reply(454, "4.7.0 Too many login attempts, please try again later"), None),
        (Step.MAIL, Reply(421, "4.7.0 [TSS04] Messages temporarily deferred due to user complaints"), None),
        (Step.BODY, Reply(550, "5.4.6 Unusual sending activity detected. Please try after sometime"), None),
        (Step.BODY, Reply(554, "5.4.6 Too many hops"), Rejected),
        (Step.MAIL, Reply(554, "5.1.8 Email Outgoing Blocked"), None),
        (Step.MAIL, Reply(553, "5.1.8 sender address rejected: domain not found"), Rejected),
        (Step.BODY, Reply(554, "5.7.1 You have exceeded your daily sending limit"), None),
        (Step.RCPT, Reply(451, "4.7.1 Sender rate limit exceeded"), None),
        (Step.RCPT, Reply(550, "Domain example.org has exceeded the max emails per hour (500/500 (100%))"), None),
        (Step.BODY, Reply(550, "example.org has exceeded the max defers and failures per hour (5/5)"), None),
        (Step.BODY, Reply(454, "Throttling failure: Daily message quota exceeded"), None),
        (Step.RCPT, Reply(450, "Requested mail action not taken: mail send limit exceeded"), None),
        (Step.BODY, Reply(552, "5.3.4 Message size limit exceeded for sending"), Rejected),
        (Step.RCPT, Reply(552, "5.2.2 The recipient's mailbox is over quota"), Rejected),
        (Step.RCPT, Reply(550, "5.2.1 The user is receiving mail at a rate that prevents more"), Rejected),
        (Step.BODY, Reply(550, "5.7.1 the daily\n5.7.1 sending limit was met"), None),
    ],
)
def test_a_reply_means(step: Step, reply: Reply, expected: Delivery | type[Deferred] | type[Rejected] | None) -> None:
    """A class stands for one with the reply's own words; None for what makes the account rest."""
    if isinstance(expected, type):
        expected = expected(reply.shown())
    assert outcome(step, reply) == (expected or Deferred(reply.shown(), PAUSE))


@pytest.mark.parametrize(
    ("reply", "about_sender"),
    [
        (Reply(550, "5.7.1 Null sender is not allowed"), True),
        (Reply(553, "5.1.7 bad address"), True),
        (Reply(550, "5.7.60 SMTP; Client does not have permissions to send as this sender"), True),
        (Reply(501, "<> : invalid"), True),
        (Reply(550, "5.1.1 User unknown"), False),
        (Reply(451, "4.1.8 sender domain not found now"), False),
        (Reply(554, "5.6.0 message refused"), False),
    ],
)
def test_a_refused_null_sender_is_told_from_other_refusals(reply: Reply, about_sender: bool) -> None:
    assert refuses_null_sender(reply) is about_sender
