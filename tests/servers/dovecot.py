"""A private Dovecot 2.3: IMAP with and without TLS, and LMTP, on free ports."""

from __future__ import annotations

import itertools
import os
import smtplib
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tests.servers.certificates import make_certificate
from tests.servers.process import ServerProcess, find_program, free_port

INSTALL = "sudo apt-get install dovecot-core dovecot-imapd dovecot-lmtpd dovecot-sieve openssl"

_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {name}
log_path = {folder}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = {uid}
last_valid_uid = {uid}
first_valid_gid = {gid}
mail_home = {folder}/homes/%u
mail_location = {mail_format}:~/mail
auth_mechanisms = plain login
auth_username_format = %Ln
auth_failure_delay = 0
auth_cache_size = 0
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_max_userip_connections = {max_connections}
mailbox_idle_check_interval = 5 secs
imap_idle_notify_interval = {still_here}
imap_max_line_length = 1M
mail_fsync = never
recipient_delimiter = +
submission_host = 127.0.0.1:1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/homes/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
{folders}
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 256
}}
service lmtp {{
  chroot =
  user = {user}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
  unix_listener lmtp {{
    mode = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  user = {user}
}}
service auth-worker {{
  user = {user}
}}
protocol lmtp {{
  mail_plugins = $mail_plugins sieve{quota_plugin}
}}
protocol imap {{
  mail_plugins = $mail_plugins{quota_plugin}
}}
plugin {{
{quota}
}}
{extra}
"""
_SPECIAL_FOLDERS = ("Sent", "Drafts", "Junk", "Trash", "Archive")


class Dovecot(ServerProcess):
    """Any user name is an account, all with the one `password`; INBOX and the five special folders are there.

    `mail_format` is Dovecot's ("sdbox" is fast; "maildir" takes `drop`). `quota` is a storage rule such as "100k".
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        password: str = "pw",
        mail_format: str = "sdbox",
        max_connections: int = 64,
        still_here: str = "2 mins",
        quota: str | None = None,
        extra: str = "",
    ) -> None:
        super().__init__()
        self._program = find_program("dovecot", INSTALL)
        self._doveadm = find_program("doveadm", INSTALL)
        self.password = password
        self.port, self.tls_port, self.lmtp_port = free_port(), free_port(), free_port()
        self._mail_format = mail_format
        self._max_connections = max_connections
        self._still_here = still_here
        self._quota = quota
        self._extra = extra
        self._delivered = itertools.count()

    @property
    def ca_file(self) -> Path:
        """The certificate to trust; it is for localhost and 127.0.0.1."""
        return self.folder / "cert.pem"

    def configure(self) -> None:
        for name in ("run", "state", "homes"):
            (self.folder / name).mkdir()
        make_certificate(self.folder)
        folders = "".join(
            f"  mailbox {name} {{\n    auto = subscribe\n    special_use = \\{name}\n  }}\n"
            for name in _SPECIAL_FOLDERS
        )
        quota = f"  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage={self._quota}"
        configuration = _CONFIGURATION.format(
            folder=self.folder,
            name=self.folder.name,
            user=self.identity.user,
            group=self.identity.group,
            uid=self.identity.uid,
            gid=self.identity.gid,
            mail_format=self._mail_format,
            max_connections=self._max_connections,
            still_here=self._still_here,
            password=self.password,
            folders=folders,
            port=self.port,
            tls_port=self.tls_port,
            lmtp_port=self.lmtp_port,
            quota_plugin=" quota" if self._quota else "",
            quota=quota if self._quota else "",
            extra=self._extra,
        )
        (self.folder / "dovecot.conf").write_text(configuration)

    def command(self) -> Sequence[str | Path]:
        return [self._program, "-F", "-c", self.folder / "dovecot.conf"]

    def greeting(self) -> tuple[int, bytes]:
        return self.port, b"* OK"

    def deliver(self, user: str, raw: bytes, *, sender: str = "sender@example.net") -> None:
        """Hand a mail over by LMTP, as an MTA would. `sender` "" is the null reverse-path."""
        with smtplib.LMTP(self.host, self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [f"{user}@inbox.example"], raw)

    def drop(self, user: str, raw: bytes, *, received_at: datetime | None = None) -> None:
        """Put a file into a Maildir's `new`, its INTERNALDATE by the file's time. Only for mail_format "maildir"."""
        maildir = self.folder / "homes" / user / "mail"
        for name in ("tmp", "new", "cur"):
            (maildir / name).mkdir(parents=True, exist_ok=True)
        name = f"{time.monotonic_ns()}.M{next(self._delivered)}P{os.getpid()}.localhost"
        file = maildir / "tmp" / name
        file.write_bytes(raw)
        if received_at is not None:
            os.utime(file, (received_at.timestamp(), received_at.timestamp()))
        self.identity.own(self.folder / "homes" / user)
        file.rename(maildir / "new" / name)

    def doveadm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run doveadm on this server: ("mailbox", "update", "-u", "ann", "--uid-validity", "7", "INBOX"), for one."""
        return self.identity.run([self._doveadm, "-c", self.folder / "dovecot.conf", *arguments], folder=self.folder)
