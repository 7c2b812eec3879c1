-- How a contact is addressed where a language has two forms: du or Sie, tu or vous.

ALTER TABLE contacts ADD COLUMN form TEXT CHECK (form IN ('formal', 'familiar'));
