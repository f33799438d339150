//go:build linux

package torture

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// disk is a model of a disk with a cache: what it must have kept after a power
// cut, and what it may have kept of the rest. It is the strict one of POSIX: a
// write is safe when an fsync of its file has begun after its end and has
// returned; a new name, or one that went, when an fsync of its folder has. What
// is not safe may be there or not, each sector by itself, in any combination.
type disk struct {
	root string // the folder that is watched; it is there from the beginning
	// honours reports whether an fsync of this path is carried out. A disk that
	// lies is how the test proves that it would notice.
	honours func(path string) bool

	live    map[string]*file // by path, as the running system sees them
	names   map[string]*file // by path, as they are on disk
	renames []change         // of names, not yet on disk
}

// file is a file or a folder, of which a name may be the last thing to go.
type file struct {
	folder  bool
	data    []byte   // on disk
	pending []change // not yet on disk
}

// change is one system call that changed a file's data or a folder's names.
type change struct {
	event
	path, from string // of names: path is gone where file is nil; from is the old name
	file       *file
	data       []byte // of a write
	offset     int64
	truncate   bool // to offset
}

func newDisk(root string, honours func(string) bool) *disk {
	return &disk{root: root, honours: honours, live: map[string]*file{}, names: map[string]*file{}}
}

// apply carries out one system call. It refuses what it would have to guess
// about.
func (d *disk) apply(e event) error {
	if e.failed() {
		return nil
	}
	switch e.call {
	case "open", "openat", "creat":
		return d.open(e)
	case "mkdir", "mkdirat":
		if path := d.path(e); path != "" {
			d.rename(change{event: e, path: path, file: &file{folder: true}})
		}
	case "unlink", "unlinkat", "rmdir":
		if path := d.path(e); path != "" {
			d.rename(change{event: e, path: path})
		}
	case "rename":
		return d.move(e)
	case "pwrite64", "write", "ftruncate":
		return d.write(e)
	case "fsync", "fdatasync":
		if path, _ := e.fd(); d.honours(path) {
			d.sync(path, e)
		}
	case "mmap":
		if strings.Contains(e.args, d.root) && strings.Contains(e.args, "MAP_SHARED") && strings.Contains(e.args, "PROT_WRITE") && !strings.Contains(e.args, "-shm>") {
			return fmt.Errorf("%s(%s): the trace does not see what is written to memory", e.call, e.args)
		}
	case "sendto", "sendmsg": // sockets alone
	default:
		if strings.Contains(e.args, d.root) {
			return fmt.Errorf("%s(%.200s): not known to this disk", e.call, e.args)
		}
	}
	return nil
}

// path returns the path below root that the call names, empty for others.
func (d *disk) path(e event) string {
	_, args, _ := strings.Cut(e.args, `"`)
	path, _, err := unquote(`"` + args)
	if err != nil || !strings.HasPrefix(string(path), d.root+"/") {
		return ""
	}
	return string(path)
}

func (d *disk) open(e event) error {
	path := d.path(e)
	if path == "" {
		return nil
	}
	if strings.Contains(e.args, "O_TRUNC") {
		return fmt.Errorf("%s(%s): not known to this disk", e.call, e.args)
	}
	if d.live[path] == nil && strings.Contains(e.args, "O_CREAT") {
		d.rename(change{event: e, path: path, file: &file{}})
	}
	return nil
}

func (d *disk) move(e event) error {
	from, rest, err := unquote(e.args)
	if err != nil {
		return err
	}
	to, _, err := unquote(rest)
	if err != nil {
		return err
	}
	if f := d.live[string(from)]; f != nil {
		d.rename(change{event: e, path: string(to), from: string(from), file: f})
	}
	return nil
}

// rename changes what the running system sees, and remembers that it is not safe.
func (d *disk) rename(c change) {
	c.rename(d.live)
	d.renames = append(d.renames, c)
}

