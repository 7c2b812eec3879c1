-- Promises with their append-only events, the outbox, and the keys of what was answered.

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

CREATE INDEX answered_at ON answered (at);
