package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/store/mongo"
	"github.com/notesd/notesd/pkg/store/sqlite"
)

// source is the store that is copied.
type source struct {
	store.Store
	store.Dumper
	snapshot *sqlite.Snapshot // of SQLite
	fixed    bool             // Dump gives the same whenever it is called
}

// openNamed opens the store that a flag names.
func openNamed(ctx context.Context, flag, url string) (store.Store, error) {
	st, err := openAdmin(ctx, config{store: url})
	if hint, ok := errors.AsType[*hintError](err); ok && hint.hint == hintNoStore {
		hint.hint = fmt.Sprintf("--%s, or NOTESD_%s, must be what the server is started with", flag, strings.ToUpper(flag))
	}
	return st, err
}

// openSource opens a store beside the server that may run on it.
func openSource(ctx context.Context, flag, url string) (s source, err error) {
	s.Store, err = openNamed(ctx, flag, url)
	if err != nil {
		return s, err
	}
	if s.Dumper, err = dumperOf(s.Store); err == nil {
		if file, ok := s.Store.(*sqlite.Store); ok {
			s.fixed = true
			s.snapshot, err = file.Snapshot(ctx)
		}
	}
	if err != nil {
		return s, errors.Join(err, s.Store.Close())
	}
	return s, nil
}

// Dump gives the records of one moment, where the engine can.
func (s source) Dump(ctx context.Context) iter.Seq2[store.Record, error] {
	if s.snapshot != nil {
		return s.snapshot.Dump(ctx)
	}
	return s.Dumper.Dump(ctx)
}

func (s source) Close() error {
	var err error
	if s.snapshot != nil {
		err = s.snapshot.Close()
	}
	return errors.Join(err, s.Store.Close())
}

// lockedTarget keeps the lock of a SQLite file as long as the store is open.
type lockedTarget struct {
	sqlite.Target
	unlock func() error
}

func (t lockedTarget) Close() error { return errors.Join(t.Target.Close(), t.unlock()) }

// openTarget opens the store that is copied to, and says whether that was begun
// before.
func (c *copier) openTarget(ctx context.Context, copying store.Copying) (t store.Target, resumed bool, err error) {
	engine, path, err := splitStore(c.to)
	if err != nil {
		return nil, false, err
	}
	if engine == engineMongo {
		t, resumed, err = mongo.OpenTarget(ctx, c.to, copying)
	} else {
		t, resumed, err = openLocked(ctx, path, copying)
	}
	switch {
	case errors.Is(err, api.ErrConflict):
		err = &hintError{err, "name another one in --to; or say --into-existing, which adds what is missing to it and changes nothing that it has"}
	case errors.Is(err, sqlite.ErrInUse):
		err = &hintError{err, "stop the server first"}
	case resumed && err != nil:
		err = &hintError{err, hintOtherCopy}
	}
	return t, resumed, err
}

const hintOtherCopy = "give the command that began it again; or delete the file, or drop the database, unless it had users before, and begin anew"

func openLocked(ctx context.Context, path string, copying store.Copying) (t store.Target, resumed bool, err error) {
	unlock, err := sqlite.Lock(path)
	if err != nil {
		return nil, false, err
	}
	s, resumed, err := sqlite.OpenTarget(ctx, path, copying)
	if err != nil {
		return nil, resumed, errors.Join(err, unlock())
	}
	return lockedTarget{s, unlock}, resumed, nil
}

// giveUp ends a copy into a store that had users before, whatever came of it.
func (c *copier) giveUp(ctx context.Context) (err error) {
	if err := wantEngine("to", c.to); err != nil {
		return err
	}
	if st, err := openNamed(ctx, "to", c.to); err == nil {
		return errors.Join(fmt.Errorf("no copy into %s is unfinished", redact(c.to)), st.Close())
	} else if _, ok := errors.AsType[*hintError](err); ok { // it is not there, or not of this version
		return err
	}
	to, _, err := c.openTarget(ctx, store.Copying{Existing: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return to.Finish(ctx)
}

// wantEngine wants a flag to name a store.
func wantEngine(flag, url string) error {
	scheme, rest, _ := strings.Cut(url, ":")
	switch {
	case url == "":
		return usageError{fmt.Errorf("--%s is missing: say sqlite:PATH or mongodb://…", flag)}
	case scheme == "sqlite" && rest == "":
		return usageError{fmt.Errorf("--%s sqlite: needs a path", flag)}
	case scheme != "sqlite" && scheme != "mongodb" && scheme != "mongodb+srv":
		return usageError{fmt.Errorf("--%s is sqlite:PATH or mongodb://…, not %q", flag, redact(url))}
	}
	return nil
}

// sourceName is the name of a store, the same from wherever one looks, without
// what is secret.
func sourceName(url string) string {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return strings.Replace(redact(url), "…@", "", 1)
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return "sqlite:" + file
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil && !errors.Is(err, os.ErrNotExist) {
		path = filepath.Join(dir, filepath.Base(path))
	}
	return "sqlite:" + path
}