func (c change) rename(names map[string]*file) {
	delete(names, c.from)
	if c.file == nil {
		delete(names, c.path)
	} else {
		names[c.path] = c.file
	}
}

func (d *disk) write(e event) error {
	path, rest := e.fd()
	f := d.live[path]
	if f == nil || strings.HasSuffix(path, ".lock") || strings.HasSuffix(path, "-shm") { // nothing lasting is in these
		return nil
	}
	c := change{event: e}
	if e.call == "ftruncate" {
		c.truncate = true
	} else {
		var err error
		if c.data, rest, err = unquote(rest); err != nil {
			return err
		}
		_, rest, _ = strings.Cut(rest, ", ") // the length
	}
	var err error
	if c.offset, err = strconv.ParseInt(rest, 10, 64); err != nil {
		return fmt.Errorf("%s of %s: no offset in %q", e.call, path, rest)
	}
	f.pending = append(f.pending, c)
	return nil
}

// sync makes safe what had ended when the fsync began.
func (d *disk) sync(path string, e event) {
	safe := func(c change) bool { return c.end < e.begin }
	if f := d.live[path]; f != nil && !f.folder {
		for _, c := range f.pending {
			if safe(c) {
				f.data = c.whole(f.data)
			}
		}
		f.pending = slices.DeleteFunc(f.pending, safe)
		return
	}
	inFolder := func(c change) bool { return safe(c) && filepath.Dir(c.path) == path }
	for _, c := range d.renames {
		if inFolder(c) {
			c.rename(d.names)
		}
	}
	d.renames = slices.DeleteFunc(d.renames, inFolder)
}

// whole returns data after the change.
func (c change) whole(data []byte) []byte {
	if c.truncate {
		return resize(data, c.offset)
	}
	data = resize(data, max(int64(len(data)), c.offset+int64(len(c.data))))
	copy(data[c.offset:], c.data)
	return data
}

// torn returns data after the sectors of the change that were kept, or after
// none of it.
func (c change) torn(data []byte, kept func() bool) []byte {
	if c.truncate {
		if kept() {
			data = resize(data, c.offset)
		}
		return data
	}
	for begin := int64(0); begin < int64(len(c.data)); {
		end := min(int64(len(c.data)), (c.offset+begin)/sector*sector+sector-c.offset)
		if kept() {
			part := c
			part.data, part.offset = c.data[begin:end], c.offset+begin
			data = part.whole(data)
		}
		begin = end
	}
	return data
}

func resize(data []byte, size int64) []byte {
	if size <= int64(len(data)) {
		return data[:size]
	}
	return append(data, make([]byte, size-int64(len(data)))...)
}

// cut cuts the power and writes what is left of root to dir. Of what is not safe
// everything is lost, or everything kept, or each sector as it falls.
func (d *disk) cut(dir string, rng *rand.Rand) error {
	chance := []float64{0, 0, 1, 0.5, 0.5, 0.9}[rng.IntN(6)]
	for path, data := range d.left(func() bool { return rng.Float64() < chance }) {
		name := filepath.Join(dir, strings.TrimPrefix(path, d.root))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// left returns the files that are left, by path, when of what is not safe that is
// kept which kept says.
func (d *disk) left(kept func() bool) map[string][]byte {
	names := maps.Clone(d.names)
	for _, c := range d.renames {
		if kept() {
			c.rename(names)
		}
	}
	left := map[string][]byte{}
	for path, f := range names {
		if f.folder || !d.reachable(filepath.Dir(path), names) {
			continue
		}
		left[path] = slices.Clone(f.data)
		for _, c := range f.pending {
			left[path] = c.torn(left[path], kept)
		}
	}
	return left
}

// reachable reports whether a folder has kept its name, and its parents theirs.
func (d *disk) reachable(folder string, names map[string]*file) bool {
	return folder == d.root || names[folder] != nil && d.reachable(filepath.Dir(folder), names)
}
