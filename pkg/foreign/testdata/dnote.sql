CREATE TABLE books (uuid text PRIMARY KEY, label text NOT NULL, dirty bool DEFAULT false, usn int DEFAULT 0 NOT NULL, deleted bool DEFAULT false);
CREATE TABLE notes (uuid text NOT NULL, book_uuid text NOT NULL, body text NOT NULL, added_on integer NOT NULL, edited_on integer DEFAULT 0,
	dirty bool DEFAULT false, usn int DEFAULT 0 NOT NULL, deleted bool DEFAULT false);
INSERT INTO books (uuid, label) VALUES
	('b1d0c0de-0000-4000-8000-000000000001', 'linux'),
	('b1d0c0de-0000-4000-8000-000000000002', 'Cooking 101');
INSERT INTO notes (uuid, book_uuid, body, added_on, edited_on, deleted) VALUES
	('0a1b2c3d-0000-4000-8000-000000000001', 'b1d0c0de-0000-4000-8000-000000000001', 'ss -tlnp shows who listens

  State   Recv-Q  Local Address
  LISTEN  0       127.0.0.1:7070', 1709281800123456789, 0, false),
	('0a1b2c3d-0000-4000-8000-000000000002', 'b1d0c0de-0000-4000-8000-000000000002', 'Rice: one cup, two cups of "water"', 1609459200000000000, 1709281860000000000, false),
	('0a1b2c3d-0000-4000-8000-000000000003', 'b1d0c0de-0000-4000-8000-000000000001', '', 1609459200000000000, 1709281860000000000, true);
