package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// configDir is where the configuration is: NOTES_CONFIG_DIR, or notes in
// XDG_CONFIG_HOME or ~/.config.
func (a *app) configDir() (string, error) {
	return a.dir("XDG_CONFIG_HOME", ".config")
}

// draftsDir is where texts are kept that could not be sent.
func (a *app) draftsDir() (string, error) {
	base, err := a.dir("XDG_STATE_HOME", filepath.Join(".local", "state"))
	return filepath.Join(base, "drafts"), err
}

func (a *app) dir(variable, below string) (string, error) {
	if dir := a.getenv("NOTES_CONFIG_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	if base := a.getenv(variable); filepath.IsAbs(base) { // others are to be ignored, says XDG
		return filepath.Join(base, "notes"), nil
	}
	home := a.getenv("HOME")
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return "", withHint(err, "say where to keep the configuration with NOTES_CONFIG_DIR")
		}
	}
	return filepath.Join(home, below, "notes"), nil
}

// makeDir makes a directory that only the user may look into.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() == 0o700 {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// writeFile replaces a file that only the user may read, wholly or not at all,
// even when the machine stops in the middle.
func writeFile(path string, data []byte) (err error) {
	if err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, werr := f.Write(data)
	if err := errors.Join(werr, f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename in dir last. Where a directory cannot be synced, as on
// Windows, the rename has to do.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}

// readFile returns the content of a file, and nothing where there is none.
func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// lock keeps other commands from changing the configuration or refreshing a
// login until unlock is called.
func (a *app) lock(ctx context.Context) (unlock func(), err error) {
	dir, err := a.configDir()
	if err != nil {
		return nil, err
	}
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	f, err := await(ctx, func() (*lockedfile.File, error) {
		f, err := lockedfile.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
		if err == nil && ctx.Err() != nil { // nobody waits for it any more
			_ = f.Close()
			return nil, ctx.Err()
		}
		return f, err
	})
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
