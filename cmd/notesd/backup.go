package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/durable"
	"github.com/notesd/notesd/pkg/store"
	"github.com/notesd/notesd/pkg/version"
)

func newBackup(out, errOut io.Writer, getenv func(string) string) *cobra.Command {
	var c config
	var force bool
	now := time.Now
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything in the store to one file, while the server runs",
		Long: `Write everything in the store to one compressed file, while the server runs:
users, notes, sessions, tokens and the signing key. It holds what was saved
before the command began.

FILE appears when all of it is on disk, readable by you alone, or not at all. It
is the same for SQLite and MongoDB, and "notesd restore" puts it into either.
With - it goes to standard output.

Whoever has the file can read all notes and act for all users: keep it as you
keep the store.`,
		Example: `  notesd backup /backups/notes-$(date +%F).gz
  notesd backup - | ssh host 'cat > notes.gz'
  notesd backup verify /backups/notes-2026-01-31.gz`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.completeStore(cmd.Flags(), getenv); err != nil {
				return err
			}
			b := backuper{config: c, begun: now(), now: now}
			if args[0] == "-" {
				return b.stream(cmd.Context(), out, errOut)
			}
			return b.file(cmd.Context(), args[0], force, out)
		},
	}
	c.registerStore(cmd.Flags(), getenv)
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE if it is there")
	cmd.AddCommand(newVerify(out))
	return cmd
}

// backuper makes one backup.
type backuper struct {
	config config
	begun  time.Time
	now    func() time.Time
}

func (b backuper) file(ctx context.Context, path string, force bool, out io.Writer) error {
	engine, live, err := splitStore(b.config.store)
	if err != nil {
		return err
	}
	if engine == engineSQLite && ofStore(path, live) {
		return &hintError{fmt.Errorf("%s is a file of the store", path), "give the backup a name of its own"}
	}
	switch info, err := os.Lstat(path); {
	case err != nil: // there is none, or writing it will tell
	case !info.Mode().IsRegular(): // a device or a link would be gone, and no backup be where it leads
		return &hintError{
			fmt.Errorf("%s is there already, and is not a regular file", path),
			"give the backup a name of its own, or let it go to standard output with -",
		}
	case !force:
		return &hintError{
			fmt.Errorf("%s is there already", path),
			"give each backup a name of its own, with the date in it, or say --force to replace this one",
		}
	}
	var m backup.Manifest
	var size int64
	err = durable.WriteFile(path, func(w io.Writer) (err error) {
		m, size, err = b.write(ctx, w)
		return err
	})
	if err != nil {
		return err
	}
	return b.report(out, filepath.Clean(path), m, size)
}

// ofStore reports whether a file is one of those of a SQLite store, or has a name
// that SQLite would take for one.
func ofStore(path, live string) bool {
	if file, err := filepath.EvalSymlinks(live); err == nil {
		live = file
	}
	return slices.ContainsFunc([]string{"", "-wal", "-shm", "-journal", ".lock"}, func(suffix string) bool {
		name := live + suffix
		return sameFile(path, name) ||
			filepath.Base(path) == filepath.Base(name) && sameFile(filepath.Dir(path), filepath.Dir(name))
	})
}

func sameFile(a, b string) bool {
	aInfo, aErr := os.Stat(a)
	bInfo, bErr := os.Stat(b)
	return aErr == nil && bErr == nil && os.SameFile(aInfo, bInfo)
}

func (b backuper) stream(ctx context.Context, out, errOut io.Writer) error {
	m, size, err := b.write(ctx, out)
	if err != nil {
		return err
	}
	return b.report(errOut, "standard output", m, size)
}

func (b backuper) report(w io.Writer, where string, m backup.Manifest, size int64) error {
	_, err := fmt.Fprintf(w, "%s: %s, %d bytes, in %.1f s\n", where, m.Counts, size, b.now().Sub(b.begun).Seconds())
	return err
}

func (b backuper) write(ctx context.Context, w io.Writer) (m backup.Manifest, size int64, err error) {
	engine, _, err := splitStore(b.config.store)
	if err != nil {
		return m, 0, err
	}
	st, err := openAdmin(ctx, b.config)
	if err != nil {
		return m, 0, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	dumper, err := dumperOf(st)
	if err != nil {
		return m, 0, err
	}
	counted := counter{Writer: w}
	header := backup.Header{CreatedAt: api.TimeOf(b.begun), Engine: engine, Version: version.Version()}
	m, err = backup.Write(&counted, header, dumper.Dump(ctx))
	if err != nil && ctx.Err() != nil {
		err = errors.New("interrupted: no backup was made")
	}
	return m, counted.n, err
}

// dumperOf returns what every engine of this program is.
func dumperOf(st store.Store) (store.Dumper, error) {
	d, ok := st.(store.Dumper)
	if !ok {
		return nil, fmt.Errorf("%T cannot be backed up", st)
	}
	return d, nil
}

// counter counts the bytes that are written.
type counter struct {
	io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

func oneFile(cmd *cobra.Command, args []string) error {
	if err := cobra.ExactArgs(1)(cmd, args); err != nil {
		return usageError{err}
	}
	if args[0] == "" {
		return usageError{errors.New("FILE is empty")}
	}
	return nil
}
