"""C14 and C11b in the wild: letters without a machine's mark, and ordinary letters that begin like them."""

from __future__ import annotations

import pytest

from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import History, MailClass, Outcome, Settings, Verdict, judge
from tests.mail_builders import ME, NOW

NOBODY_WROTE = [
    ("Bob <bob@h.example>", "Re: Offer", "I am out of the office until 9 March. Urgent? Call my colleague Eve."),
    ("Bob <bob@h.example>", "AW: Offer", "Ich bin im Urlaub bis 9. März. Noch Fragen? Meine Kollegin hilft."),
    (
        "System Administrator <postmaster@h.example>",
        "E",
        (
            "Your message\n\n  To:      carol@client.example\n  Subject: Offer for March\n  Sent:    Tue, 3 "
            "Mar 2026 10:15:00 +0100\n\ndid not reach the following recipient(s):\n\ncarol\n    "
            "MSEXCH:IMS:CLIENT:ZURICH"
        ),
    ),
    (
        '"Postmaster" <postmaster@h.example>',
        "Undeliverable Mail",
        "Unknown user: k@h.example\n\n\nOriginal message follows.",
    ),
    ("Bob <bob@h.example>", "Re: Question (Out of Office)", "I am away till Monday"),
    (
        "Bob <bob@h.example>",
        "Out of Office - Bob Client",
        "Thank you for your email. I am currently out of the office from 1 to 5 March.",
    ),
    ("Bob <bob@h.example>", "Thanks for your message!", "I'm not here, please try again later."),
    ("Bob <bob@h.example>", "Vacation autoresponse", "This user is on vacation."),
    ("Bob <bob@h.example>", "Auto-Reply: I'm out of office.", "I'm out of office, i will contact you when i'm back."),
    (
        "Bob <bob@h.example>",
        "away from my mail",
        'I will not be reading my mail for a while.\nYour mail regarding "x" will be read when I return.',
    ),
    ("Bob <bob@h.example>", "I am on vacation", "I am on vacation until Monday."),
    ("Bob <bob@h.example>", "Your message to Bob", "I am on vacation. I'll read your message when I return."),
    (
        "Bob <bob@h.example>",
        "RE: Offer",
        (
            "I will be out of the office starting  01.03.2026 and will not return until 09.03.2026.\n\nI "
            "will respond to your message when I return."
        ),
    ),
    (
        "Bob <bob@h.example>",
        "Re: Offer",
        "Sehr geehrte Damen und Herren,\n\nvielen Dank für Ihre Nachricht. Ich bin bis zum 9. März nicht erreichbar.",
    ),
    (
        "Bob <bob@h.example>",
        "Re: Offer",
        "Liebe Ann,\nvielen Dank für deine Mail, leider bin ich bis 9.3. im Urlaub und lese keine E-Mails.",
    ),
    (
        "Bob <bob@h.example>",
        "AW: Offerte",
        "Guten Tag,\nbesten Dank für Ihre Mail. Unser Büro ist vom 24.12. bis 2.1. geschlossen.",
    ),
    ("Bob <bob@h.example>", "Re: Offer", "I no longer work for Client Ltd. Please write to info@client.example."),
    ("Bob <bob@h.example>", "Re: Offer", "Bob Client has left the company. Please contact Eve."),
    (
        "Bob <bob@h.example>",
        "Changed e-mail address",
        "My e-mail address has changed. Please use bob@new.example from now on.\nThis is an automatic message.",
    ),
    (
        "Verify <bob@boxbe.example>",
        "Re: Offer",
        (
            'Hello, your message about "Offer" was waitlisted. Please add yourself to my Guest '
            "List so your messages will be delivered to my Inbox. Use the link below."
        ),
    ),
    (
        "Bob <bob@earth.example>",
        "Re: Offer",
        (
            "I apologize for this automatic reply to your email.\n\nTo control spam, I now allow "
            "incoming messages only from senders I have approved beforehand."
        ),
    ),
    (
        "Antigen <antigen@h.example>",
        "Antigen found FILE FILTER= unnamed: *.exe file",
        "Antigen for Exchange found Body of Message matching FILE FILTER",
    ),
    ("VirusScan <scan@h.example>", "Virus Alert", "The mail you sent to bob@h.example contains a virus."),
    (
        "ScanMail <scanmail@h.example>",
        "ScanMail Message: To Sender, sensitive content found and action",
        "Trend SMEX Content Filter has detected sensitive content.",
    ),
    ('"MAILsweeper" <ms@h.example>', "Message quarantined", "Your message was held by MAILsweeper."),
    (
        "Courier <courier@h.example>",
        "NOTICE: mail delivery status.",
        "This is a delivery status notification from h.example, running the Courier mail server, version 0.4",
    ),
    (
        "mail@h.example",
        "Mail failure - no recipient addresses",
        "A message that you sent contained no recipient addresses, and therefore no delivery could be attempted.",
    ),
    (
        "Mail Delivery System <mail@h.example>",
        "Warning: message 1abc delayed 24 hours",
        "This message was created automatically by mail delivery software.",
    ),
    ("admin@h.example", "Delivery failure", "The following mail message could not be delivered: user unknown"),
    (
        "Bob <bob@h.example>",
        "Gelesen: Offerte",
        "Ihre Nachricht\n  An: Bob\n  Betreff: Offerte\nwurde am 02.03.2026 gelesen.",
    ),
    (
        "Bob <bob@h.example>",
        "Read: Offer",
        "Your message\n\n   To: Bob\n   Subject: Offer\n\nwas read on 02.03.2026.",
    ),
    ("Bob <bob@h.example>", "Accepted: Meeting", ""),
    ("Bob <bob@h.example>", "Recall: Offer", 'Bob Client would like to recall the message, "Offer".'),
    (
        "Help <help@desk.example>",
        "[#4711] Offer",
        "Hello,\n\nThank you for contacting us. A ticket has been opened with number 4711.",
    ),
    (
        "Help <help@desk.example>",
        "Re: [Ticket#20260302] Offer",
        "Thank you for your e-mail. Your ticket number is 20260302.",
    ),
    (
        "Shop <shop@shop.example>",
        "Your order #123 has been shipped",
        "Hi Ann, your order is on its way! Track it here: https://x.example",
    ),
    (
        "Amazon <order-update@amazon.example>",
        "Your Amazon order",
        (
            "Hello Ann, arriving tomorrow. This email was sent from a notification-only address "
            "that cannot accept incoming email."
        ),
    ),
    ("DocuSign <dse@docusign.example>", "Completed: Contract", "Your document has been completed."),
    ("Bob <bob@h.example>", "Re: Offer", "【自動返信】\nお問い合わせありがとうございます。"),
    ("Bob <bob@h.example>", "Re: Offer", "こんにちは。\nこのメールは自動返信です。"),
    (
        "Bob <bob@h.example>",
        "Re: Offer",
        "Bonjour,\n\nMerci pour votre message. Je suis actuellement en congé et serai de retour le 9 mars.",
    ),
    ("Bob <bob@h.example>", "Re: Offer", "Buongiorno,\ngrazie per il messaggio. Sono fuori ufficio fino al 9 marzo."),
    (
        "Bob <bob@h.example>",
        "Re: Offer",
        "Estimado/a,\n\nGracias por su correo. Me encuentro fuera de la oficina hasta el 9.",
    ),
    ("Bob <bob@h.example>", "Re: Offer", "Dzień dobry,\ndziękuję za wiadomość. Obecnie przebywam na urlopie."),
    ("Bob <bob@h.example>", "Re: Offer", "Здравствуйте! Спасибо за ваше письмо. Я нахожусь в отпуске до 9 марта."),
    ("Bob <bob@h.example>", "Mail receipt", "We hereby confirm the receipt of your e-mail."),
    ("Bob <bob@h.example>", "Message Received", "We got your message and will answer soon."),
    ("Bob <bob@h.example>", "Auto Response from Bob", "I got it."),
    ("Bob <bob@h.example>", "Automated reply from Bob Client", "I got it."),
    ("Bob <bob@h.example>", "This is an autoreply", "I got it."),
    ("Bob <bob@h.example>", "Autoreply from bob", "I got it."),
    ("Bob <bob@h.example>", "Bob Client is out of the office.", "I will be out of the office starting 2/3/2026."),
    ("Bob <bob@h.example>", "Je suis absent(e) du bureau", "Je serai absent du 1 au 5."),
    ("Bob <bob@h.example>", "Urlaub", "Ich habe Urlaub bis 9.3."),
    ("Bob <bob@h.example>", "Abwesend", "bis 9.3."),
    ("Bob <bob@h.example>", "Holiday Re: Offer", "I am on holiday until 9 March."),
    ("Bob <bob@h.example>", "Autoresponder", "x"),
    ("Bob <bob@h.example>", "Réponse d'absence de Bob", "Je suis absent."),
    ("Help <help@desk.example>", "Request received #12345", "We will come back to you."),
    ("Help <help@desk.example>", "We have received your request", "Soon more."),
    ("Bob <bob@h.example>", "Vacation", "Till Monday."),
    ("Bob <bob@h.example>", "Re: Offer", "Hi Ann,\n\nI am currently on the road and back on Monday."),
    ("Bob <bob@h.example>", "Declined", ""),
    ("Bob <bob@h.example>", "Delivery failure", "Unable to deliver your message to bob."),
    ("Bob <bob@h.example>", "Offer [Out of office]", "Till Monday."),
    ("Bob <bob@h.example>", "Bob is on vacation until 9 March", "Till Monday."),
    ("Bob <bob@h.example>", "Re: Offer", "Hi Ann,\n\nyour ticket has been logged. A person will call you."),
    ("Bob <bob@h.example>", "Holiday reply", "Thank you. I'm on holiday until 9 March."),
]

