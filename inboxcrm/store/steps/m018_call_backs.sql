-- Who asked to be called, when they want it as far as their mail says so, and what the owner made of it.

CREATE TABLE call_backs (
  promise_id INTEGER PRIMARY KEY REFERENCES promises,
  message_id INTEGER NOT NULL REFERENCES messages,
  phrase TEXT NOT NULL,
  call_at TEXT,
  call_on TEXT,
  sure INTEGER NOT NULL
) STRICT;
