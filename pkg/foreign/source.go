package foreign

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/exchange"
)

// maxFile is the largest file that is read whole, and the largest entry of a list
// in one: a text of 1 MiB is 6 MiB of JSON where every byte of it is escaped, and
// HTML can be more.
const maxFile = 16 << 20

// source is what the user named, be it a folder, an archive or one file: a list
// of files, which can be gone through more than once.
type source struct {
	name    string // of the file or folder itself
	many    bool   // it is a folder or an archive
	walk    func(yield func(file) bool) error
	part    func() float64 // how much of it has been read, up to 1; 0: nobody knows
	close   func() error
	skipped leftover // what the last walk found that is no file
}

// linksAndSo is what is skipped.
const linksAndSo = "links, and what cannot be opened"

// file is one file of a source.
type file struct {
	name     string // its path in the source, with slashes; it is never opened by it
	modified time.Time
	open     func() (io.ReadCloser, error) // works while the walk is at this file
}

// Close lets go of the files.
func (s *source) Close() error { return s.close() }

// read returns the whole of a file, in UTF-8.
func (f file) read() ([]byte, error) {
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(asUTF8(&limited{r: r, left: maxFile}))
}

// head returns the beginning of a file, 64 KiB at most.
func (f file) head() ([]byte, error) {
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(asUTF8(io.LimitReader(r, 64<<10)))
}

// limited is a reader that fails where there is more than it may give: a file that
// is cut would be taken for a whole one.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, exchange.ErrTooLong
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// openSource opens a folder, an archive or a file.
func openSource(in exchange.Input) (*source, error) {
	if in.Path == "-" {
		return &source{
			name: "stdin", part: func() float64 { return 0 }, close: func() error { return nil },
			walk: one(file{name: "stdin", open: in.Open}),
		}, nil
	}
	if in.IsFolder() {
		return openFolder(in.Path)
	}
	f, err := os.Open(in.Path)
	if err != nil {
		return nil, err
	}
	s, err := openFile(f)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", in.Path, err)
	}
	return s, nil
}

// openFile tells an archive by its beginning, whatever it is called.
func openFile(f *os.File) (*source, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is neither a file nor a folder")
	}
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	s := &source{name: info.Name(), close: f.Close, part: func() float64 {
		at, _ := f.Seek(0, io.SeekCurrent)
		return float64(at) / float64(max(info.Size(), 1))
	}}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return s, s.openZip(f, info.Size())
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		s.walk = s.walkTar(f, func() (io.Reader, error) { return gzip.NewReader(f) })
	case n == len(head) && len(head) == 512 && bytes.HasPrefix(head[257:], []byte("ustar")):
		s.walk = s.walkTar(f, func() (io.Reader, error) { return f, nil })
	default:
		s.walk = one(file{info.Name(), info.ModTime(), func() (io.ReadCloser, error) {
			_, err := f.Seek(0, io.SeekStart)
			return io.NopCloser(f), err
		}})
	}
	return s, nil
}

func one(f file) func(func(file) bool) error {
	return func(yield func(file) bool) error {
		yield(f)
		return nil
	}
}

// openFolder opens a folder. Nothing outside of it can be opened through it,
// whatever becomes of its entries meanwhile.
func openFolder(name string) (*source, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	s := &source{name: filepath.Base(abs), many: true, close: root.Close, part: func() float64 { return 0 }}
	s.walk = func(yield func(file) bool) error {
		s.skipped = leftover{what: linksAndSo}
		return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil && name == ".":
				return err
			case err != nil:
				s.skipped.add(name)
				return fs.SkipDir
			case d.IsDir() && isHidden(d.Name()):
				return fs.SkipDir
			case d.IsDir():
				return nil
			case !d.Type().IsRegular():
				s.skipped.add(name)
				return nil
			}
			f := file{name: name, open: func() (io.ReadCloser, error) { return root.Open(filepath.FromSlash(name)) }}
			if info, err := d.Info(); err == nil {
				f.modified = info.ModTime()
			}
			if !yield(f) {
				return fs.SkipAll
			}
			return nil
		})
	}
	return s, nil
}

// isHidden says that a folder holds no notes and nothing that tells of them, as
// .git does with its ten thousand files.
func isHidden(folder string) bool {
	switch folder {
	case ".", ".obsidian", ".trash", ".zk":
		return false
	}
	return strings.HasPrefix(folder, ".")
}

func (s *source) openZip(f *os.File, size int64) error {
	s.many = true
	z, err := zip.NewReader(f, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are no paths here
		return err
	}
	read := 0
	s.part = func() float64 { return float64(read) / float64(len(z.File)) }
	s.walk = func(yield func(file) bool) error {
		s.skipped = leftover{what: linksAndSo}
		for i, entry := range z.File {
			read = i + 1
			switch mode := entry.Mode(); {
			case mode.IsDir():
			case !mode.IsRegular():
				s.skipped.add(entry.Name)
			case !yield(file{entryName(entry.Name), entry.Modified, entry.Open}):
				return nil
			}
		}
		return nil
	}
	return nil
}

func (s *source) walkTar(f *os.File, unpack func() (io.Reader, error)) func(func(file) bool) error {
	s.many = true
	return func(yield func(file) bool) error {
		s.skipped = leftover{what: linksAndSo}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		r, err := unpack()
		if err != nil {
			return err
		}
		t := tar.NewReader(r)
		for {
			entry, err := t.Next()
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil && !errors.Is(err, tar.ErrInsecurePath):
				return err
			case entry.FileInfo().IsDir():
			case !entry.FileInfo().Mode().IsRegular():
				s.skipped.add(entry.Name)
			case !yield(file{entryName(entry.Name), entry.ModTime, func() (io.ReadCloser, error) { return io.NopCloser(t), nil }}):
				return nil
			}
		}
	}
}

// entryName is the name of an entry in the form that names in folders have.
func entryName(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}
