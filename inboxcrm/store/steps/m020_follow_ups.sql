-- Until when the owner waits for their word, and the queue read from one index however much is owed.

CREATE TABLE follow_ups (
  id INTEGER PRIMARY KEY,
  matter_id INTEGER NOT NULL REFERENCES matters,
  due_at TEXT NOT NULL,
  because TEXT NOT NULL,
  by_hand INTEGER NOT NULL CHECK (by_hand IN (0, 1)),
  since_at TEXT NOT NULL,
  ended_at TEXT,
  ended_how TEXT CHECK (ended_how IN ('answered', 'dropped', 'closed', 'replaced')),
  CHECK ((ended_at IS NULL) = (ended_how IS NULL))
) STRICT;

CREATE UNIQUE INDEX follow_ups_one_live ON follow_ups (matter_id) WHERE ended_at IS NULL;

CREATE INDEX follow_ups_due ON follow_ups (due_at) WHERE ended_at IS NULL;

CREATE INDEX promises_queue ON promises
  (received_at, id, state, due_at, chasers, contact_id, snoozed_until, message_id)
  WHERE state IN ('open', 'extended', 'broken');
