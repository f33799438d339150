package sqlite

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// errHeld is what tryLock returns when another one holds the lock.
var errHeld = errors.New("held")

// ErrInUse is in the chain of an error of Lock when another process has it.
var ErrInUse = errors.New("the store is in use")

// held are the lock files this process holds. They belong to the process as the
// open files do, which is why they are not in a Store.
var held sync.Map

// Lock makes this process the only one that serves the store at path, until
// unlock is called or the process ends, however it does. There need not be a
// store yet. Open does not need the lock: other programs may look into a store
// that is being served. The error says which process holds it.
func Lock(path string) (unlock func() error, err error) {
	f, err := lock(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: lock %s: %w", path, err)
	}
	return f, nil
}

func lock(path string) (unlock func() error, err error) {
	if path, err = resolve(path); err != nil {
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
	if err := tryLock(f); err != nil {
		if errors.Is(err, errHeld) {
			err = fmt.Errorf("%w by %s", ErrInUse, holder(f))
		}
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

// sign writes who holds the lock; since when is the time of the file.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f, "%d\n", os.Getpid())
	return err
}

// holder says who signed.
func holder(f *os.File) string {
	var pid int
	if _, err := fmt.Fscan(f, &pid); err != nil {
		return "another process"
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Sprintf("process %d", pid)
	}
	return fmt.Sprintf("process %d since %s", pid, info.ModTime().UTC().Format(time.RFC3339))
}
