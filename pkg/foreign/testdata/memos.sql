CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE);
CREATE TABLE memo (id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, creator_id INTEGER NOT NULL,
	created_ts BIGINT NOT NULL, updated_ts BIGINT NOT NULL, row_status TEXT NOT NULL DEFAULT 'NORMAL', content TEXT NOT NULL DEFAULT '',
	visibility TEXT NOT NULL DEFAULT 'PRIVATE', pinned INTEGER NOT NULL DEFAULT 0, payload TEXT NOT NULL DEFAULT '{}');
CREATE TABLE attachment (id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, filename TEXT NOT NULL DEFAULT '', memo_id INTEGER);
INSERT INTO user (username) VALUES ('ann'), ('bob');
INSERT INTO memo (uid, creator_id, created_ts, updated_ts, row_status, content, visibility, pinned, payload) VALUES
	('k7Wd2mPqXeRtYuZa9bNc4f', 1, 1709281800, 1709281860, 'NORMAL', 'The #bridge is closed until #2024/may', 'PUBLIC', 1, '{"tags":["bridge","2024/may"],"property":{}}'),
	('aB3dE5fG7hJ9kL2mN4pQ6r', 1, 1609459200, 1609459200, 'ARCHIVED', '# Books I lent

- [ ] the atlas (Jo)
- [x] the cookbook', 'PRIVATE', 0, '{"location":{"placeholder":"home","latitude":1.5,"longitude":2.5}}'),
	('zZ9yY8xX7wW6vV5uU4tT3s', 2, 1609459200, 1609459200, 'NORMAL', 'not mine', 'PRIVATE', 0, '{}');
INSERT INTO attachment (uid, filename, memo_id) VALUES ('x1', 'bridge.jpg', 1), ('x2', 'map.pdf', 1);
