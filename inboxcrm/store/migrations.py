"""The schema, as append-only steps. A step that has shipped is never edited."""

from __future__ import annotations

import sqlite_utils
from sqlite_utils import Migrations

MIGRATIONS = Migrations("inboxcrm")


def is_newer_than_this_program(book: sqlite_utils.Database) -> bool:
    """Whether the file has steps on record that this program does not know."""
    ours = {step.name for step in MIGRATIONS.pending(book)} | {step.name for step in MIGRATIONS.applied(book)}
    known = {step.name for step in MIGRATIONS._migrations}
    return not ours <= known


def _run(book: sqlite_utils.Database, script: str) -> None:
    for statement in script.split(";\n\n"):
        if statement.strip():
            book.execute(statement)


@MIGRATIONS()
def m001_home(book: sqlite_utils.Database) -> None:
    """What the home itself remembers: its secret, pause, the text of the views."""
    _run(
        book,
        """
CREATE TABLE home (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT,
  detail TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE alarms (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  raised_at TEXT NOT NULL,
  detail TEXT NOT NULL,
  cleared_at TEXT
) STRICT;

CREATE UNIQUE INDEX alarms_one_of_a_kind ON alarms (kind, detail) WHERE cleared_at IS NULL;

CREATE TABLE away (
  id INTEGER PRIMARY KEY,
  start_at TEXT NOT NULL,
  end_at TEXT NOT NULL CHECK (end_at > start_at),
  kind TEXT NOT NULL,
  wording TEXT,
  buffer_minutes INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  cancelled_at TEXT
) STRICT
""",
    )


@MIGRATIONS()
def m002_people(book: sqlite_utils.Database) -> None:
    """Contacts, their addresses and organisations."""
    _run(
        book,
        """
CREATE TABLE organisations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  domain TEXT NOT NULL UNIQUE,
  plan TEXT
) STRICT;

CREATE TABLE contacts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  organisation_id INTEGER REFERENCES organisations,
  language TEXT,
  timezone TEXT,
  plan TEXT,
  policy TEXT,
  known_since TEXT,
  known_because TEXT,
  away_until TEXT,
  created_at TEXT NOT NULL
) STRICT;

CREATE INDEX contacts_organisation ON contacts (organisation_id);

CREATE TABLE addresses (
  key TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  name TEXT NOT NULL,
  contact_id INTEGER REFERENCES contacts,
  organisation_id INTEGER REFERENCES organisations,
  known_since TEXT,
  undeliverable_at TEXT,
  undeliverable_why TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX addresses_contact ON addresses (contact_id);

CREATE INDEX addresses_organisation ON addresses (organisation_id)
""",
    )


