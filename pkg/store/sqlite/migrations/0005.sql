-- The feed of changes.

-- Where in its owner's feed a note is: the number of its last write. NULL for one
-- that was written before there was a feed.
ALTER TABLE notes ADD COLUMN seq INTEGER;

CREATE UNIQUE INDEX notes_by_seq ON notes (owner, seq) WHERE seq NOT NULL;

-- One row for each owner with notes that were written.
CREATE TABLE feeds (
	owner TEXT PRIMARY KEY REFERENCES users ON DELETE CASCADE,
	epoch TEXT NOT NULL,
	seq   INTEGER NOT NULL, -- of the last write
	floor INTEGER NOT NULL  -- tombstones up to here may be forgotten
) STRICT, WITHOUT ROWID;
