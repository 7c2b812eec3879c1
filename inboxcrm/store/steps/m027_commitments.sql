-- What somebody said they would do, or asked for: suggested from a letter, or entered by hand.

CREATE TABLE commitments (
  id INTEGER PRIMARY KEY,
  message_id INTEGER REFERENCES messages,
  contact_id INTEGER REFERENCES contacts,
  matter_id INTEGER REFERENCES matters,
  side TEXT NOT NULL CHECK (side IN ('mine', 'theirs')),
  kind TEXT NOT NULL CHECK (kind IN ('deed', 'request', 'invoice', 'order-number', 'payment')),
  quote TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  said_at TEXT NOT NULL,
  due_on TEXT,
  state TEXT NOT NULL CHECK (state IN ('suggested', 'open', 'done', 'dismissed')),
  decided_at TEXT,
  ended_at TEXT,
  ended_how TEXT,
  evidence_id INTEGER REFERENCES messages,
  UNIQUE (message_id, quote)
) STRICT;

CREATE INDEX commitments_live ON commitments (due_on) WHERE state IN ('suggested', 'open');

CREATE INDEX commitments_contact ON commitments (contact_id, state);

CREATE INDEX commitments_matter ON commitments (matter_id) WHERE state IN ('suggested', 'open');

CREATE INDEX commitments_evidence ON commitments (evidence_id);

CREATE TRIGGER decided_commitments_stay_decided BEFORE UPDATE OF state ON commitments
WHEN OLD.state IN ('done', 'dismissed') AND NEW.state <> OLD.state
BEGIN SELECT RAISE(ABORT, 'a commitment that is done or dismissed does not move'); END;
