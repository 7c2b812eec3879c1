-- Three moves more: a promise that a wrong clock broke is owed as before, a mail was no asking again after all, and the
-- end of a promise was a slip.

DROP TRIGGER promise_moves_are_complete;

INSERT INTO promise_moves (from_state, event, to_state) VALUES
  ('broken', 'not-due', 'open'),
  ('open', 'unchased', 'open'),
  ('extended', 'unchased', 'extended'),
  ('broken', 'unchased', 'broken'),
  ('kept', 'taken-back', 'kept'),
  ('kept_late', 'taken-back', 'kept_late'),
  ('withdrawn', 'taken-back', 'withdrawn'),
  ('moot', 'taken-back', 'moot');

CREATE TRIGGER promise_moves_are_complete BEFORE INSERT ON promise_moves
BEGIN SELECT RAISE(ABORT, 'the table of moves is fixed'); END;

DROP TRIGGER promises_do_not_open_again;

CREATE TRIGGER promises_do_not_open_again BEFORE UPDATE OF state ON promises
WHEN NEW.state = 'open' AND OLD.state = 'extended'
BEGIN SELECT RAISE(ABORT, 'a promise does not become open again'); END;

CREATE INDEX promises_broken ON promises (due_at) WHERE state = 'broken';
