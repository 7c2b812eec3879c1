"""A private Cyrus IMAPd 3.6: IMAP and LMTP on free ports, from packages that were unpacked and not installed."""

from __future__ import annotations

import os
import smtplib
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import platformdirs

from tests.servers.process import MissingProgramError, ServerProcess, find_program, free_port

INSTALL = "run .ci/unpack-cyrus"
INSTALL_SASL = "sudo apt-get install sasl2-bin libsasl2-modules libsasl2-modules-db"

_IMAPD_CONF = """\
configdirectory: {folder}/conf
partition-default: {folder}/spool
defaultpartition: default
cyrus_user: {user}
cyrus_group: {group}
admins: admin
virtdomains: off
unixhierarchysep: yes
altnamespace: yes
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
sasl_mech_list: PLAIN LOGIN
autocreate_users: anyone
autocreate_post: 1
autocreate_quota: 0
autocreate_inbox_folders: Sent | Drafts | Junk | Trash | Archive
autocreate_subscribe_folders: Sent | Drafts | Junk | Trash | Archive
xlist-sent: Sent
xlist-drafts: Drafts
xlist-junk: Junk
xlist-trash: Trash
xlist-archive: Archive
sievedir: {folder}/conf/sieve
lmtpsocket: {folder}/conf/socket/lmtp
idlesocket: {folder}/conf/socket/idle
notifysocket: {folder}/conf/socket/notify
imapidlepoll: 1
imapidresponse: yes
servername: localhost
defaultdomain: inbox.example
conversations: no
duplicatesuppression: no
lmtp_downcase_rcpt: yes
tls_server_cert: disabled
failedloginpause: 0
"""
_CYRUS_CONF = """\
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {folder}/imapd.conf -r"
  idled cmd="{programs}/idled -C {folder}/imapd.conf"
}}
SERVICES {{
  imap cmd="{programs}/imapd -C {folder}/imapd.conf" listen="127.0.0.1:{port}" prefork=1
  lmtp cmd="{programs}/lmtpd -C {folder}/imapd.conf -a" listen="127.0.0.1:{lmtp_port}" prefork=1
}}
EVENTS {{
  checkpoint cmd="{programs}/ctl_cyrusdb -C {folder}/imapd.conf -c" period=30
}}
"""
_FOLDERS = ("run", "spool/stage.", *(f"conf/{name}" for name in ("db", "proc", "socket", "lock", "log", "msg", "user")))
_MORE_FOLDERS = ("conf/quota", "conf/sieve")


def cyrus_root() -> Path:
    """Where `.ci/unpack-cyrus` put Cyrus. MissingProgramError when it did not."""
    cache = Path("/var/cache") if os.geteuid() == 0 else platformdirs.user_cache_path()
    root = Path(os.environ.get("INBOXCRM_TEST_CYRUS") or cache / "inboxcrm-tests" / "cyrus")
    if not (root / "usr/lib/cyrus/bin/master").exists():
        raise MissingProgramError(f"Cyrus is not in {root}: {INSTALL}")
    return root


class Cyrus(ServerProcess):
    """The accounts are made by `add_user`; each has INBOX and the five special folders from its first login on."""

    host = "127.0.0.1"

    def __init__(self, *, password: str = "pw") -> None:
        super().__init__()
        root = cyrus_root()
        self._programs = root / "usr/lib/cyrus/bin"
        self._libraries = next(root.glob("usr/lib/*/libcyrus.so.0")).parent
        self._saslpasswd = find_program("saslpasswd2", INSTALL_SASL)
        self.password = password
        self.port, self.lmtp_port = free_port(), free_port()

    @property
    def environment(self) -> Mapping[str, str]:  # type: ignore[override]  # a constant in the base class
        return {"LD_LIBRARY_PATH": str(self._libraries)}

    def configure(self) -> None:
        for name in (*_FOLDERS, *_MORE_FOLDERS):
            (self.folder / name).mkdir(parents=True)
        values = {
            "folder": self.folder,
            "user": self.identity.user,
            "group": self.identity.group,
            "programs": self._programs,
            "port": self.port,
            "lmtp_port": self.lmtp_port,
        }
        (self.folder / "imapd.conf").write_text(_IMAPD_CONF.format(**values))
        (self.folder / "cyrus.conf").write_text(_CYRUS_CONF.format(**values))
        self.add_user("admin")

    def command(self) -> Sequence[str | Path]:
        options: list[str | Path] = ["-C", self.folder / "imapd.conf", "-M", self.folder / "cyrus.conf"]
        run = self.folder / "run"
        return [self._programs / "master", *options, "-p", run / "master.pid", "-L", run / "master.log"]

    def greeting(self) -> tuple[int, bytes]:
        return self.port, b"* OK"

    def add_user(self, user: str) -> None:
        """Let this user log in."""
        database = self.folder / "sasldb2"
        command = [self._saslpasswd, "-p", "-c", "-f", str(database), "-u", "localhost", user]
        subprocess.run(command, input=self.password.encode(), check=True, capture_output=True)
        self.identity.own(database)

    def deliver(self, user: str, raw: bytes, *, sender: str = "sender@example.net") -> None:
        """Hand a mail over by LMTP, as an MTA would. `sender` "" is the null reverse-path."""
        with smtplib.LMTP(self.host, self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [user], raw)
