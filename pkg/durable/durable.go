// Package durable writes files that are whole or not there, whenever the
// program, the disk or the machine stops.
package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// WriteFile makes a file that only its owner may read out of what write writes,
// or replaces one. It has its name when all of it is on disk; before that it is
// a file beside it whose name ends in .part, which is removed when anything
// fails.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(f.Name()))
		}
	}()
	writeErr := write(f)
	if writeErr == nil {
		writeErr = f.Sync()
	}
	if err := errors.Join(writeErr, f.Close()); err != nil {
		return err
	}
	return Rename(f.Name(), path)
}

// Rename gives a file another name, in place of the one that has it.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// SyncDir puts the names in a directory on disk.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // there it cannot be done, and need not
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// remove is of what may have been renamed.
func remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
