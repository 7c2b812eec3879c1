-- Word to the owner by another way than the mailbox: each notice once, delivered by each way that was set when it was made.

CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  urgent INTEGER NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  message_id INTEGER REFERENCES messages,
  made_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  rang_at TEXT
) STRICT;

CREATE INDEX notices_rang ON notices (rang_at) WHERE rang_at IS NOT NULL;

CREATE INDEX notices_message ON notices (message_id);

CREATE TABLE notice_deliveries (
  notice_id INTEGER NOT NULL REFERENCES notices,
  route TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'failed', 'expired')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at TEXT NOT NULL,
  ended_at TEXT,
  cause TEXT,
  PRIMARY KEY (notice_id, route)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_deliveries_waiting ON notice_deliveries (next_at) WHERE state = 'waiting';
