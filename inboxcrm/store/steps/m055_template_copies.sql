-- The shipped text that a template of the home was copied from, so that what changed upstream since can be told.

CREATE TABLE template_copies (
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  digest TEXT NOT NULL,
  shipped TEXT NOT NULL,
  copied_at TEXT NOT NULL,
  PRIMARY KEY (name, language)
) STRICT, WITHOUT ROWID;
