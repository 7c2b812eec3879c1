-- Mail that a rule took for needing no answer, until the owner agrees.

CREATE TABLE unowed (
  message_id INTEGER PRIMARY KEY REFERENCES messages,
  because TEXT NOT NULL,
  at TEXT NOT NULL,
  settled_at TEXT
) STRICT;
