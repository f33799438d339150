package server

import (
	"context"
	"fmt"

	"github.com/notesd/notesd/pkg/store"
)

// CheckKey returns an error where the store holds no signing key
// (api.ErrNotFound), or none that a server would start with.
func CheckKey(ctx context.Context, s store.Settings) error {
	value, err := s.Setting(ctx, keyRingName)
	if err == nil {
		_, err = readRing(value)
	}
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}
	return nil
}
