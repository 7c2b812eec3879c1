"""What the machine itself can do with the same mails: two ratios to hold our figures against.

`parsed_per_cpu_second` is the standard library reading them, storing nothing. `python -m bench.floor` is the least that
a searchable archive takes: a raw reader of IMAP literals, a native parser, the full text, the mail kept compressed; no
contacts, no matters, no verdicts, no care for a mail that cannot be read, one process without limits.
"""

from __future__ import annotations

import argparse
import email
import itertools
import os
import re
import resource
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from pathlib import Path

FIELDS = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "list-id", "auto-submitted")
PASSWORD_VARIABLE = "INBOXCRM_BENCH_PASSWORD"
AT_ONCE = 1000
"""Mails of one transaction."""

_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
_SCHEMA = """
CREATE TABLE mails (id INTEGER PRIMARY KEY, message_id TEXT, sender TEXT, recipients TEXT, subject TEXT, date TEXT);
CREATE TABLE letters (id INTEGER PRIMARY KEY, text TEXT, raw BLOB);
CREATE VIEW source AS SELECT mails.id, subject, sender, recipients, text FROM mails JOIN letters USING (id);
CREATE VIRTUAL TABLE search USING fts5(
  subject, sender, recipients, text,
  content="source", content_rowid="id", tokenize="porter unicode61 remove_diacritics 2"
);
"""


@dataclass(frozen=True, slots=True)
class Floor:
    """What the least took: mails, CPU seconds with the start of the program, bytes of the database, peak MiB."""

    messages: int
    cpu: float
    disk: int
    peak: float

    @property
    def rate(self) -> float:
        """Mails per CPU second."""
        return self.messages / self.cpu


def parsed_per_cpu_second(maildir: Path, count: int = 1000) -> float:
    """Mails per CPU second read by `email` (compat32): ten fields and the decoded text parts, nothing stored."""
    raws = [each.read_bytes() for each in itertools.islice(sorted((maildir / "cur").iterdir()), count)]
    started = time.process_time()
    for raw in raws:
        _read(raw)
    return len(raws) / (time.process_time() - started)


def _read(raw: bytes) -> None:
    message = email.message_from_bytes(raw, policy=policy.compat32)
    for field in FIELDS:
        str(message[field])
    for part in message.walk():
        if part.get_content_maintype() == "text":
            part.get_payload(decode=True)


def measure(database: Path, *, port: int, user: str, password: str, folders: tuple[str, ...]) -> Floor:
    """Run the least in a process of its own."""
    command = [sys.executable, "-m", "bench.floor", str(database), str(port), user, *folders]
    done = subprocess.run(
        command, env={**os.environ, PASSWORD_VARIABLE: password}, check=True, capture_output=True, text=True
    )
    messages, cpu, peak = done.stdout.split()
    disk = sum(each.stat().st_size for each in database.parent.glob(f"{database.name}*"))
    return Floor(int(messages), float(cpu), disk, float(peak))


def mails(port: int, user: str, password: str, folders: list[str]) -> Iterator[bytes]:
    """Every mail of these folders, each literal read as its announcement says."""
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb", 1 << 18) as answers:
        answers.readline()
        for command in (f'LOGIN {user} "{password}"', *itertools.chain.from_iterable(map(_reading, folders))):
            connection.sendall(b"a " + command.encode() + b"\r\n")
            while not (line := answers.readline()).startswith(b"a "):
                if announced := _LITERAL.search(line):
                    yield answers.read(int(announced[1]))
            if not line.startswith(b"a OK"):
                raise RuntimeError(line.decode())


def _reading(folder: str) -> tuple[str, str]:
    return f"EXAMINE {folder}", "UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])"


def _archive(database: Path, port: int, user: str, folders: list[str]) -> int:
    from fast_mail_parser import ParseError, parse_email  # here, since the other ratio does not need them
    from zstandard import ZstdCompressor

    compress = ZstdCompressor(level=3).compress
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(_SCHEMA)
    number = 0
    found = mails(port, user, os.environ[PASSWORD_VARIABLE], folders)
    while some := list(itertools.islice(found, AT_ONCE)):
        rows, letters, before = [], [], number
        for raw in some:
            number += 1
            try:
                read = parse_email(raw)
            except ParseError:  # base64 that is cut short, for one; it is kept, and cannot be found
                letters.append((number, "", compress(raw)))
                continue
            headers = read.headers
            told = (headers.get(name, [None])[0] for name in ("Message-ID", "From", "To"))
            rows.append((number, *told, read.subject, read.date))
            letters.append((number, "\n".join(read.text_plain or read.text_html), compress(raw)))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO mails VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO letters VALUES (?, ?, ?)", letters)
        connection.execute(
            "INSERT INTO search (rowid, subject, sender, recipients, text) SELECT * FROM source WHERE id > ?", (before,)
        )
        connection.execute("COMMIT")
    connection.close()
    return number


def main() -> None:
    """Read everything into a database, and print how many, the CPU seconds, and the peak in MiB."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("database", type=Path)
    options.add_argument("port", type=int)
    options.add_argument("user")
    options.add_argument("folders", nargs="+")
    chosen = options.parse_args()
    number = _archive(chosen.database, chosen.port, chosen.user, chosen.folders)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(number, time.process_time(), f"{peak:.0f}")


if __name__ == "__main__":
    main()