@MIGRATIONS()
def m003_mail(book: sqlite_utils.Database) -> None:
    """Mailboxes, folders, where each message lies, the messages and their matters."""
    _run(
        book,
        """
CREATE TABLE mailboxes (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  enrolled_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new',
  cause TEXT,
  last_checked_at TEXT,
  last_mail_at TEXT,
  next_attempt_at TEXT,
  backlog INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE folders (
  id INTEGER PRIMARY KEY,
  mailbox_id INTEGER NOT NULL REFERENCES mailboxes,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid_next INTEGER NOT NULL,
  highest_modseq INTEGER,
  backfill_below INTEGER,
  baseline INTEGER NOT NULL,
  pending TEXT NOT NULL DEFAULT '[]',
  checked_at TEXT,
  UNIQUE (mailbox_id, name)
) STRICT;

CREATE TABLE matters (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER REFERENCES contacts,
  organisation_id INTEGER REFERENCES organisations,
  subject TEXT NOT NULL,
  subject_key TEXT NOT NULL,
  turn TEXT NOT NULL CHECK (turn IN ('mine', 'theirs', 'nobody')),
  opened_at TEXT NOT NULL,
  last_at TEXT NOT NULL
) STRICT;

CREATE INDEX matters_contact_subject ON matters (contact_id, subject_key, last_at);

CREATE INDEX matters_organisation ON matters (organisation_id);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  fingerprint BLOB NOT NULL UNIQUE,
  message_id TEXT,
  origin TEXT NOT NULL CHECK (origin IN ('live', 'backlog', 'import')),
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out', 'auto')),
  class TEXT NOT NULL CHECK (class IN ('human', 'machine', 'unknown')),
  outcome TEXT,
  reasons TEXT NOT NULL DEFAULT '[]',
  received_at TEXT NOT NULL,
  sent_at TEXT,
  contact_id INTEGER REFERENCES contacts,
  matter_id INTEGER REFERENCES matters,
  sender_key TEXT,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  subject TEXT NOT NULL,
  preview TEXT NOT NULL,
  language TEXT,
  size INTEGER NOT NULL,
  attachments TEXT NOT NULL DEFAULT '[]',
  defects TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE INDEX messages_message_id ON messages (message_id);

CREATE INDEX messages_matter ON messages (matter_id, received_at);

CREATE INDEX messages_contact ON messages (contact_id, received_at);

CREATE INDEX messages_received ON messages (received_at);

CREATE TABLE letters (
  message_id INTEGER PRIMARY KEY REFERENCES messages,
  text TEXT NOT NULL,
  raw BLOB NOT NULL
) STRICT;

CREATE TABLE participants (
  message_id INTEGER NOT NULL REFERENCES messages,
  role TEXT NOT NULL CHECK (role IN ('from', 'to', 'cc')),
  address_key TEXT NOT NULL,
  PRIMARY KEY (message_id, role, address_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX participants_address ON participants (address_key);

CREATE TABLE matter_people (
  matter_id INTEGER NOT NULL REFERENCES matters,
  address_key TEXT NOT NULL,
  PRIMARY KEY (matter_id, address_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE citations (
  cited TEXT NOT NULL,
  citing INTEGER NOT NULL REFERENCES messages,
  PRIMARY KEY (cited, citing)
) STRICT, WITHOUT ROWID;

CREATE TABLE thread_ids (
  message_id TEXT NOT NULL,
  matter_id INTEGER NOT NULL REFERENCES matters,
  PRIMARY KEY (message_id, matter_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE locations (
  folder_id INTEGER NOT NULL REFERENCES folders,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  message_id INTEGER NOT NULL REFERENCES messages,
  flags TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (folder_id, uid_validity, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX locations_message ON locations (message_id);

CREATE TABLE quarantine (
  folder_id INTEGER NOT NULL REFERENCES folders,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  why TEXT NOT NULL,
  noticed_at TEXT NOT NULL,
  PRIMARY KEY (folder_id, uid_validity, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
  message_id INTEGER PRIMARY KEY REFERENCES messages,
  decided_at TEXT NOT NULL,
  story TEXT NOT NULL
) STRICT
""",
    )


@MIGRATIONS()
def m004_search(book: sqlite_utils.Database) -> None:
    """Full text over subject, people and letter; the text itself stays in its own tables."""
    _run(
        book,
        """
CREATE VIEW search_source AS
SELECT messages.id AS id, subject, sender, recipients, letters.text AS text
FROM messages
JOIN letters ON letters.message_id = messages.id;

CREATE VIRTUAL TABLE search USING fts5(
  subject, sender, recipients, text,
  content="search_source", content_rowid="id",
  tokenize="porter unicode61 remove_diacritics 2"
)
""",
    )


