package exchange_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

func openFolder(t *testing.T, dir string) *exchange.Folder {
	t.Helper()
	f, err := exchange.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func wantOutcome(t *testing.T, f *exchange.Folder, n api.PortableNote, want exchange.Outcome) {
	t.Helper()
	if got, err := f.Write(n); got != want || err != nil {
		t.Errorf("%q: outcome %d, %v, want %d", n.Title, got, err, want)
	}
}

// names lists a folder, and what is in its plain files.
func names(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		all[e.Name()] = e.Type().String()
		if e.Type().IsRegular() {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[e.Name()] = string(text)
		}
	}
	return all
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	n, changed := note("Buy milk", "body"), note("Buy oat milk", "body")
	other := note("Buy milk", "other")
	other.ID = "aaaaaaaaaaaa"
	const name, otherName = "buy-milk-k3v9c0x7m2qa.md", "buy-milk-aaaaaaaaaaaa.md"

	f := openFolder(t, dir)
	wantOutcome(t, f, n, exchange.Written)
	wantOutcome(t, f, n, exchange.Same)
	wantOutcome(t, f, changed, exchange.Differs) // under whatever name
	again := openFolder(t, dir)
	wantOutcome(t, again, n, exchange.Same)
	wantOutcome(t, again, other, exchange.Written)
	want := map[string]string{name: string(exchange.Marshal(n)), otherName: string(exchange.Marshal(other))}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, name): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if got, err := f.Write(api.PortableNote{ID: "../../../evil"}); err == nil {
		t.Errorf("wrote a note whose id is a path: %d", got)
	}
}

// TestFolderRefused: a folder that is somebody's already is left alone.
func TestFolderRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"photo.jpg", "notes.md", "k3v9c0x7m2q.md", "x_k3v9c0x7m2qa.md", "Documents"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err := exchange.OpenFolder(dir); err == nil {
			_ = f.Close()
			t.Errorf("took a folder with %s in it", name)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.OpenFolder(file); err == nil {
		t.Error("took a file for a folder")
	}
	hidden := t.TempDir()
	if err := os.Mkdir(filepath.Join(hidden, ".git"), 0o700); err != nil {
		t.Fatal(err)
	}
	openFolder(t, hidden)
}

