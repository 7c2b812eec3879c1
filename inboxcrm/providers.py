"""What is known of the mail providers that many owners use: where their servers listen, and how they differ.

Only what the provider itself publishes or what every client relies on stands here; a provider that is not listed is
treated as an ordinary server, and the owner gives host and port.
"""

from __future__ import annotations

from dataclasses import dataclass

from inboxcrm.config import OAuthProvider, Security, Server

IDLE_MINUTES = 9
"""How long one IDLE lasts where nothing else is known: RFC 2177 allows 29, many network boxes forget sooner."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider's settings and habits.

    `domains` are those of its own addresses; `hosts` are host names, or domains written with a leading dot, by which
    a customer's own domain is recognised as hosted there; `mx` are, in the same form, the hosts that receive its mail.
    `login` says which password to use and where it is made.
    `oauth`: whose sign-in it has for mail programs; `needs_oauth`: passwords are not accepted for IMAP.
    `files_sent`: the submission server puts a copy into Sent itself.
    `refuses_null_sender`: an empty envelope sender is refused or rewritten.
    `grouped_passwords`: app passwords are shown in groups of four, whose spaces do not belong to them.
    `authserv_ids` and `border_hosts`: what it signs Authentication-Results with, and the host that receives mail.
    `writes_no_authserv_id`: its Authentication-Results begin with the results (against RFC 8601 section 2.2).
    `sends_per_minute` and `sends_per_day`: how much mail it takes from one account, with room to spare.
    `old_mail_per_day`: octets of a first reading in a day, where it locks out who takes more, with room for new mail
    and for the owner's other programs.
    `renumbers`: UIDVALIDITY changes without anything being lost.
    `idle_minutes`: after how long an IDLE is renewed. `false_qresync`: QRESYNC is announced, ENABLE left unanswered,
    and what vanished is told malformed.
    """

    name: str
    domains: tuple[str, ...]
    hosts: tuple[str, ...]
    mx: tuple[str, ...]
    imap: Server
    smtp: Server
    login: str
    oauth: OAuthProvider | None = None
    needs_oauth: bool = False
    files_sent: bool = False
    refuses_null_sender: bool = False
    grouped_passwords: bool = False
    authserv_ids: tuple[str, ...] = ()
    border_hosts: tuple[str, ...] = ()
    writes_no_authserv_id: bool = False
    renumbers: bool = False
    idle_minutes: int = IDLE_MINUTES
    false_qresync: bool = False
    old_mail_per_day: int | None = None
    sends_per_minute: int = 30
    sends_per_day: int = 400


def for_address(address: str) -> Provider | None:
    """The provider whose own domain this address is in."""
    domain = address.rpartition("@")[2].casefold()
    return next((each for each in PROVIDERS if domain in each.domains), None)


def for_host(host: str, port: int | None = None) -> Provider | None:
    """The provider that a server belongs to. On loopback only the port tells: a bridge, or a server of one's own."""
    name = host.casefold()
    if name in PROTON.hosts:
        return PROTON if port in {PROTON.imap.port, PROTON.smtp.port} else None
    return next((each for each in PROVIDERS if any(_covers(pattern, name) for pattern in each.hosts)), None)


def for_mx(host: str) -> Provider | None:
    """The provider that receives mail at this host."""
    name = host.casefold().rstrip(".")
    return next((each for each in PROVIDERS if any(_covers(pattern, name) for pattern in each.mx)), None)


def _covers(pattern: str, host: str) -> bool:
    return host.endswith(pattern) if pattern.startswith(".") else host == pattern


def _tls(host: str, port: int) -> Server:
    return Server(host, port, Security.TLS)


def _starttls(host: str, port: int) -> Server:
    return Server(host, port, Security.STARTTLS)


GMAIL = Provider(
    name="Gmail",
    domains=("gmail.com", "googlemail.com"),
    hosts=("imap.gmail.com", "smtp.gmail.com", "imap.googlemail.com", "smtp.googlemail.com"),
    mx=(".google.com", ".googlemail.com"),
    imap=_tls("imap.gmail.com", 993),
    smtp=_tls("smtp.gmail.com", 465),
    login="Turn on 2-step verification, then make an app password at https://myaccount.google.com/apppasswords",
    oauth=OAuthProvider.GOOGLE,
    files_sent=True,
    refuses_null_sender=True,
    grouped_passwords=True,
    old_mail_per_day=1_500_000_000,  # of 2,500 MB: https://support.google.com/a/answer/1071518
    authserv_ids=("mx.google.com",),
    border_hosts=("mx.google.com",),
)

