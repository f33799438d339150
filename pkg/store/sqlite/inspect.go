package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/notesd/notesd/pkg/store"
)

var _ store.Inspector = (*Store)(nil)

// roomFor is how much must be free beside a store of this size. A restore writes
// all of it into a log and then into a file; a migration, into a copy and a log.
func roomFor(size int64) int64 { return 2*size + 64<<20 }

// Inspect implements [store.Inspector].
func (s *Store) Inspect(ctx context.Context) []store.Finding {
	findings := []store.Finding{s.inspectFile(ctx)}
	findings = append(findings, s.inspectModes()...)
	findings = append(findings, s.inspectRoom()...)
	return append(findings, s.inspectDamage(ctx), s.inspectIndex(ctx), s.inspectCounts(ctx))
}

func (s *Store) inspectFile(ctx context.Context) store.Finding {
	var schema int
	var engine string
	err := s.reads.get(ctx, `SELECT user_version, sqlite_version() FROM pragma_user_version`, nil, &schema, &engine)
	if err != nil {
		return store.Failure("the file cannot be read: "+err.Error(), "restore a backup")
	}
	return store.OK(fmt.Sprintf("SQLite %s, schema %d, writes wait for the disk", engine, schema))
}

func (s *Store) inspectModes() (findings []store.Finding) {
	if runtime.GOOS == "windows" {
		return nil // what modes say there is not who may read
	}
	dir := filepath.Dir(s.path)
	for _, name := range []string{dir, s.path, s.path + "-wal", s.path + "-shm", s.path + ".lock"} {
		info, err := os.Stat(name)
		mode, want := "chmod 600 ", "files"
		if name == dir {
			mode, want = "chmod 700 ", "folder"
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			findings = append(findings, store.Failure(err.Error(), ""))
		case info.Mode().Perm()&0o077 != 0:
			findings = append(findings, store.Warning(fmt.Sprintf("others can look into the %s %s (%v)", want, name, info.Mode().Perm()), mode+name))
		}
	}
	if findings == nil {
		findings = append(findings, store.OK("folder and files are closed to others"))
	}
	return findings
}

func (s *Store) inspectRoom() []store.Finding {
	free, err := freeSpace(filepath.Dir(s.path))
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	info, statErr := os.Stat(s.path)
	if err := errors.Join(err, statErr); err != nil {
		return []store.Finding{store.Failure(err.Error(), "")}
	}
	text := fmt.Sprintf("%d MiB are free, the store has %d MiB", free>>20, info.Size()>>20)
	if free < roomFor(info.Size()) {
		return []store.Finding{store.Warning(text, "make room: a restore and a migration need twice as much as the store, and 64 MiB")}
	}
	return []store.Finding{store.OK(text)}
}

func (s *Store) inspectDamage(ctx context.Context) store.Finding {
	if err := verify(ctx, s.reads); err != nil {
		return store.Failure(err.Error(), "keep a copy of the file, and restore a backup")
	}
	return store.OK("the file is whole")
}

func (s *Store) inspectCounts(ctx context.Context) store.Finding {
	var users, sessions, notes int
	err := s.reads.get(ctx, `SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM sessions), (SELECT count(*) FROM notes WHERE purged_at IS NULL)`,
		nil, &users, &sessions, &notes)
	if err != nil {
		return store.Failure("what there is cannot be counted: "+err.Error(), "")
	}
	return store.OK(fmt.Sprintf("users %d, notes %d, sessions %d", users, notes, sessions))
}