// TestFolderLinks: where a link has the name that a file wants, nothing is
// written through it.
func TestFolderLinks(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	n, other := note("Buy milk", "body"), note("", "body")
	other.ID = "aaaaaaaaaaaa"
	for _, link := range []string{"buy-milk-k3v9c0x7m2qa.md", ".aaaaaaaaaaaa.part"} {
		if err := os.Symlink(outside, filepath.Join(dir, link)); err != nil {
			t.Fatalf("this system makes no symbolic links: %v", err)
		}
	}
	f := openFolder(t, dir)
	wantOutcome(t, f, n, exchange.Differs)
	wantOutcome(t, f, other, exchange.Written)
	if text, err := os.ReadFile(outside); string(text) != "precious" || err != nil {
		t.Errorf("outside there is %q, %v", text, err)
	}
	if info, err := os.Lstat(filepath.Join(dir, "aaaaaaaaaaaa.md")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
}

// TestFolderAfterACrash: a half file that an interrupted export left, and one
// that a machine lost the text of, are written anew. What no crash explains is
// somebody's.
func TestFolderAfterACrash(t *testing.T) {
	t.Parallel()
	n := note("Buy milk", "body")
	whole := string(exchange.Marshal(n))
	half := whole[:len(whole)/2]
	for name, tt := range map[string]struct {
		file string
		want exchange.Outcome
	}{
		"nothing":                {"", exchange.Written},
		"half":                   {half, exchange.Written},
		"half and zeros":         {half + strings.Repeat("\x00", len(whole)-len(half)), exchange.Written},
		"zeros and half":         {strings.Repeat("\x00", len(half)) + whole[len(half):], exchange.Written},
		"whole":                  {whole, exchange.Same},
		"more zeros":             {whole + "\x00", exchange.Differs},
		"more":                   {whole + "mine", exchange.Differs},
		"half and something":     {half + "mine", exchange.Differs},
		"something of that size": {strings.Repeat("x", len(whole)), exchange.Differs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range map[string]string{".k3v9c0x7m2qa.part": "xxx", ".k3v9c0x7m2qa.aaaaaaaaaaaa.part": "xxx", ".mine.part": "mine", "buy-milk-k3v9c0x7m2qa.md": tt.file} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			wantOutcome(t, openFolder(t, dir), n, tt.want)
			want := map[string]string{"buy-milk-k3v9c0x7m2qa.md": whole, ".mine.part": "mine"}
			if tt.want == exchange.Differs {
				want["buy-milk-k3v9c0x7m2qa.md"] = tt.file
			}
			if diff := cmp.Diff(want, names(t, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestFolderOfTwo: what came into the folder after it was opened is held up to
// the note too, and not written over.
func TestFolderOfTwo(t *testing.T) {
	t.Parallel()
	for name, without := range map[string]func(*exchange.Folder){"links": func(*exchange.Folder) {}, "no links": exchange.WithoutLinks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first, second, third := openFolder(t, dir), openFolder(t, dir), openFolder(t, dir)
			without(first)
			without(second)
			without(third)
			n := note("Buy milk", "body")
			wantOutcome(t, first, n, exchange.Written)
			wantOutcome(t, second, note("Buy milk", "other"), exchange.Differs)
			wantOutcome(t, third, n, exchange.Same)
			if diff := cmp.Diff(map[string]string{"buy-milk-k3v9c0x7m2qa.md": string(exchange.Marshal(n))}, names(t, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestFoldersAtOnce has exports into one folder run at once, each with another
// text. Every file is from one of them, whole, and the others are told.
func TestFoldersAtOnce(t *testing.T) {
	t.Parallel()
	const exports, notes = 4, 300
	dir := t.TempDir()
	var written, differ [exports]int
	var all sync.WaitGroup
	for i := range exports {
		all.Go(func() {
			f, err := exchange.OpenFolder(dir)
			if err != nil {
				t.Error(err)
				return
			}
			for k := range notes {
				n := note("", fmt.Sprint("of ", i))
				n.ID = fmt.Sprintf("%012d", k)
				switch outcome, err := f.Write(n); {
				case err != nil:
					t.Error(err)
				case outcome == exchange.Written:
					written[i]++
				case outcome == exchange.Differs:
					differ[i]++
				}
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	of := map[string]int{}
	for name, text := range names(t, dir) {
		_, body, _ := strings.Cut(text, "---\nof ")
		if of[body]++; !strings.HasSuffix(name, ".md") {
			t.Errorf("there is %s", name)
		}
	}
	for i := range exports {
		if body := fmt.Sprint(i); of[body] != written[i] || written[i]+differ[i] != notes {
			t.Errorf("export %d: wrote %d, has %d, and %d differ", i, written[i], of[body], differ[i])
		}
		delete(of, fmt.Sprint(i))
	}
	if len(of) > 0 {
		t.Errorf("files of no export: %v", of)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n, below := note("Buy milk", "body"), note("Below", "body")
	below.ID = "aaaaaaaaaaaa"
	outside := filepath.Join(t.TempDir(), "outside.md")
	for path, text := range map[string]string{
		filepath.Join(dir, exchange.FileName(n)):       string(exchange.Marshal(n)),
		filepath.Join(dir, "below", "renamed.MD"):      string(exchange.Marshal(below)),
		filepath.Join(dir, "foreign.md"):               "# Title\n",
		filepath.Join(dir, "long.md"):                  string(exchange.Marshal(note("", strings.Repeat("x", exchange.MaxFile)))),
		filepath.Join(dir, "photo.jpg"):                "x",
		filepath.Join(dir, ".git", "hidden.md"):        "x",
		filepath.Join(dir, ".k3v9c0x7m2qa.part"):       "x",
		outside:                                        string(exchange.Marshal(n)),
		filepath.Join(dir, "below", ".hidden.part.md"): "x",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"below/renamed.MD: aaaaaaaaaaaa", "buy-milk-k3v9c0x7m2qa.md: k3v9c0x7m2qa", "foreign.md: " + exchange.ErrNotOurs.Error()}
	if err := os.Symlink(outside, filepath.Join(dir, "link.md")); err == nil {
		want = append(want, "link.md: it is not a plain file")
	}
	want = append(want, "long.md: "+exchange.ErrTooLong.Error())
	if diff := cmp.Diff(want, read(t, exchange.Files, exchange.Input{Path: dir})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	one := exchange.Input{Path: filepath.Join(dir, "below", "renamed.MD")}
	if diff := cmp.Diff([]string{"renamed.MD: aaaaaaaaaaaa"}, read(t, exchange.Files, one)); diff != "" {
		t.Errorf("one file (-want +got):\n%s", diff)
	}
	for path, want := range map[string]bool{dir: true, one.Path: true, filepath.Join(dir, "foreign.md"): false, "absent": false, "-": false, t.TempDir(): false} {
		if got := exchange.Files.Detect(exchange.Input{Path: path}); got != want {
			t.Errorf("takes %s for its own: %t", path, got)
		}
	}
}

// read returns what a format finds, a line each.
func read(t *testing.T, f exchange.Format, in exchange.Input) []string {
	t.Helper()
	var found []string
	for item, err := range f.Read(in) {
		switch {
		case err != nil:
			found = append(found, err.Error())
		case item.Err != nil:
			found = append(found, item.Place+": "+item.Err.Error())
		case item.Line != nil:
			found = append(found, item.Place+": "+string(item.Line))
		default:
			found = append(found, item.Place+": "+item.Note.ID)
		}
	}
	return found
}