MICROSOFT_365 = Provider(
    name="Microsoft 365",
    domains=(),
    hosts=("outlook.office365.com", "outlook.office.com", "smtp.office365.com"),
    mx=(".mail.protection.outlook.com", ".mx.microsoft"),
    imap=_tls("outlook.office365.com", 993),
    smtp=_starttls("smtp.office365.com", 587),
    login="It takes no passwords for IMAP: sign in with a client_id of your own, as docs/sign-in.md says",
    oauth=OAuthProvider.MICROSOFT,
    needs_oauth=True,
    files_sent=True,
    refuses_null_sender=True,
    writes_no_authserv_id=True,
    idle_minutes=5,
    sends_per_minute=25,
    sends_per_day=5000,
)

OUTLOOK = Provider(
    name="Outlook.com",
    domains=("outlook.com", "hotmail.com", "live.com", "msn.com"),
    hosts=("imap-mail.outlook.com", "smtp-mail.outlook.com"),
    mx=(".olc.protection.outlook.com",),
    imap=_tls("outlook.office365.com", 993),
    smtp=_starttls("smtp-mail.outlook.com", 587),
    login="It takes no passwords for IMAP: sign in with a client_id of your own, as docs/sign-in.md says",
    oauth=OAuthProvider.MICROSOFT,
    needs_oauth=True,
    files_sent=True,
    refuses_null_sender=True,
    writes_no_authserv_id=True,
    idle_minutes=5,
)

ICLOUD = Provider(
    name="iCloud",
    domains=("icloud.com", "me.com", "mac.com"),
    hosts=(".mail.me.com",),
    mx=(".mail.icloud.com",),
    false_qresync=True,
    imap=_tls("imap.mail.me.com", 993),
    smtp=_starttls("smtp.mail.me.com", 587),
    login="Make an app-specific password at https://account.apple.com under Sign-In and Security",
)