A_PERSON_WROTE = [
    ("Bob <bob@h.example>", "Re: Offer", "I am out of the office until 9 March. Could you send it again by then?"),
    (
        "Bob <bob@h.example>",
        "Out of office",
        "Hi Ann, does your team cover our out of office hours? What does it cost?",
    ),
    ("Bob <bob@h.example>", "Re: Offer", "Hi Ann,\n\nI am currently on a train, call you later.\n\nBob"),
    ("Bob <bob@h.example>", "Re: Offer", "Hi Ann,\n\nI have left the signed contract at your desk.\nBob"),
    ("Bob <bob@h.example>", "Re: Offer", "Hallo Ann,\n\nich bin ab Montag im Projekt und freue mich.\nBob"),
    ("Bob <bob@h.example>", "Termin", "Hallo Ann,\n\nich bin am Dienstag in Zürich, wollen wir uns treffen?\nBob"),
    (
        "Bob <bob@h.example>",
        "Re: Offer",
        "Hallo Ann,\n\nich bin am Dienstag in Zürich und bringe den Vertrag mit.\nBob",
    ),
    ("Bob <bob@h.example>", "Re: Offer", "Hi Ann,\n\nwe are closed to an agreement. Please send the contract."),
    ("Bob <bob@h.example>", "Offer", "Thank you for your offer. We will decide next week."),
    ("Bob <bob@h.example>", "Message Received", "Hi Ann, I got your message, can you resend the attachment?"),
    ("Bob <bob@h.example>", "Re: Offer", "Your ticket to Berlin is attached."),
    ("Bob <bob@h.example>", "Delivery", "Hi, when can you deliver the report?"),
    ("Bob <bob@h.example>", "Warning: message from the board", "Please read the attached."),
    ("Bob <bob@h.example>", "Rejected: our proposal", "Hi Ann, they rejected it. What now?"),
    ("Bob <bob@h.example>", "Delivery failure of parcel 12", "Hi Ann, your parcel came back."),
    (
        "Bob <bob@h.example>",
        "Accepted: your offer",
        "Hi Ann, we accept your offer, please start on Monday with the first workshop day.",
    ),
    (
        "Bob <bob@h.example>",
        "Read: chapter 3",
        "Hi Ann, I read it. Good work, a few comments are attached to this mail.",
    ),
    ("Bob <bob@h.example>", "Re: Offer", "Ihre Anfrage wurde von mir an Herrn Meier gegeben, er ruft Sie an. Bob"),
    (
        "Bob <bob@h.example>",
        "Re: Offer",
        "Bonjour Ann,\n\nje suis en déplacement à Lyon jeudi, je passe signer le contrat.",
    ),
    ("Bob <bob@h.example>", "Re: Offer", "Hola Ann,\n\nhemos recibido su oferta y la aceptamos. Empiece el lunes."),
    ("Bob <bob@h.example>", "Re: Offer", "wij hebben uw offerte goedgekeurd. Graag starten op maandag."),
    ("Bob <bob@h.example>", "Re: Offer", "recebemos a sua proposta e aceitamos. Pode começar segunda-feira."),
    ("Bob <bob@h.example>", "Re: Offer", "Hej, jag är inte säker på priset men vi kör."),
    ("Bob <bob@h.example>", "Re: Offer", "vi har mottagit ditt förslag och tackar ja."),
    ("Bob <bob@h.example>", "Re: Offer", "邮件收到，谢谢。我们同意报价。"),
    ("Bob <bob@h.example>", "Re: Offer", "w dniach 2-5 marca przyjeżdżam do Zurychu."),
    ("Mail <info@h.example>", "Anfrage", "Guten Tag, wir suchen Beratung. Was kostet ein Tag?"),
    ("Bob <bob@h.example>", "Absence: Mme Martin", "Bonjour Ann, Mme Martin est malade, le cours est annulé."),
    ("Administrator Bob <administrator@h.example>", "DNS", "Hi Ann, your DNS has a typo. Shall I call?"),
    ("Petra <shop@h.example>", "Frage", "Guten Tag, haben Sie am Montag Zeit?"),
    ("Petra <service@h.example>", "Frage", "Guten Tag, haben Sie am Montag Zeit?"),
    ("Bob <bob@h.example>", "Automatic reply from our shop - what would it cost?", "Hi Ann, see the subject."),
    ("Bob <bob@h.example>", "Request received #12345", "Hi Ann, is this yours?"),
    (
        "Bob <bob@h.example>",
        "We have received your request for an offer",
        "Hi Ann, here is what we need: a workshop of two days in May, for twelve people, in Zurich.",
    ),
    ("Bob <bob@h.example>", "Vacation", "Hi Ann, when are you away this summer?"),
    ("Bob <bob@h.example>", "Vacation: plan for the team", "Hi Ann, the plan is attached. Bob"),
    (
        "Bob <bob@h.example>",
        "Declined",
        "Hi Ann, they declined our offer, because the price was too high. Let us talk on Monday.",
    ),
    (
        "Bob <bob@h.example>",
        "Re: Offer",
        "Hi Ann,\n\nyour request was passed on to our lawyer and she will call you. Bob",
    ),
    ("Bob <bob@h.example>", "Who is out of the office? The list", "Hi Ann, see below."),
]


