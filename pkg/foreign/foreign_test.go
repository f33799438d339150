package foreign_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/exchange"
	"github.com/notesd/notesd/pkg/foreign"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// filed is when the files of the samples were last changed.
var filed = time.Date(2024, 3, 21, 10, 0, 0, 0, time.UTC)

// TestSamples reads a sample of each program, and compares the notes, what failed
// and what was left behind.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, sample := range []struct{ name, format, path string }{
		{"obsidian", "obsidian", "obsidian"},
		{"nb", "nb", "nb"},
		{"zk", "zk", "zk"},
		{"dnote", "dnote", "dnote.json"},
		{"memos-sqlite", "memos", "memos-sqlite.json"},
		{"memos-api", "memos", "memos-api.json"},
		{"memos-old", "memos", "memos-old.json"},
		{"simplenote", "simplenote", "simplenote"},
		{"joplin", "joplin", "joplin"},
		{"keep", "keep", "keep"},
		{"evernote", "evernote", "evernote.enex"},
	} {
		t.Run(sample.name, func(t *testing.T) {
			t.Parallel()
			path := lay(t, sample.path)
			got := read(t, sample.format, path)
			golden(t, sample.name, got)
			if found := detect(path); !cmp.Equal(found, []string{sample.format}) {
				t.Errorf("without being named it is taken for %q", found)
			}
			if again := read(t, sample.format, path); again != got {
				t.Errorf("read again it differs: %s", cmp.Diff(got, again))
			}
		})
	}
}

// TestArchives reads the same notes out of the archives that the programs make.
func TestArchives(t *testing.T) {
	t.Parallel()
	for _, a := range []struct {
		format, folder, file string
		pack                 func(testing.TB, string, string)
	}{
		{"joplin", "joplin", "export.jex", packTar},
		{"simplenote", "simplenote", "notes.zip", packZip},
		{"keep", "keep", "takeout-20240321.zip", packZip},
	} {
		t.Run(a.format, func(t *testing.T) {
			t.Parallel()
			folder, file := lay(t, a.folder), filepath.Join(t.TempDir(), a.file)
			a.pack(t, folder, file)
			if diff := cmp.Diff(read(t, a.format, folder), read(t, a.format, file)); diff != "" {
				t.Errorf("the archive has other notes than the folder: %s", diff)
			}
			if found := detect(file); !cmp.Equal(found, []string{a.format}) {
				t.Errorf("without being named it is taken for %q", found)
			}
		})
	}
}

// read returns what an export has: a line of NDJSON for each note, and what is
// told beside them.
func read(t testing.TB, format, path string) string {
	t.Helper()
	return readInput(t, format, exchange.Input{Path: path})
}

func readInput(t testing.TB, format string, in exchange.Input) string {
	t.Helper()
	var b strings.Builder
	for item, err := range formatNamed(t, format).Read(in) {
		switch {
		case err != nil:
			fmt.Fprintf(&b, "# the end: %v\n", err)
		case item.Err != nil:
			fmt.Fprintf(&b, "# failed: %s: %v\n", item.Place, item.Err)
		case item.Note.ID != "":
			line, err := exchange.Line(item.Note)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s\n", line)
		}
		for _, w := range item.Warnings {
			fmt.Fprintf(&b, "# left: %s: %s\n", item.Place, w)
		}
	}
	return b.String()
}

func formatNamed(t testing.TB, name string) exchange.Format {
	t.Helper()
	for _, f := range foreign.Formats(time.UTC) {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("there is no format %q", name)
	return exchange.Format{}
}

// detect returns the formats that take a source for their own.
func detect(path string) []string {
	found := []string{}
	for _, f := range foreign.Formats(time.UTC) {
		if f.Detect(exchange.Input{Path: path}) {
			found = append(found, f.Name)
		}
	}
	return found
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".ndjson")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// lay copies a sample to where its files have the times they should.
func lay(t testing.TB, sample string) string {
	t.Helper()
	from := filepath.Join("testdata", sample)
	to := filepath.Join(t.TempDir(), sample)
	each(t, from, func(name string, content []byte) {
		write(t, filepath.Join(to, name), content)
	})
	return to
}

// each goes through the files of a folder, or the one file.
func each(t testing.TB, dir string, do func(name string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		do(name, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, filed, filed); err != nil {
		t.Fatal(err)
	}
}

func packTar(t testing.TB, folder, file string) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	each(t, folder, func(name string, content []byte) {
		h := &tar.Header{Name: filepath.ToSlash(name), Size: int64(len(content)), Mode: 0o600, ModTime: filed, Typeflag: tar.TypeReg}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	})
	closeAll(t, w)
	write(t, file, b.Bytes())
}

func packZip(t testing.TB, folder, file string) {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	each(t, folder, func(name string, content []byte) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: filepath.ToSlash(name), Method: zip.Deflate, Modified: filed})
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	closeAll(t, w)
	write(t, file, b.Bytes())
}

func closeAll(t testing.TB, all ...io.Closer) {
	t.Helper()
	for _, c := range all {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