@MIGRATIONS()
def m005_ledger(book: sqlite_utils.Database) -> None:
    """Promises with their append-only events, the outbox, and the keys of what was answered."""
    _run(
        book,
        """
CREATE TABLE promises (
  id INTEGER PRIMARY KEY,
  matter_id INTEGER NOT NULL REFERENCES matters,
  message_id INTEGER NOT NULL REFERENCES messages,
  contact_id INTEGER REFERENCES contacts,
  state TEXT NOT NULL CHECK (state IN ('open', 'extended', 'broken', 'kept', 'kept_late', 'withdrawn', 'moot')),
  received_at TEXT NOT NULL,
  due_at TEXT,
  warn_at TEXT,
  counted_from TEXT NOT NULL,
  target_minutes INTEGER NOT NULL,
  walk TEXT NOT NULL,
  told_at TEXT,
  told_due_at TEXT,
  chasers INTEGER NOT NULL DEFAULT 0,
  extensions INTEGER NOT NULL DEFAULT 0,
  automatic_extensions INTEGER NOT NULL DEFAULT 0,
  warned_at TEXT,
  snoozed_until TEXT,
  ended_at TEXT,
  ended_how TEXT,
  ended_by INTEGER REFERENCES messages
) STRICT;

CREATE UNIQUE INDEX promises_one_live ON promises (matter_id) WHERE state IN ('open', 'extended', 'broken');

CREATE INDEX promises_live ON promises (due_at) WHERE state IN ('open', 'extended', 'broken');

CREATE INDEX promises_message ON promises (message_id);

CREATE TABLE promise_events (
  id INTEGER PRIMARY KEY,
  promise_id INTEGER NOT NULL REFERENCES promises,
  at TEXT NOT NULL,
  event TEXT NOT NULL,
  from_state TEXT,
  to_state TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX promise_events_promise ON promise_events (promise_id);

CREATE TRIGGER promise_events_are_not_edited BEFORE UPDATE ON promise_events
BEGIN SELECT RAISE(ABORT, 'promise events are append-only'); END;

CREATE TRIGGER promise_events_are_not_removed BEFORE DELETE ON promise_events
BEGIN SELECT RAISE(ABORT, 'promise events are append-only'); END;

CREATE TRIGGER ended_promises_stay_ended BEFORE UPDATE OF state ON promises
WHEN OLD.state IN ('kept', 'kept_late', 'withdrawn', 'moot') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'an ended promise cannot move'); END;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('auto', 'owner')),
  mailbox_id INTEGER NOT NULL REFERENCES mailboxes,
  message_id INTEGER REFERENCES messages,
  matter_id INTEGER REFERENCES matters,
  promise_id INTEGER REFERENCES promises,
  template TEXT NOT NULL,
  state TEXT NOT NULL,
  step TEXT,
  hold INTEGER NOT NULL,
  dedupe_key TEXT NOT NULL UNIQUE,
  mail_id TEXT NOT NULL UNIQUE,
  recipient TEXT NOT NULL,
  recipient_base TEXT NOT NULL,
  recipient_domain TEXT NOT NULL,
  subject_key TEXT NOT NULL,
  stranger INTEGER NOT NULL,
  form_lead INTEGER NOT NULL,
  envelope_from TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  raw BLOB NOT NULL,
  created_at TEXT NOT NULL,
  due_at TEXT,
  send_after TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  ended_at TEXT,
  reply TEXT
) STRICT;

CREATE INDEX outbox_waiting ON outbox (send_after) WHERE state IN ('held', 'queued', 'sending', 'awaiting', 'unknown');

CREATE INDEX outbox_matter ON outbox (matter_id);

CREATE INDEX outbox_created ON outbox (created_at);

CREATE TABLE answered (
  key TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  message_id INTEGER REFERENCES messages
) STRICT, WITHOUT ROWID;

CREATE INDEX answered_at ON answered (at)
""",
    )


@MIGRATIONS()
def m006_promises_by_time(book: sqlite_utils.Database) -> None:
    """The newest promises, and a contact's newest, without reading the whole ledger."""
    _run(
        book,
        """
CREATE INDEX promises_received ON promises (received_at);

CREATE INDEX promises_contact ON promises (contact_id, received_at)
""",
    )


@MIGRATIONS()
def m007_no_answer_needed(book: sqlite_utils.Database) -> None:
    """Mail that a rule took for needing no answer, until the owner agrees."""
    _run(
        book,
        """
CREATE TABLE unowed (
  message_id INTEGER PRIMARY KEY REFERENCES messages,
  because TEXT NOT NULL,
  at TEXT NOT NULL,
  settled_at TEXT
) STRICT
""",
    )


@MIGRATIONS()
def m008_promises_do_not_open_again(book: sqlite_utils.Database) -> None:
    """With the trigger on ended promises, exactly the changes of state that domain/promise.py has."""
    _run(
        book,
        """
CREATE TRIGGER promises_do_not_open_again BEFORE UPDATE OF state ON promises
WHEN NEW.state = 'open' AND OLD.state IN ('extended', 'broken')
BEGIN SELECT RAISE(ABORT, 'a promise does not become open again'); END
""",
    )