def told(sender: str, subject: str, text: str, *fields: str) -> Verdict:
    head = ["Return-Path: <x@h.example>", f"From: {sender}", f"To: {ME}", f"Subject: {subject}", *fields]
    raw = ("\n".join([*head, "Content-Type: text/plain; charset=utf-8"]) + f"\n\n{text}\n").encode()
    settings = Settings(own_addresses=(ME,))
    return judge(parse(raw), history=History(), settings=settings, now=NOW, circumstances=None)


def _id(value: str) -> str:
    return value[:30].replace("\n", " ")


@pytest.mark.parametrize(("sender", "subject", "text"), NOBODY_WROTE, ids=_id)
def test_a_letter_that_nobody_wrote_is_not_answered(sender: str, subject: str, text: str) -> None:
    assert told(sender, subject, text).outcome in (Outcome.REVIEW, Outcome.SUPPRESS)


@pytest.mark.parametrize(("sender", "subject", "text"), A_PERSON_WROTE, ids=_id)
def test_an_ordinary_letter_that_begins_alike_is_answered(sender: str, subject: str, text: str) -> None:
    found = told(sender, subject, text)

    assert found.outcome is Outcome.ACK_MIN, found.asked[-1]


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Out of Office: Offer", "x", MailClass.MACHINE),
        ("Re: Offer (Out of Office)", "x", MailClass.MACHINE),
        ("Autoreply from Bob", "x", MailClass.MACHINE),
        ("Request received #12345", "x", MailClass.MACHINE),
        ("Out of Office - Bob", "I am away until Monday.", MailClass.MACHINE),
        ("Request received", "x", MailClass.UNKNOWN),
        ("Vacation", "x", MailClass.UNKNOWN),
        ("Accepted: Meeting", "", MailClass.UNKNOWN),
        ("Delivery failure", "Unable to deliver your message.", MailClass.UNKNOWN),
        ("Re: Offer", "I am on vacation until Monday.", MailClass.UNKNOWN),
        ("Re: Offer", "This is an automatic reply.", MailClass.MACHINE),
    ],
)
def test_what_is_certain_is_a_machines_and_what_is_likely_stays_in_the_queue(
    subject: str, text: str, expected: MailClass
) -> None:
    assert told("Bob <bob@h.example>", subject, text).mail_class is expected


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Contract", "Please do not reply to this, I'll call you at 3. The contract is signed."),
        ("Angebot", "Bitte antworten Sie nicht auf diese Adresse, sondern an b@h.example. Wir nehmen das Angebot an."),
        ("Devis", "Merci de ne pas répondre à ce mail, je vous appelle. Nous acceptons le devis."),
        ("Offer", "This address is no longer mine from Friday. Use b@n.example. And yes, we take the offer."),
        ("Invoices", "Automatically generated invoices show the wrong VAT. Please correct it."),
        ("Automatic reply: typo", "The automatic reply in our shop has a typo. Fix it please."),
        ("Eingangsbestätigung Ticket 4711 fehlt", "Die Bestätigung ist nie gekommen, bitte schau nach."),
        ("Undeliverable: our letter", "Our letter to you came back, what is your new address now."),
        ("Smart error pages", "Smart error pages would be nice. Make an offer."),
        ("Eve ist im Urlaub", "Hallo Ann, Eve ist bis 16.3. im Urlaub, bitte schicke alles an mich."),
        ("Eve is on leave", "Eve is on leave until the 16th. Send everything to me until then."),
        ("Betriebsferien", "Wir haben vom 24.12. bis 2.1. Betriebsferien. Bitte passe die Öffnungszeiten an."),
        ("Urlaub", "Ich bin im Urlaub bis 13. März. Schick die Rechnung bitte vorher."),
        ("Shop", "Hi Ann, this is an automatic message from our shop to customers. Is it too long?"),
    ],
)
def test_what_a_person_may_have_written_is_never_called_a_machines(subject: str, text: str) -> None:
    assert told("Bob <bob@h.example>", subject, text).mail_class is not MailClass.MACHINE


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("Practice <info@h.example>", MailClass.UNKNOWN),
        ("Shop <orders@h.example>", MailClass.MACHINE),
        ("Scanner <scanner@h.example>", MailClass.MACHINE),
    ],
)
def test_a_house_that_asks_is_no_machine_for_one_phrase(sender: str, expected: MailClass) -> None:
    text = "Could you come on Monday? Please do not reply to this address, write to eve@h.example."

    assert told(sender, "Visit", text).mail_class is expected
    assert told(sender, "Visit", text.replace("?", ".")).mail_class is MailClass.MACHINE


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("Shop <service@h.example>", "Contract", "Please do not reply to this e-mail. Your contract is signed."),
        ("Scanner <scanner@h.example>", "Smart error", "The disk of the scanner is full."),
        ("Bob <bob@h.example>", "Bob is on leave", "Bob is back on Monday."),
        ("Bob <bob@h.example>", "Urlaub (war: Angebot)", "Ich bin im Urlaub bis 13. März."),
        ("Bob <bob@h.example>", "Automatic reply: Offer", "I am away until Monday, Eve is there in urgent cases."),
    ],
)
def test_two_things_that_give_a_letter_away_are_a_machines(sender: str, subject: str, text: str) -> None:
    assert told(sender, subject, text).mail_class is MailClass.MACHINE


def test_an_ordinary_word_before_the_subject_it_answers_is_a_mark_only_in_an_answer() -> None:
    fresh = told("Bob <bob@h.example>", "Vacation: Offer", "Till Monday.")
    reply = told("Bob <bob@h.example>", "Vacation: Offer", "Till Monday.", "In-Reply-To: <a@b.example>")

    assert fresh.outcome is Outcome.ACK_MIN
    assert reply.outcome is Outcome.REVIEW


def test_a_long_letter_that_begins_with_an_absence_is_a_letter() -> None:
    text = "I am out of the office next week.\n\n" + "Here is the plan for the launch, step by step. " * 60

    assert told("Bob <bob@h.example>", "Plan", text).outcome is Outcome.ACK_MIN
    assert told("Bob <bob@h.example>", "Plan", text[:400]).outcome is Outcome.REVIEW
