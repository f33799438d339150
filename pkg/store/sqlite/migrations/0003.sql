-- What was replaced: the history of each note, and what undo needs.

ALTER TABLE notes ADD COLUMN saved_by    TEXT NOT NULL DEFAULT '';
ALTER TABLE notes ADD COLUMN saved_since INTEGER;

CREATE TABLE operations (
	owner   TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	id      TEXT NOT NULL,
	at      INTEGER NOT NULL,
	action  TEXT NOT NULL,
	session TEXT NOT NULL,
	label   TEXT NOT NULL,
	PRIMARY KEY (owner, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX operations_by_time ON operations (owner, at, id);

-- The body comes last, so that a history without bodies does not read the pages
-- a long one is on.
CREATE TABLE steps (
	owner      TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	id         TEXT NOT NULL, -- the note's
	revision   INTEGER NOT NULL, -- that was replaced
	operation  TEXT, -- NULL for one that is forgotten
	action     TEXT NOT NULL,
	at         INTEGER NOT NULL,
	pinned     INTEGER NOT NULL CHECK (pinned IN (0, 1)),
	archived   INTEGER NOT NULL CHECK (archived IN (0, 1)),
	created_at INTEGER, -- NULL where it was not changed
	updated_at INTEGER NOT NULL,
	trashed_at INTEGER,
	kept       INTEGER NOT NULL CHECK (kept IN (0, 1)),
	tags       TEXT, -- these three are NULL where the text was not changed
	title      TEXT,
	body       TEXT,
	PRIMARY KEY (owner, id, revision)
) STRICT, WITHOUT ROWID;

CREATE INDEX steps_by_operation ON steps (owner, operation, id) WHERE operation NOT NULL;

-- Nothing is left of the text of a note that was deleted for good.
CREATE TRIGGER note_purged AFTER UPDATE OF purged_at ON notes WHEN new.purged_at NOT NULL BEGIN
	DELETE FROM steps WHERE owner = new.owner AND id = new.id;
END;
