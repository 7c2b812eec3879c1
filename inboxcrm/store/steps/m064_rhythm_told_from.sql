-- From which silence on, in days, the owner is to hear of it; NULL where they are to hear of none.

ALTER TABLE rhythms ADD COLUMN told_from_days REAL;
