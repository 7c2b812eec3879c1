-- The table of moves of domain/promise.py, in the database: no event outside it can be entered, by whatever program.

CREATE TABLE promise_moves (
  from_state TEXT NOT NULL,
  event TEXT NOT NULL,
  to_state TEXT NOT NULL,
  PRIMARY KEY (from_state, event)
) STRICT, WITHOUT ROWID;

INSERT INTO promise_moves (from_state, event, to_state) VALUES
  ('open', 'answered', 'kept'),
  ('open', 'answered-late', 'kept_late'),
  ('open', 'withdrawn', 'withdrawn'),
  ('open', 'needless', 'moot'),
  ('open', 'warned', 'open'),
  ('open', 'extended', 'extended'),
  ('open', 'due-passed', 'broken'),
  ('open', 'chased', 'open'),
  ('extended', 'answered', 'kept'),
  ('extended', 'answered-late', 'kept_late'),
  ('extended', 'withdrawn', 'withdrawn'),
  ('extended', 'needless', 'moot'),
  ('extended', 'warned', 'extended'),
  ('extended', 'extended', 'extended'),
  ('extended', 'due-passed', 'broken'),
  ('extended', 'chased', 'extended'),
  ('broken', 'answered', 'kept'),
  ('broken', 'answered-late', 'kept_late'),
  ('broken', 'withdrawn', 'withdrawn'),
  ('broken', 'needless', 'moot'),
  ('broken', 'extended', 'extended'),
  ('broken', 'chased', 'broken');

CREATE TRIGGER promise_moves_are_fixed BEFORE UPDATE ON promise_moves
BEGIN SELECT RAISE(ABORT, 'the table of moves is fixed'); END;

CREATE TRIGGER promise_moves_are_kept BEFORE DELETE ON promise_moves
BEGIN SELECT RAISE(ABORT, 'the table of moves is fixed'); END;

CREATE TRIGGER promise_moves_are_complete BEFORE INSERT ON promise_moves
BEGIN SELECT RAISE(ABORT, 'the table of moves is fixed'); END;

CREATE TRIGGER promise_events_follow_the_table BEFORE INSERT ON promise_events
WHEN NEW.event NOT IN ('made', 'told')
  AND NOT EXISTS (SELECT 1 FROM promise_moves
                  WHERE from_state = NEW.from_state AND event = NEW.event AND to_state = NEW.to_state)
BEGIN SELECT RAISE(ABORT, 'the ledger has no such move'); END;

CREATE TRIGGER promise_events_say_where_it_stands BEFORE INSERT ON promise_events
WHEN NEW.event <> 'made' AND NEW.to_state <> (SELECT state FROM promises WHERE id = NEW.promise_id)
BEGIN SELECT RAISE(ABORT, 'the entry and the promise disagree'); END;

CREATE TRIGGER promises_end_at_an_instant AFTER UPDATE ON promises
WHEN (NEW.state IN ('open', 'extended', 'broken') AND NEW.ended_at IS NOT NULL)
  OR (NEW.state IN ('kept', 'kept_late', 'withdrawn', 'moot') AND NEW.ended_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'a promise that ended has its time, one that lives has none'); END;

CREATE TRIGGER promises_are_extended_by_machine_once BEFORE UPDATE OF automatic_extensions ON promises
WHEN NEW.automatic_extensions > 1
BEGIN SELECT RAISE(ABORT, 'one automatic extension at most'); END;
