-- What rules have done that no mail but time brought about: about which occasion or silence, once each.

CREATE TABLE rule_occurrences (
  id INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  origin TEXT NOT NULL,
  asked_on TEXT NOT NULL CHECK (asked_on IN ('quiet', 'occasion')),
  contact_id INTEGER NOT NULL REFERENCES contacts,
  about TEXT NOT NULL,
  occasion_id INTEGER REFERENCES occasions,
  year INTEGER,
  at TEXT NOT NULL,
  because TEXT NOT NULL,
  outcome TEXT NOT NULL,
  outbox_id INTEGER REFERENCES outbox,
  CHECK ((asked_on = 'occasion') = (occasion_id IS NOT NULL)),
  UNIQUE (rule, about)
) STRICT;

CREATE INDEX rule_occurrences_contact ON rule_occurrences (contact_id);

CREATE INDEX rule_occurrences_draft ON rule_occurrences (outbox_id) WHERE outbox_id IS NOT NULL;

CREATE INDEX rule_occurrences_occasion ON rule_occurrences (occasion_id) WHERE occasion_id IS NOT NULL;
