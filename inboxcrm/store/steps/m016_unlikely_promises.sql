-- Promises that can hardly be kept since the calendar was edited: why, as of the calendar that was looked at last.

ALTER TABLE promises ADD COLUMN unlikely TEXT;

-- The open time between an extension and the date it gave, in minutes, where that is less than the target.
ALTER TABLE promises ADD COLUMN extended_minutes INTEGER;
