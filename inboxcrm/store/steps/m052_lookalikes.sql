-- Which two contacts are not one person after all, and what the eye makes of each address and name.

CREATE TABLE distinct_contacts (
  id INTEGER PRIMARY KEY,
  one_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
  other_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
  at TEXT NOT NULL,
  UNIQUE (one_id, other_id),
  CHECK (one_id <> other_id)
) STRICT;

CREATE INDEX distinct_contacts_other ON distinct_contacts (other_id);

-- Drawn from addresses, at any time anew: the skeletons of domain/lookalike.py.
CREATE TABLE lookalikes (
  address_key TEXT PRIMARY KEY REFERENCES addresses ON DELETE CASCADE,
  drawn TEXT NOT NULL,
  domain TEXT NOT NULL,
  domain_drawn TEXT NOT NULL,
  name TEXT NOT NULL,
  name_drawn TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX lookalikes_drawn ON lookalikes (drawn);

CREATE INDEX lookalikes_domain ON lookalikes (domain_drawn, domain);

CREATE INDEX lookalikes_name ON lookalikes (name_drawn, name);
