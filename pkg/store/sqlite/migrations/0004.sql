-- Search, and the counts of the tags.

-- Where a note stands among all: the later its last save, the higher. What it
-- says is in the index under this number. Notes that are no tombstones have one.
-- See index.go.
CREATE TABLE places (
	place INTEGER PRIMARY KEY,
	note  INTEGER NOT NULL UNIQUE REFERENCES notes ON DELETE CASCADE
) STRICT;

-- The tokens of each note, each behind its owner's id: an index of who says what,
-- without the text. Go puts a note in, because it makes the tokens; it leaves
-- with its place.
CREATE VIRTUAL TABLE words USING fts5 (
	tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

CREATE TRIGGER place_deleted AFTER DELETE ON places BEGIN
	DELETE FROM words WHERE rowid = old.place;
END;

CREATE TRIGGER note_purged_from_index AFTER UPDATE OF purged_at ON notes WHEN new.purged_at NOT NULL BEGIN
	DELETE FROM places WHERE note = new.number;
END;

-- What the index was made by and how it is to be read: one row.
CREATE TABLE index_state (
	tokenizer INTEGER NOT NULL, -- search.Version; 0 before the first time
	shift     INTEGER NOT NULL  -- how far above where it belongs a place is at most
) STRICT;

INSERT INTO index_state VALUES (0, 0);

-- How many notes have a tag and are not in the trash.
CREATE TABLE tag_counts (
	owner TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	tag   TEXT NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (owner, tag)
) STRICT, WITHOUT ROWID;

INSERT INTO tag_counts SELECT owner, tag, count(*) FROM note_tags WHERE state < 2 GROUP BY owner, tag;

CREATE TRIGGER tag_inserted AFTER INSERT ON note_tags WHEN new.state < 2 BEGIN
	INSERT INTO tag_counts VALUES (new.owner, new.tag, 1)
	ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER tag_deleted AFTER DELETE ON note_tags WHEN old.state < 2 BEGIN
	UPDATE tag_counts SET count = count - 1 WHERE owner = old.owner AND tag = old.tag;
	DELETE FROM tag_counts WHERE owner = old.owner AND tag = old.tag AND count = 0;
END;
