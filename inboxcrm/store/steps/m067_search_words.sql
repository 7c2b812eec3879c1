-- The words of the full text as its index keeps them, in their order; it holds nothing of its own.

CREATE VIRTUAL TABLE search_words USING fts5vocab(search, instance);
