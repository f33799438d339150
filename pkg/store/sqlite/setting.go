package sqlite

import (
	"bytes"
	"context"
)

const (
	selectSetting = `SELECT value FROM settings WHERE name = ?`
	insertSetting = `INSERT INTO settings (name, value) VALUES (?, ?)`
)

// Setting implements [store.Settings].
func (s *Store) Setting(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	if err := s.reads.get(ctx, selectSetting, []any{name}, &value); err != nil {
		return nil, wrap("setting", err)
	}
	return value, nil
}

// CreateSetting implements [store.Settings].
func (s *Store) CreateSetting(ctx context.Context, name string, value []byte) ([]byte, error) {
	value = bytes.Clone(value) // the caller may be gone before it is written
	var kept []byte
	err := s.writer.do(ctx, func(t tx) error {
		if _, err := t.exec(insertSetting+` ON CONFLICT DO NOTHING`, name, value); err != nil {
			return err
		}
		return t.get(selectSetting, []any{name}, &kept)
	}, nil)
	if err != nil {
		return nil, wrap("create setting", err)
	}
	return kept, nil
}

// SetSetting implements [store.Settings].
func (s *Store) SetSetting(ctx context.Context, name string, old, value []byte) error {
	return wrap("set setting", s.writer.do(ctx, func(t tx) error {
		n, err := t.exec(`UPDATE settings SET value = ? WHERE name = ? AND value = ?`, value, name, old)
		if err != nil || n > 0 {
			return err
		}
		return t.staleIf(`SELECT 1 FROM settings WHERE name = ?`, name)
	}, nil))
}
