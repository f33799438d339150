package foreign

import (
	"bufio"
	"path"
	"strings"
)

// What is in a folder of notes beside them.
const (
	nbPins     = ".pindex" // of nb: the names of what is pinned in the same folder
	nbTodo     = ".todo.md"
	nbBookmark = ".bookmark.md"
)

// folderKind is what the files of settings say of those with the notes.
type folderKind struct {
	obsidian, zk bool
	pinned       map[string]bool // names of files
}

// readFolder reads each Markdown or text file as a note. Folders are tags, and
// what Obsidian has in its trash is in ours.
func readFolder(r *reader) {
	kind := folderKind{pinned: map[string]bool{}}
	pins := limited{left: maxFile} // of all lists together
	r.files(func(f file) bool {
		kind.obsidian = kind.obsidian || inFolder(f.name, ".obsidian")
		kind.zk = kind.zk || inFolder(f.name, ".zk")
		if path.Base(f.name) == nbPins {
			for _, name := range lines(f, &pins) {
				kind.pinned[path.Join(path.Dir(f.name), name)] = true
			}
		}
		return true
	})
	r.files(func(f file) bool {
		switch {
		case isSetting(f.name):
		case strings.HasSuffix(f.name, ".enc"):
			r.leave("encrypted notes", f.name)
		case !isText(f.name):
			r.leave("attachments and other files", f.name)
		default:
			b, err := f.read()
			if err != nil {
				return r.fail(f.name, err)
			}
			return r.note(r.fileDraft(f, string(b), kind))
		}
		return true
	})
}

// isText says what a note is by its name.
func isText(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdown", ".mkd", ".txt", ".text":
		return true
	}
	return false
}

// isSetting reports whether a file is one of those that programs keep for
// themselves.
func isSetting(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != ".trash" {
			return true
		}
	}
	return false
}

// lines are the lines of a small file, as far as it can be read within what is left.
func lines(f file, left *limited) []string {
	in, err := f.open()
	if err != nil {
		return nil
	}
	defer func() { _ = in.Close() }()
	var all []string
	left.r = in
	for s := bufio.NewScanner(asUTF8(left)); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// fileDraft makes a note of a file's text.
func (r *reader) fileDraft(f file, text string, kind folderKind) draft {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	front, body := splitFrontMatter(text, r.loc)
	d := draft{
		// The name of the folder keeps two folders apart that both have an Inbox.md.
		key: path.Join(r.src.name, f.name), name: f.name, body: body, modified: f.modified,
		title: front.title, tags: front.tags, pinned: front.pinned || kind.pinned[f.name], archived: front.archived,
		created: front.created, updated: front.updated,
		trashed: inFolder(f.name, ".trash"), trashedAt: f.modified,
	}
	if d.updated.IsZero() {
		d.updated = f.modified
	}
	d.fileTitle(strings.TrimSuffix(path.Base(f.name), path.Ext(f.name)), kind.obsidian)
	d.tags = append(d.tags, hashtags(body)...)
	if kind.zk {
		d.tags = append(d.tags, colonTags(body)...)
	}
	for folder := range strings.SplitSeq(path.Dir(f.name), "/") {
		if folder != "." && folder != ".trash" {
			d.tags = append(d.tags, folder)
		}
	}
	d.nbKind(f.name)
	d.body = front.rest + strings.TrimLeft(d.body, "\n")
	return d
}

// fileTitle takes the title out of the front matter, the heading at the top, or
// the file's name, which in Obsidian is the title that links have. A heading that
// is the title is not said twice.
func (d *draft) fileTitle(name string, named bool) {
	if d.title == "" && named {
		d.title = name
	}
	line, rest, _ := strings.Cut(strings.TrimLeft(d.body, "\n"), "\n")
	heading, ok := headingOf(line)
	switch ok = ok && strings.HasPrefix(line, "# "); {
	case ok && heading != "" && (d.title == "" || d.title == heading):
		d.title, d.body = heading, rest
	case d.title == "":
		d.title = name
	}
}

// nbKind reads what nb says by the name of a file and a box in its title.
func (d *draft) nbKind(name string) {
	switch {
	case strings.HasSuffix(name, nbBookmark):
		d.tags = append(d.tags, "bookmark")
	case strings.HasSuffix(name, nbTodo):
		d.tags = append(d.tags, "todo")
		for _, box := range []string{"[x] ", "[X] ", "[ ] "} {
			title, ok := strings.CutPrefix(d.title, box)
			if ok && box != "[ ] " {
				d.tags = append(d.tags, "done")
			}
			d.title = title
		}
	}
}
