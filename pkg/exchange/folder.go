package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/notesd/notesd/pkg/api"
)

// Folder is a folder that notes are exported to, a file each. To export to the
// same folder again adds what is missing, so that an export can be interrupted.
type Folder struct {
	root  *os.Root
	files map[string]string // what there is, by the ids of the notes
}

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
	f := &Folder{root: root, files: map[string]string{}}
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
	for _, name := range names {
		id, ok := idOf(name)
		switch {
		case ok:
			f.files[id] = name
		case !strings.HasPrefix(name, "."):
			return fmt.Errorf("%s holds other things than exported notes: %q", f.root.Name(), name)
		}
	}
	return nil
}

// Write writes the file of a note, if there is none. It has its name when all of
// it is written; before that, the name begins with a dot and ends in .part.
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
	name, part := FileName(n), "."+n.ID+".part"
	if err := f.write(part, file); err != nil {
		return 0, errors.Join(err, f.remove(part))
	}
	if err := f.root.Rename(part, name); err != nil {
		return 0, errors.Join(err, f.remove(part))
	}
	f.files[n.ID] = name
	return Written, nil
}

// compare holds a file that is there up to what would be written. One without
// any content is what a machine leaves that stopped: it goes, and the answer is
// Written.
func (f *Folder) compare(name string, want []byte) (Outcome, error) {
	info, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Written, nil
	case err != nil:
		return 0, err
	case info.Mode().IsRegular() && info.Size() == 0:
		return Written, f.root.Remove(name)
	case !info.Mode().IsRegular() || info.Size() != int64(len(want)):
		return Differs, nil
	}
	got, err := f.root.ReadFile(name)
	if err != nil {
		return 0, err
	}
	if !bytes.Equal(got, want) {
		return Differs, nil
	}
	return Same, nil
}

func (f *Folder) write(name string, data []byte) error {
	if err := f.remove(name); err != nil {
		return err
	}
	file, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

func (f *Folder) remove(name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Close puts the names on disk, where the system can do that.
func (f *Folder) Close() error {
	defer func() { _ = f.root.Close() }()
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
