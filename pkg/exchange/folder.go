package exchange

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/notesd/notesd/pkg/api"
)

// Folder is a folder that notes are exported to, a file each. To export to the
// same folder again adds what is missing, so that an export can be interrupted.
type Folder struct {
	root  *os.Root
	files map[string]string // what there is, by the ids of the notes
	// link is root.Link, which never takes the place of a file.
	link    func(old, name string) error
	pending []string // files that may not be on disk yet
}

const (
	// syncAfter and syncAtOnce are how many files are put on disk together. A
	// disk that takes a millisecond for one alone, and so two minutes for 100,000
	// of them, takes about 12 seconds like that.
	syncAfter  = 1000
	syncAtOnce = 16
	// writeTries is how often a file is begun where other exports meddle.
	writeTries = 10
)

// Outcome is what became of a note that was to be written.
type Outcome int

// The outcomes there are.
const (
	Written Outcome = iota
	Same            // the file was there, and says the same
	Differs         // the file was there, says something else, and is as it was
)

// OpenFolder opens a folder for an export, and makes one that only its owner may
// look into where there is none. One that holds anything but files of an earlier
// export is an error; what is hidden, as .git is, does not count.
func OpenFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{root: root, files: map[string]string{}, link: root.Link}
	if err := f.look(); err != nil {
		_ = root.Close()
		return nil, err
	}
	return f, nil
}

func (f *Folder) look() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	var parts []string
	for _, name := range names {
		id, ok := idOf(name)
		switch {
		case ok:
			f.files[id] = name
		case isPart(name):
			parts = append(parts, name)
		case !strings.HasPrefix(name, "."):
			return fmt.Errorf("%s holds other things than exported notes: %q", f.root.Name(), name)
		}
	}
	for _, name := range parts {
		_ = f.root.Remove(name) // it is in nobody's way
	}
	return nil
}

// Write writes the file of a note, if there is none. It has its name when all of
// it is written; before that, the name begins with a dot and ends in .part. No
// file is written over, whoever else writes to the folder.
//
// What is written is on disk when [Folder.Close] has returned. Before, a machine
// that stops may leave a name without a file or with a file that is empty, ends
// early, or has zeros in the place of parts of it. An export of the same notes
// writes each such file anew. When the note has changed in the meantime, only
// the empty one can be told from somebody's own file; the others then differ.
func (f *Folder) Write(n api.PortableNote) (Outcome, error) {
	if !api.ValidID(n.ID) {
		return 0, fmt.Errorf("%q is not an id", n.ID)
	}
	file := Marshal(n)
	if name, ok := f.files[n.ID]; ok {
		switch outcome, err := f.compare(name, file); {
		case err != nil:
			return 0, err
		case outcome != Written:
			return outcome, nil
		}
	}
	name := FileName(n)
	outcome, err := f.create(n.ID, name, file)
	if err != nil {
		return 0, err
	}
	f.files[n.ID] = name
	if outcome == Written {
		f.pending = append(f.pending, name)
	}
	if len(f.pending) >= syncAfter {
		err = f.sync()
	}
	return outcome, err
}

// create makes a file, or holds the one that has come there up to it.
func (f *Folder) create(id, name string, file []byte) (Outcome, error) {
	for try := 1; ; try++ {
		part := "." + id + "." + api.NewID() + ".part"
		err := f.write(part, file)
		if err == nil {
			err = f.name(part, name)
		}
		if err == nil {
			return Written, nil
		}
		err = errors.Join(err, f.remove(part))
		switch {
		case errors.Is(err, fs.ErrExist):
			if outcome, err := f.compare(name, file); err != nil || outcome != Written {
				return outcome, err
			}
		case !errors.Is(err, fs.ErrNotExist): // then another export has begun, and cleared up
			return 0, err
		}
		if try == writeTries {
			return 0, err
		}
	}
}

// name gives a written file its name, if no file has it. Where there are no
// links, one that comes in the same moment is lost.
func (f *Folder) name(part, name string) error {
	switch err := f.link(part, name); {
	case err == nil:
		return f.remove(part)
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return err
	}
	switch _, err := f.root.Lstat(name); {
	case err == nil:
		return fs.ErrExist
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return f.root.Rename(part, name)
}

// isPart reports whether a name is that of a file whose export was interrupted.
func isPart(name string) bool {
	id, ok := strings.CutPrefix(name, ".")
	return ok && strings.HasSuffix(id, ".part") && api.ValidID(id[:min(len(id), api.IDLength)])
}

// compare holds a file that is there up to what would be written. One that only
// a machine that stopped can have left goes, and the answer is Written.
func (f *Folder) compare(name string, want []byte) (Outcome, error) {
	info, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Written, nil
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular() || info.Size() > int64(len(want)):
		return Differs, nil
	}
	got, err := f.root.ReadFile(name)
	switch {
	case err != nil:
		return 0, err
	case bytes.Equal(got, want):
		return Same, nil
	case !isRemnant(got, want):
		return Differs, nil
	}
	return Written, f.remove(name)
}

// isRemnant reports whether got is what a crash may leave of want: its
// beginning, with zeros where something did not come to the disk.
func isRemnant(got, want []byte) bool {
	if len(got) > len(want) {
		return false
	}
	for i, c := range got {
		if c != want[i] && c != 0 {
			return false
		}
	}
	return true
}

func (f *Folder) write(name string, data []byte) error {
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// sync puts on disk what was written, many files at once: so they share what
// the disk does.
func (f *Folder) sync() error {
	names := make(chan string)
	var failed [syncAtOnce]error
	var all sync.WaitGroup
	for i := range failed {
		all.Go(func() {
			for name := range names {
				if err := f.syncFile(name); err != nil && failed[i] == nil {
					failed[i] = err
				}
			}
		})
	}
	for _, name := range f.pending {
		names <- name
	}
	close(names)
	all.Wait()
	f.pending = f.pending[:0]
	return cmp.Or(failed[:]...)
}

func (f *Folder) syncFile(name string) error {
	file, err := f.root.OpenFile(name, os.O_RDWR, 0) // Windows syncs only what may be written
	if errors.Is(err, fs.ErrNotExist) {
		return nil // somebody took it away
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func (f *Folder) remove(name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Close puts on disk what is not there yet: the files, and their names where the
// system can do that.
func (f *Folder) Close() error {
	defer func() { _ = f.root.Close() }()
	if err := f.sync(); err != nil {
		return err
	}
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	_ = dir.Sync()
	return dir.Close()
}

// readLimited reads a file that may not be longer than any note's.
func readLimited(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err == nil && len(data) > MaxFile {
		return nil, ErrTooLong
	}
	return data, err
}
