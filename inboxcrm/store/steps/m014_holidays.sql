-- Which kinds of public holidays the owner has adopted, or decided against, for each region. No row: not decided yet.

CREATE TABLE holidays (
  region TEXT NOT NULL,
  kind TEXT NOT NULL,
  category TEXT NOT NULL,
  adopted INTEGER NOT NULL CHECK (adopted IN (0, 1)),
  at TEXT NOT NULL,
  PRIMARY KEY (region, kind, category)
) STRICT, WITHOUT ROWID;
