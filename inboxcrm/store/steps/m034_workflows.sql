-- What rules have done besides the acknowledgement: each instance with the steps it started with, one row a step.

CREATE TABLE workflows (
  id INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  origin TEXT NOT NULL,
  condition TEXT NOT NULL,
  asked_on TEXT NOT NULL CHECK (asked_on IN ('received', 'sent')),
  message_id INTEGER NOT NULL REFERENCES messages,
  matter_id INTEGER REFERENCES matters,
  contact_id INTEGER REFERENCES contacts,
  promise_id INTEGER REFERENCES promises,
  since_at TEXT NOT NULL,
  started_at TEXT NOT NULL,
  UNIQUE (rule, message_id)
) STRICT;

CREATE INDEX workflows_message ON workflows (message_id);

CREATE INDEX workflows_contact ON workflows (contact_id);

CREATE INDEX workflows_matter ON workflows (matter_id);

CREATE INDEX workflows_promise ON workflows (promise_id);

CREATE TABLE workflow_steps (
  id INTEGER PRIMARY KEY,
  workflow_id INTEGER NOT NULL REFERENCES workflows,
  number INTEGER NOT NULL,
  step TEXT NOT NULL,
  at_once INTEGER NOT NULL,
  unless TEXT NOT NULL,
  due_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'moot', 'cancelled', 'failed')),
  ended_at TEXT,
  outcome TEXT,
  outbox_id INTEGER REFERENCES outbox,
  UNIQUE (workflow_id, number),
  CHECK ((state = 'waiting') = (ended_at IS NULL))
) STRICT;

CREATE INDEX workflow_steps_waiting ON workflow_steps (due_at) WHERE state = 'waiting';

CREATE INDEX workflow_steps_draft ON workflow_steps (outbox_id) WHERE outbox_id IS NOT NULL;

CREATE TRIGGER workflow_steps_end_once BEFORE UPDATE OF state ON workflow_steps
WHEN OLD.state <> 'waiting'
BEGIN SELECT RAISE(ABORT, 'a step that has ended stays ended'); END;

CREATE TRIGGER workflows_are_not_edited BEFORE UPDATE OF rule, condition, asked_on, message_id, since_at ON workflows
BEGIN SELECT RAISE(ABORT, 'a workflow keeps what it started with'); END;

-- Mail that was sent before there were workflows starts none.
INSERT INTO home (key, value)
SELECT 'workflows_sent_until', CAST(COALESCE(MAX(id), 0) AS TEXT)
FROM messages;
