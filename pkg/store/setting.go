package store

import "context"

// Settings keeps what all servers on one store must agree on, the signing key
// first of all.
type Settings interface {
	// Setting returns the value of one setting.
	Setting(ctx context.Context, name string) ([]byte, error)

	// CreateSetting keeps value unless there is one already, and returns the one
	// that is kept: however many servers start at once, all get the same.
	CreateSetting(ctx context.Context, name string, value []byte) ([]byte, error)

	// SetSetting replaces the value where it still is old, so that of two changes
	// at once one wins. ErrStale: it is another by now. ErrNotFound: there is no
	// such setting.
	SetSetting(ctx context.Context, name string, old, value []byte) error
}
