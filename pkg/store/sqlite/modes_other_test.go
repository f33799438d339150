//go:build !unix

package sqlite

import "errors"

func childModes(string) error { return errors.ErrUnsupported }
