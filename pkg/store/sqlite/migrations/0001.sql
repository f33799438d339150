-- Times are milliseconds since 1970 in UTC. Text is compared by its bytes.

PRAGMA application_id = 0x6e6f7465; -- "note"

CREATE TABLE users (
	id            TEXT PRIMARY KEY,
	username      TEXT NOT NULL,
	key           TEXT NOT NULL UNIQUE,
	password_hash TEXT NOT NULL,
	created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
	id           TEXT PRIMARY KEY,
	user_id      TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	kind         TEXT NOT NULL,
	label        TEXT NOT NULL,
	created_at   INTEGER NOT NULL,
	last_used_at INTEGER NOT NULL,
	expires_at   INTEGER NOT NULL,
	generation   INTEGER NOT NULL,
	secret_hash  BLOB NOT NULL,
	rotated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_expiring ON sessions (expires_at);

CREATE TABLE settings (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE throttles (
	key      TEXT PRIMARY KEY,
	count    INTEGER NOT NULL,
	strikes  INTEGER NOT NULL,
	since    INTEGER NOT NULL,
	until    INTEGER NOT NULL,
	revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX throttles_expiring ON throttles (until);

-- A row is a note or, with purged_at, its tombstone. The body comes last, so
-- that a list without bodies does not read the pages a long one is on.
CREATE TABLE notes (
	number     INTEGER PRIMARY KEY,
	owner      TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	id         TEXT NOT NULL,
	pinned     INTEGER NOT NULL CHECK (pinned IN (0, 1)),
	archived   INTEGER NOT NULL CHECK (archived IN (0, 1)),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	trashed_at INTEGER,
	purged_at  INTEGER,
	-- 0 active, 1 archived, 2 trashed; NULL, which no query asks for, for a tombstone.
	state      INTEGER AS (CASE WHEN purged_at NOT NULL THEN NULL WHEN trashed_at NOT NULL THEN 2 ELSE archived END),
	revision   INTEGER NOT NULL,
	tags       TEXT NOT NULL, -- joined by commas, which no tag holds
	operations TEXT NOT NULL, -- joined by commas too
	title      TEXT NOT NULL,
	title_key  TEXT NOT NULL,
	excerpt    TEXT NOT NULL,
	body       TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX notes_by_id ON notes (owner, id);

-- One index for each order. A list in all states merges three ranges of it.
CREATE INDEX notes_by_updated ON notes (owner, state, updated_at, id);
CREATE INDEX notes_by_created ON notes (owner, state, created_at, id);
CREATE INDEX notes_by_title   ON notes (owner, state, title_key, id);

-- Few notes are pinned: these are small, and a list of them need not walk past
-- all others.
CREATE INDEX pinned_by_updated ON notes (owner, state, updated_at, id) WHERE pinned = 1;
CREATE INDEX pinned_by_created ON notes (owner, state, created_at, id) WHERE pinned = 1;
CREATE INDEX pinned_by_title   ON notes (owner, state, title_key, id) WHERE pinned = 1;

CREATE INDEX notes_expiring ON notes (trashed_at) WHERE state = 2;
CREATE INDEX tombstones_expiring ON notes (purged_at) WHERE purged_at NOT NULL;

-- A row for each tag of each note that is no tombstone, with what lists are
-- ordered by, so that a list of one tag reads its page and no more. The triggers
-- keep it: nothing else writes it.
CREATE TABLE note_tags (
	owner      TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
	tag        TEXT NOT NULL,
	id         TEXT NOT NULL,
	number     INTEGER NOT NULL, -- the note's
	state      INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	title_key  TEXT NOT NULL,
	PRIMARY KEY (owner, tag, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tagged_by_updated ON note_tags (owner, tag, state, updated_at, id, number);
CREATE INDEX tagged_by_created ON note_tags (owner, tag, state, created_at, id, number);
CREATE INDEX tagged_by_title   ON note_tags (owner, tag, state, title_key, id, number);

-- JSON splits the tags: quoting escapes all that JSON minds but the commas
-- between them.
CREATE TRIGGER note_inserted AFTER INSERT ON notes WHEN new.tags <> '' AND new.state NOT NULL BEGIN
	INSERT INTO note_tags (owner, tag, id, number, state, created_at, updated_at, title_key)
	SELECT new.owner, value, new.id, new.number, new.state, new.created_at, new.updated_at, new.title_key
	FROM json_each('[' || replace(json_quote(new.tags), ',', '","') || ']');
END;

CREATE TRIGGER note_updated AFTER UPDATE ON notes
WHEN (old.tags <> '' OR new.tags <> '')
	AND (old.tags, old.state, old.created_at, old.updated_at, old.title_key)
	IS NOT (new.tags, new.state, new.created_at, new.updated_at, new.title_key)
BEGIN
	DELETE FROM note_tags WHERE owner = old.owner AND id = old.id
	AND tag IN (SELECT value FROM json_each('[' || replace(json_quote(old.tags), ',', '","') || ']'));
	INSERT INTO note_tags (owner, tag, id, number, state, created_at, updated_at, title_key)
	SELECT new.owner, value, new.id, new.number, new.state, new.created_at, new.updated_at, new.title_key
	FROM json_each('[' || replace(json_quote(new.tags), ',', '","') || ']')
	WHERE new.tags <> '' AND new.state NOT NULL;
END;
