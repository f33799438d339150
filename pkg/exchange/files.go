package exchange

import (
	"errors"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Files is what "notes export DIR" writes: a folder of Markdown files, or one of
// them.
var Files = Format{
	Name:   "notes",
	About:  "the Markdown files that \"notes export DIR\" writes: a folder, or one of them",
	Detect: detectFiles,
	Read:   readFiles,
}

// detectFiles looks at the first Markdown file there is.
func detectFiles(in Input) bool {
	if !in.IsFolder() && !in.HasSuffix(".md") {
		return false
	}
	for item, err := range readFiles(in) {
		if err != nil || item.Err != nil || item.Note.ID != "" {
			return err == nil && !errors.Is(item.Err, ErrNotOurs)
		}
	}
	return false
}

func readFiles(in Input) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		dir, only := in.Path, ""
		if !in.IsFolder() {
			dir, only = filepath.Split(in.Path)
		}
		if dir == "" {
			dir = "."
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			yield(Item{}, err)
			return
		}
		defer func() { _ = root.Close() }()
		if only != "" {
			yield(readNote(root.FS(), only), nil)
			return
		}
		names, err := markdownFiles(root.FS())
		if err != nil {
			yield(Item{}, err)
			return
		}
		for i, name := range names {
			item := readNote(root.FS(), name)
			item.Part = float64(i+1) / float64(len(names))
			if !yield(item, nil) {
				return
			}
		}
	}
}

// markdownFiles returns the names of all files below a folder that may be notes,
// in order. What is hidden is passed over.
func markdownFiles(fsys fs.FS) (names []string, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir() && strings.EqualFold(path.Ext(name), ".md"):
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// readNote reads the note of one file. A link, even one that leads to a file of
// the same folder, is none.
func readNote(fsys fs.FS, name string) Item {
	item := Item{Place: name}
	info, err := fs.Lstat(fsys, name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a plain file")
	}
	var text []byte
	if err == nil {
		text, err = readFile(fsys, name)
	}
	if err == nil {
		item.Note, err = Parse(text)
	}
	item.Err = err
	return item
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return readLimited(f)
}
