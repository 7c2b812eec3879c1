-- With the trigger on ended promises, exactly the changes of state that domain/promise.py has.

CREATE TRIGGER promises_do_not_open_again BEFORE UPDATE OF state ON promises
WHEN NEW.state = 'open' AND OLD.state IN ('extended', 'broken')
BEGIN SELECT RAISE(ABORT, 'a promise does not become open again'); END;