YAHOO = Provider(
    name="Yahoo",
    domains=("yahoo.com", "ymail.com", "rocketmail.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "yahoo.it", "yahoo.es"),
    hosts=(".mail.yahoo.com",),
    mx=(".yahoodns.net",),
    imap=_tls("imap.mail.yahoo.com", 993),
    smtp=_tls("smtp.mail.yahoo.com", 465),
    login="Make an app password under Account Security at https://login.yahoo.com/account/security",
)

AOL = Provider(
    name="AOL",
    domains=("aol.com",),
    hosts=("imap.aol.com", "smtp.aol.com"),
    mx=(),
    imap=_tls("imap.aol.com", 993),
    smtp=_tls("smtp.aol.com", 465),
    login="Make an app password under Account Security at https://login.aol.com/account/security",
)

FASTMAIL = Provider(
    name="Fastmail",
    domains=("fastmail.com", "fastmail.fm"),
    hosts=("imap.fastmail.com", "smtp.fastmail.com"),
    mx=(".messagingengine.com",),
    imap=_tls("imap.fastmail.com", 993),
    smtp=_tls("smtp.fastmail.com", 465),
    login="Make an app password for IMAP and SMTP under Settings, Privacy & Security",
)

GMX = Provider(
    name="GMX",
    domains=("gmx.de", "gmx.net", "gmx.at", "gmx.ch"),
    hosts=("imap.gmx.net", "mail.gmx.net"),
    mx=(".gmx.net",),
    imap=_tls("imap.gmx.net", 993),
    smtp=_starttls("mail.gmx.net", 587),
    login="Switch on access by IMAP in the settings of GMX on the web first",
)

GMX_COM = Provider(
    name="GMX (international)",
    domains=("gmx.com",),
    hosts=("imap.gmx.com", "mail.gmx.com"),
    mx=(),
    imap=_tls("imap.gmx.com", 993),
    smtp=_starttls("mail.gmx.com", 587),
    login="Switch on access by IMAP in the settings of GMX on the web first",
)

WEB_DE = Provider(
    name="WEB.DE",
    domains=("web.de",),
    hosts=("imap.web.de", "smtp.web.de"),
    mx=(".web.de",),
    imap=_tls("imap.web.de", 993),
    smtp=_starttls("smtp.web.de", 587),
    login="Switch on access by IMAP in the settings of WEB.DE on the web first",
)

MAILBOX_ORG = Provider(
    name="mailbox.org",
    domains=("mailbox.org",),
    hosts=("imap.mailbox.org", "smtp.mailbox.org"),
    mx=(".mailbox.org",),
    imap=_tls("imap.mailbox.org", 993),
    smtp=_tls("smtp.mailbox.org", 465),
    login="Use the mailbox's password, or an application password where two factors are switched on",
)

POSTEO = Provider(
    name="Posteo",
    domains=("posteo.de", "posteo.net", "posteo.org", "posteo.eu", "posteo.ch", "posteo.at"),
    hosts=("posteo.de",),
    mx=(".posteo.de",),
    imap=_tls("posteo.de", 993),
    smtp=_tls("posteo.de", 465),
    login="Use the mailbox's password",
)

INFOMANIAK = Provider(
    name="Infomaniak",
    domains=("ik.me",),
    hosts=("mail.infomaniak.com",),
    mx=(".infomaniak.ch",),
    imap=_tls("mail.infomaniak.com", 993),
    smtp=_tls("mail.infomaniak.com", 465),
    login="Use the mailbox's own password, set in the Infomaniak Manager; it is not that of the Infomaniak account",
)

PROTON = Provider(
    name="Proton Mail Bridge",
    domains=("proton.me", "protonmail.com", "pm.me"),
    hosts=("127.0.0.1", "localhost"),
    mx=(".protonmail.ch",),
    imap=_starttls("127.0.0.1", 1143),
    smtp=_starttls("127.0.0.1", 1025),
    login="Start Proton Mail Bridge here, use the password it shows, and export its TLS certificate for ca_file",
    files_sent=True,
    refuses_null_sender=True,
    renumbers=True,
)

OVH = Provider(
    name="OVH",
    domains=(),
    hosts=("ssl0.ovh.net",),
    mx=(".mail.ovh.net",),
    imap=_tls("ssl0.ovh.net", 993),
    smtp=_tls("ssl0.ovh.net", 465),
    login="Use the mailbox's password",
)

IONOS = Provider(
    name="IONOS",
    domains=(),
    hosts=("imap.ionos.de", "smtp.ionos.de"),
    mx=(".kundenserver.de", ".ionos.de"),
    imap=_tls("imap.ionos.de", 993),
    smtp=_tls("smtp.ionos.de", 465),
    login="Use the mailbox's password",
)

IONOS_COM = Provider(
    name="IONOS (international)",
    domains=(),
    hosts=("imap.ionos.com", "smtp.ionos.com"),
    mx=(".perfora.net", ".ionos.com"),
    imap=_tls("imap.ionos.com", 993),
    smtp=_tls("smtp.ionos.com", 465),
    login="Use the mailbox's password",
)

ZOHO = Provider(
    name="Zoho Mail",
    domains=("zoho.com", "zohomail.com"),
    hosts=("imap.zoho.com", "smtp.zoho.com", "imappro.zoho.com", "smtppro.zoho.com"),
    mx=(".zoho.com",),
    imap=_tls("imap.zoho.com", 993),
    smtp=_tls("smtp.zoho.com", 465),
    login="Switch on IMAP in the mail settings; with two factors make an application-specific password",
)

MIGADU = Provider(
    name="Migadu",
    domains=(),
    hosts=("imap.migadu.com", "smtp.migadu.com"),
    mx=(".migadu.com",),
    imap=_tls("imap.migadu.com", 993),
    smtp=_tls("smtp.migadu.com", 465),
    login="Use the mailbox's password",
)

PROVIDERS: tuple[Provider, ...] = (
    GMAIL,
    MICROSOFT_365,
    OUTLOOK,
    ICLOUD,
    YAHOO,
    AOL,
    FASTMAIL,
    GMX,
    GMX_COM,
    WEB_DE,
    MAILBOX_ORG,
    POSTEO,
    INFOMANIAK,
    PROTON,
    OVH,
    IONOS,
    IONOS_COM,
    ZOHO,
    MIGADU,
)
