package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/notesd/notesd/pkg/backup"
	"github.com/notesd/notesd/pkg/store/mongo/mongotest"
)

// TestAcrossEngines takes one of everything, which the first notesd that made
// backups wrote down, from one engine to the other and back.
func TestAcrossEngines(t *testing.T) {
	t.Parallel()
	file := "../../pkg/backup/testdata/v1.backup"
	want := sumOf(t, file)
	for _, url := range []string{mongotest.URI(t), "sqlite:" + t.TempDir() + "/notes.db", mongotest.URI(t)} {
		done(t, "restore", file, "--store", url)
		file = filepath.Join(t.TempDir(), "again.gz")
		done(t, "backup", file, "--store", url)
		if got := sumOf(t, file); got != want {
			t.Errorf("%s: %+v, want %+v", url, got, want)
		}
	}
}

// sumOf is what a backup holds, whoever made it and when.
func sumOf(t *testing.T, file string) backup.Manifest {
	t.Helper()
	r := openBackup(t, file)
	sum, err := backup.Sum(backup.Header{}, r.Records())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// openBackup is the file's reader until the test ends.
func openBackup(t *testing.T, file string) *backup.Reader {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	r, err := backup.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
