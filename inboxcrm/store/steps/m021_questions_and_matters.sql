-- What the program asks the owner with one key, and how matters were split and merged by hand.

CREATE TABLE questions (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('settled', 'invitation', 'new-matter')),
  message_id INTEGER NOT NULL REFERENCES messages,
  promise_id INTEGER REFERENCES promises,
  because TEXT NOT NULL,
  asked_at TEXT NOT NULL,
  answered_at TEXT,
  answer TEXT CHECK (answer IN ('yes', 'no')),
  UNIQUE (kind, message_id),
  CHECK ((answered_at IS NULL) = (answer IS NULL)),
  CHECK (kind = 'new-matter' OR promise_id IS NOT NULL)
) STRICT;

CREATE INDEX questions_open ON questions (id) WHERE answered_at IS NULL;

ALTER TABLE matters ADD COLUMN merged_into INTEGER REFERENCES matters;

CREATE TABLE matter_changes (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('split', 'merge')),
  from_matter INTEGER NOT NULL REFERENCES matters,
  to_matter INTEGER NOT NULL REFERENCES matters,
  messages TEXT NOT NULL,
  CHECK (from_matter <> to_matter)
) STRICT;

CREATE INDEX matter_changes_from ON matter_changes (from_matter);

CREATE INDEX matter_changes_to ON matter_changes (to_matter);

CREATE TRIGGER matter_changes_are_not_edited BEFORE UPDATE ON matter_changes
BEGIN SELECT RAISE(ABORT, 'the history of matters is append-only'); END;

CREATE TRIGGER matter_changes_are_not_removed BEFORE DELETE ON matter_changes
BEGIN SELECT RAISE(ABORT, 'the history of matters is append-only'); END;
