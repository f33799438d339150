-- The terms in the index in their order, so that a search by the beginning of a
-- word can ask for the few words there are: FTS5 takes much longer for that.
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, instance);
