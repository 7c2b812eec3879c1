-- How the full text is written: more of it in memory at once, and sixteen pieces made one instead of four. A backlog
-- writes each word a third less often for it, and a new mail is merged with others less often.

INSERT INTO search (search, rank) VALUES ('hashsize', 4194304);

INSERT INTO search (search, rank) VALUES ('automerge', 16);
