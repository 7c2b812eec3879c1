"""Against the server in process, in its moods."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from inboxcrm.config import Security, Server
from inboxcrm.errors import ConfigError
from inboxcrm.ports import Deferred, Delivery, InDoubt, Outgoing, Rejected, Sent
from inboxcrm.smtp import Patience, SmtpTransport
from inboxcrm.testing.smtp_server import Cut, Mood, Step, SubmissionServer
from tests.deaf import deaf_place
from tests.smtp.conftest import ACCOUNT, SHORT, Connect, Steps, outgoing
from tests.smtp.scripted import ScriptedServer, usual_but

ALL_STEPS = ["connect", "mail", "rcpt", "data", "body"]


async def test_a_mail_goes_out_as_it_is_after_every_step_was_recorded(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps
) -> None:
    item = outgoing(text="..dots\r\n.\r\n.one\r\nend\r\n")

    delivery = await connect(smtp_sink).send(item, steps)

    assert isinstance(delivery, Sent)
    assert steps == ALL_STEPS
    [mail] = smtp_sink.accepted
    assert (mail.raw, mail.envelope_from, mail.recipients) == (item.raw, "", ("bob@example.com",))


async def test_the_machine_is_not_named_to_the_server(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps
) -> None:
    await connect(smtp_sink).send(outgoing(), steps)

    assert smtp_sink.accepted[0].helo == "[127.0.0.1]"


TAKEN_BACK = [*ALL_STEPS, "data"]
"""The record that the body may have begun is made with DATA, and taken back where it did not."""

CUTS = [
    (Step.CONNECT, Deferred, ["connect"], ["connect"]),
    (Step.EHLO, Deferred, ["connect"], ["connect"]),
    (Step.MAIL, Deferred, ["connect", "mail"], TAKEN_BACK),
    (Step.RCPT, Deferred, ["connect", "mail", "rcpt"], TAKEN_BACK),
    (Step.DATA, Deferred, TAKEN_BACK, TAKEN_BACK),
    (Step.BODY, InDoubt, ALL_STEPS, ALL_STEPS),
    (Step.FINAL, InDoubt, ALL_STEPS, ALL_STEPS),
]


@pytest.mark.parametrize("reset", [True, False], ids=["rst", "fin"])
@pytest.mark.parametrize(("step", "kind", "one_by_one", "together"), CUTS, ids=[cut[0] for cut in CUTS])
async def test_a_connection_cut_leaves_doubt_only_once_the_body_has_begun(
    connect: Connect,
    step: Step,
    kind: type[Delivery],
    one_by_one: list[str],
    together: list[str],
    reset: bool,
) -> None:
    for without, recorded in ((frozenset({"PIPELINING"}), one_by_one), (frozenset[str](), together)):
        async with SubmissionServer(without=without) as server:
            server.moods.append(Mood(step, cut=Cut.BEFORE, reset=reset, octets=40, times=1))
            transport, steps = connect(server), Steps()

            delivery = await transport.send(outgoing(), steps)

            assert isinstance(delivery, kind)
            assert steps == recorded
            assert not server.accepted
            assert isinstance(await transport.send(outgoing(), Steps()), Sent)


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.FINAL])
async def test_a_server_that_falls_silent_is_left(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps, step: Step
) -> None:
    smtp_sink.moods.append(Mood(step, stall=True, times=1))
    transport = connect(smtp_sink, patience=SHORT if step is not Step.FINAL else Patience(final=SHORT.final))

    while smtp_sink.moods[0].times:  # a slow machine is given up on before
        delivery = await transport.send(outgoing(), steps)

    assert isinstance(delivery, InDoubt if step is Step.FINAL else Deferred)
    transport._patience = Patience()
    assert isinstance(await transport.send(outgoing(), Steps()), Sent)


@pytest.mark.parametrize(
    ("mood", "expected"),
    [
        (Mood(Step.RCPT, reply="451 4.7.1 Greylisted"), Deferred("451 4.7.1 Greylisted")),
        (Mood(Step.RCPT, reply="452 4.2.2 Mailbox full"), Deferred("452 4.2.2 Mailbox full")),
        (Mood(Step.RCPT, reply="550 5.1.1 User unknown"), Rejected("550 5.1.1 User unknown")),
        (Mood(Step.FINAL, reply="554 5.6.0 Content refused"), Rejected("554 5.6.0 Content refused")),
        (Mood(Step.FINAL, reply="451 4.3.0 Queue file write error"), Deferred("451 4.3.0 Queue file write error")),
        (Mood(Step.DATA, reply="554 5.5.1 No valid recipients"), Rejected("554 5.5.1 No valid recipients")),
        (
            Mood(Step.MAIL, reply="530 5.7.0 Must issue a STARTTLS command first"),
            Deferred("530 5.7.0 Must issue a STARTTLS command first", pause_all=True),
        ),
        (
            Mood(Step.FINAL, reply="550 5.4.5 Daily user sending limit exceeded"),
            Deferred("550 5.4.5 Daily user sending limit exceeded", pause_all=True),
        ),
        (Mood(Step.CONNECT, reply="554 No SMTP service here"), Deferred("554 No SMTP service here", pause_all=True)),
        (Mood(Step.EHLO, reply="550 5.7.1 Go away"), Deferred("550 5.7.1 Go away", pause_all=True)),
    ],
    ids=lambda value: f"{value.step}-{str(value.reply)[:9]}" if isinstance(value, Mood) else "",
)
async def test_a_refusal_is_sorted_by_whom_it_concerns(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps, mood: Mood, expected: Delivery
) -> None:
    smtp_sink.moods.append(mood)

    assert await connect(smtp_sink).send(outgoing(ACCOUNT), steps) == expected
    assert not smtp_sink.accepted


@pytest.mark.parametrize("step", [Step.CONNECT, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA, Step.FINAL])
async def test_a_421_defers_the_mail_and_ends_the_connection(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps, step: Step
) -> None:
    smtp_sink.moods.append(Mood(step, reply="421 4.7.0 Closing", times=1))
    transport = connect(smtp_sink)

    assert await transport.send(outgoing(), steps) == Deferred("421 4.7.0 Closing")
    assert isinstance(await transport.send(outgoing(), Steps()), Sent)
    assert smtp_sink.connections == 2


async def test_a_late_word_is_waited_for(smtp_sink: SubmissionServer, connect: Connect, steps: Steps) -> None:
    smtp_sink.moods.append(Mood(Step.FINAL, delay=timedelta(seconds=0.4)))
    transport = connect(smtp_sink, patience=Patience(command=SHORT.command, final=60))

    while isinstance(delivery := await transport.send(outgoing(), steps), Deferred):
        pass  # a slow machine is given up on before

    assert isinstance(delivery, Sent)
    assert len(smtp_sink.accepted) == 1


async def test_a_larger_mail_is_given_more_time() -> None:
    assert Patience().for_body(4_000) == pytest.approx(600, abs=1)
    assert Patience().for_body(20_000_000) == pytest.approx(600 + 625)


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.FINAL])
async def test_where_the_null_sender_is_refused_the_account_address_takes_its_place(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps, step: Step
) -> None:
    smtp_sink.moods.append(Mood(step, reply="553 5.7.1 <>: Sender address rejected: not owned by user", times=1))
    transport = connect(smtp_sink)

    first = await transport.send(outgoing(), steps)
    second = await transport.send(outgoing(), Steps())

    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert transport.null_sender_refused
    assert [mail.envelope_from for mail in smtp_sink.accepted] == [ACCOUNT, ACCOUNT]
    assert steps[:2] == ["connect", "mail"]
    assert steps[-4:] == ["mail", "rcpt", "data", "body"]


async def test_a_server_that_never_takes_the_null_sender_gets_the_account_address(
    connect: Connect, steps: Steps
) -> None:
    async with SubmissionServer(null_sender=False) as server:
        delivery = await connect(server).send(outgoing(), steps)

        assert isinstance(delivery, Sent)
        assert [mail.envelope_from for mail in server.accepted] == [ACCOUNT]


async def test_without_an_account_address_a_refused_null_sender_rejects_the_mail(
    connect: Connect, steps: Steps
) -> None:
    async with SubmissionServer(null_sender=False) as server:
        delivery = await connect(server, account_address=None).send(outgoing(), steps)

        assert isinstance(delivery, Rejected)
        assert steps == TAKEN_BACK


async def test_an_unknown_recipient_is_no_reason_to_give_up_the_null_sender(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps
) -> None:
    smtp_sink.moods.append(Mood(Step.RCPT, reply="550 5.1.1 <bob@example.com>: User unknown"))
    transport = connect(smtp_sink)

    assert isinstance(await transport.send(outgoing(), steps), Rejected)
    assert not transport.null_sender_refused


async def test_a_burst_shares_a_connection_and_an_idle_one_is_closed(
    smtp_sink: SubmissionServer, connect: Connect
) -> None:
    transport = connect(smtp_sink, patience=Patience(mails=3, idle=3600))

    for _ in range(3):
        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
    assert smtp_sink.connections == 1
    transport._patience = Patience(idle=0.01)
    await transport.send(outgoing(), Steps())
    assert smtp_sink.connections == 2
    async with asyncio.timeout(60):
        while transport.warm:
            await asyncio.sleep(0.01)
    await transport.send(outgoing(), Steps())
    assert smtp_sink.connections == 3


async def test_mails_sent_at_once_go_one_after_the_other(smtp_sink: SubmissionServer, connect: Connect) -> None:
    transport = connect(smtp_sink, patience=Patience(idle=3600))
    recorded = Steps()

    await asyncio.gather(*(transport.send(outgoing(), recorded) for _ in range(4)))

    assert recorded == ALL_STEPS + ALL_STEPS[1:] * 3
    assert smtp_sink.connections == 1


async def test_a_kept_connection_that_has_ended_is_replaced_without_a_word(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps
) -> None:
    transport = connect(smtp_sink)
    await transport.send(outgoing(), Steps())
    smtp_sink.moods.append(Mood(Step.MAIL, reply="421 4.4.2 Idle too long", cut=Cut.AFTER, times=1))

    assert isinstance(await transport.send(outgoing(), steps), Sent)
    assert len(smtp_sink.accepted) == 2


async def test_a_mail_too_large_is_refused_before_it_is_begun(connect: Connect, steps: Steps) -> None:
    async with SubmissionServer(size_limit=10_000) as server:
        delivery = await connect(server).send(outgoing(text="x" * 70 + "\r\n" + "y\r\n" * 5_000), steps)

        assert isinstance(delivery, Rejected)
        assert "10000" in delivery.reply
        assert steps == ["connect"]


async def test_a_bare_server_is_enough(connect: Connect, steps: Steps) -> None:
    async with SubmissionServer(size_limit=None, without={"8BITMIME", "SMTPUTF8"}) as server:
        assert isinstance(await connect(server).send(outgoing(), steps), Sent)


@pytest.mark.parametrize(
    "item",
    [
        outgoing(recipient="bob@example.com> NOTIFY=SUCCESS"),
        outgoing(recipient="bob@example.com\r\nRCPT TO:<eve@example.net>"),
        outgoing(recipient="bøb@example.com"),
        outgoing(recipient="a@example.com,b@example.com"),
        outgoing("ann@example.org> SIZE=1"),
        Outgoing(b"Subject: x\n\nbare line feed", "", "bob@example.com"),
        Outgoing(b"Subject: x\r\n\r\n\r.\r\n", "", "bob@example.com"),
        Outgoing("Subject: ü\r\n\r\n".encode(), "", "bob@example.com"),
        Outgoing(b"Subject: \0\r\n\r\n", "", "bob@example.com"),
    ],
)
async def test_what_could_smuggle_is_refused_before_anybody_is_called(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps, item: Outgoing
) -> None:
    assert isinstance(await connect(smtp_sink).send(item, steps), Rejected)
    assert steps == []
    assert smtp_sink.connections == 0


@pytest.mark.parametrize("at", ALL_STEPS)
async def test_a_step_that_cannot_be_recorded_stops_the_mail_unsent(
    smtp_sink: SubmissionServer, connect: Connect, at: str
) -> None:
    async def fails(step: str) -> None:
        if step == at:
            raise OSError("disk full")

    transport = connect(smtp_sink)

    with pytest.raises(OSError, match="disk full"):
        await transport.send(outgoing(), fails)
    await asyncio.sleep(0.05)
    assert not smtp_sink.accepted
    assert isinstance(await transport.send(outgoing(), Steps()), Sent)


async def test_a_cancelled_mail_leaves_no_connection_behind(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps
) -> None:
    smtp_sink.moods.append(Mood(Step.FINAL, stall=True, times=1))
    transport = connect(smtp_sink, patience=Patience())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(transport.send(outgoing(), steps), name="send")
        while "body" not in steps:
            await asyncio.sleep(0.01)
        task.cancel()

    assert task.cancelled()
    assert isinstance(await transport.send(outgoing(), Steps()), Sent)


async def test_a_server_gone_before_the_first_octet_leaves_no_doubt(
    smtp_sink: SubmissionServer, connect: Connect
) -> None:
    smtp_sink.moods.append(Mood(Step.DATA, reply="354 go ahead", cut=Cut.AFTER, times=1))

    async def slow_disk(step: str) -> None:
        if step == "body":
            await asyncio.sleep(0.2)

    assert isinstance(await connect(smtp_sink).send(outgoing(), slow_disk), Deferred)


async def test_closing_over_a_mail_in_flight_is_doubt_once_its_body_has_left(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps
) -> None:
    smtp_sink.moods.append(Mood(Step.FINAL, stall=True, times=1))
    transport = connect(smtp_sink, patience=Patience())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(transport.send(outgoing(), steps), name="send")
        while "body" not in steps:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        await transport.close()

    assert isinstance(task.result(), InDoubt)


async def test_nobody_listening_defers(connect: Connect, steps: Steps) -> None:
    async with SubmissionServer() as gone:
        transport = connect(gone)

    delivery = await transport.send(outgoing(), steps)

    assert isinstance(delivery, Deferred)
    assert not delivery.pause_all


async def test_an_address_of_the_server_that_leads_nowhere_holds_up_no_mail(
    smtp_sink: SubmissionServer, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deaf_place() as nowhere:
        places = [nowhere, (smtp_sink.host, smtp_sink.port)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        where = Server("localhost", smtp_sink.port, Security.NONE)
        transport = SmtpTransport(where, user=None, password=lambda: "", patience=Patience(connect=15))

        assert isinstance(await transport.send(outgoing(), steps), Sent)

        await transport.close()


@pytest.mark.parametrize("host", ["mail.example.org", "192.0.2.1", "localhost.example.org"])
def test_plaintext_across_a_network_is_refused_at_once(host: str) -> None:
    with pytest.raises(ConfigError, match=host):
        SmtpTransport(Server(host, 25, Security.NONE), user="ann", password=lambda: "x")


JORG = Outgoing("To: jörg@example.com\r\nSubject: x\r\n\r\nHello\r\n".encode(), "", "jörg@example.com")


async def test_an_address_beyond_ascii_goes_to_a_server_that_offers_it(connect: Connect, steps: Steps) -> None:
    ehlo = b"250-mail.example\r\n250-SIZE\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
    async with ScriptedServer(usual_but(ehlo=ehlo)) as scripted:
        assert isinstance(await connect(scripted, smtputf8=True).send(JORG, steps), Sent)
        assert f"MAIL FROM:<> SIZE={len(JORG.raw)} BODY=8BITMIME SMTPUTF8".encode() in scripted.lines
        assert "RCPT TO:<jörg@example.com>".encode() in scripted.lines

    async with SubmissionServer() as server:
        assert isinstance(await connect(server, smtputf8=True).send(JORG, Steps()), Sent)
        assert server.accepted[0].recipients == ("jörg@example.com",)
        assert "To: jörg@example.com".encode() in server.accepted[0].raw


@pytest.mark.parametrize("without", [{"SMTPUTF8"}, {"8BITMIME"}])
async def test_an_address_beyond_ascii_is_rejected_where_it_is_not_offered(connect: Connect, without: set[str]) -> None:
    async with SubmissionServer(without=without) as server:
        steps = Steps()
        delivery = await connect(server, smtputf8=True).send(JORG, steps)

        assert delivery == Rejected("the server takes no addresses beyond ASCII (it offers no SMTPUTF8)")
        assert steps == ["connect"]
        assert server.accepted == []


@pytest.mark.parametrize(
    "item",
    [
        replace(JORG, recipient="jörg\u202e@example.com"),
        replace(JORG, recipient="jörg@example.com> NOTIFY=SUCCESS"),
        replace(JORG, recipient="jörg@exämple.com"),
        replace(JORG, raw=b"To: j\xf6rg@example.com\r\n\r\n"),
    ],
    ids=["steering", "smuggling", "domain", "not UTF-8"],
)
async def test_what_is_not_a_plain_address_is_refused_with_smtputf8_too(connect: Connect, item: Outgoing) -> None:
    async with SubmissionServer() as server:
        assert isinstance(await connect(server, smtputf8=True).send(item, Steps()), Rejected)
        assert server.connections == 0
