-- Accounts that an operator has locked, and what a session may do.

ALTER TABLE users ADD COLUMN disabled_at INTEGER;

ALTER TABLE sessions ADD COLUMN scope TEXT NOT NULL DEFAULT 'write';
