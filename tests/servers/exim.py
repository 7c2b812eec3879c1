"""A private Exim 4: a real MTA with its own queue, between what clients submit and where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.servers.process import ServerProcess, find_program, free_port

INSTALL = "sudo apt-get install exim4-daemon-light"
DOMAIN = "inbox.example"
HOST = "mx.inbox.example"

_CONFIGURATION = """\
primary_hostname = {host}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
exim_path = {program}
exim_user = {uid}
exim_group = {gid}
never_users =
deliver_drop_privilege
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
domainlist local_domains = {domain}
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
message_size_limit = 40M
chunking_advertise_hosts =
smtputf8_advertise_hosts = *
accept_8bitmime = true
host_lookup =
rfc1413_hosts =
rfc1413_query_timeout = 0s
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
queue_run_in_order
keep_environment =
tls_advertise_hosts =
dns_dnssec_ok = 0

begin acl
acl_rcpt:
  defer local_parts = greylist
    message = 451 4.7.1 Greylisted, try again later
  defer local_parts = full
    message = 452 4.2.2 Mailbox full
  deny local_parts = nobodyhere
    message = 550 5.1.1 No such user
  accept
acl_data:
  deny condition = ${{if match{{$h_subject:}}{{REFUSE-ME}}}}
    message = 554 5.7.1 Content rejected
{authentication}
  accept

begin routers
inbound:
  driver = accept
  domains = +local_domains
  transport = inbound_lmtp
outbound:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = outbound_smtp

begin transports
inbound_lmtp:
  driver = smtp
  protocol = lmtp
  hosts = 127.0.0.1
  hosts_override
  allow_localhost
  port = {lmtp_port}
  rcpt_include_affixes
  hosts_try_dane =
outbound_smtp:
  driver = smtp
  allow_localhost
  port = {sink_port}
  hosts_try_dane =
  hosts_try_fastopen =

begin retry
*  *  F,10m,2s

begin rewrite
begin authenticators
"""


class Exim(ServerProcess):
    """Mail for `inbox.example` goes to an LMTP port, all other mail to a sink's SMTP port (a bounce too).

    Some local parts answer by themselves: `greylist` 451, `full` 452, `nobodyhere` 550; a subject with REFUSE-ME 554.
    `authentication` is written behind the authserv-id `mx.inbox.example` into an Authentication-Results field of
    every mail, with Exim's variables expanded ("spf=pass smtp.mailfrom=$sender_address_domain"); None writes none.
    """

    host = "127.0.0.1"

    def __init__(self, *, lmtp_port: int, sink_port: int, authentication: str | None = None) -> None:
        super().__init__()
        self._program = find_program("exim4", INSTALL)
        self.port = free_port()
        self._lmtp_port = lmtp_port
        self._sink_port = sink_port
        self._authentication = authentication

    def configure(self) -> None:
        for name in ("spool", "log"):
            (self.folder / name).mkdir()
        authentication = ""
        if self._authentication is not None:
            authentication = f"  warn add_header = :at_start:Authentication-Results: {HOST}; {self._authentication}"
        configuration = _CONFIGURATION.format(
            host=HOST,
            domain=DOMAIN,
            folder=self.folder,
            program=self._program,
            uid=self.identity.uid,
            gid=self.identity.gid,
            port=self.port,
            lmtp_port=self._lmtp_port,
            sink_port=self._sink_port,
            authentication=authentication,
        )
        (self.folder / "exim.conf").write_text(configuration)

    def command(self) -> Sequence[str | Path]:
        return [self._program, "-C", self.folder / "exim.conf", "-bdf", "-q2s"]

    def greeting(self) -> tuple[int, bytes]:
        return self.port, b"220"
