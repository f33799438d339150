package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// errHeld is what tryLock returns when another one holds the lock.
var errHeld = errors.New("held")

// held are the lock files this process holds. They belong to the process as the
// open files do, which is why they are not in a Store.
var held sync.Map

// Lock makes this process the only one that serves the store at path, until
// unlock is called or the process ends, however it does. Open does not need it:
// other programs may look into a store that is being served. The error says
// which process holds it.
func Lock(path string) (unlock func() error, err error) {
	f, err := lock(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: lock %s: %w", path, err)
	}
	return f, nil
}

func lock(path string) (unlock func() error, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	if err := createFile(path); err != nil {
		return nil, err
	}
	name := path + ".lock"
	if err := createPrivate(name); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	switch err := tryLock(f); {
	case errors.Is(err, errHeld):
		return nil, errors.Join(&api.Error{Code: api.CodeUnavailable, Message: "the store is served by " + holder(f)}, f.Close())
	case err != nil:
		return nil, errors.Join(err, f.Close())
	}
	if err := sign(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	held.Store(name, true)
	return func() error {
		held.Delete(name)
		return f.Close()
	}, nil
}

// sign writes who holds the lock, for the message another one gets.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f, "process %d since %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	return err
}

func holder(f *os.File) string {
	line := make([]byte, 100)
	n, _ := f.ReadAt(line, 0)
	if n == 0 {
		return "another process"
	}
	return strings.TrimSpace(string(line[:n]))
}
