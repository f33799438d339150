package foreign

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/notesd/notesd/pkg/exchange"
)

// looks is what a source looks like: what in it is of which program.
type looks struct {
	programs        []string // that wrote a file whose beginning tells
	obsidian, zk    bool     // has their folder of settings
	nb              bool     // has the list of files that nb keeps
	texts, markdown bool     // has text files; one at least is Markdown
	exported        bool     // the first of Markdown is one that notes has exported
}

func has(program string) func(*looks) bool {
	return func(l *looks) bool { return slices.Contains(l.programs, program) }
}

func isObsidian(l *looks) bool { return l.obsidian && !l.exported }
func isZk(l *looks) bool       { return l.zk && !l.exported && !l.obsidian }
func isNb(l *looks) bool       { return l.nb && !l.exported && !l.obsidian && !l.zk }

func isFolder(l *looks) bool {
	return l.texts && !l.exported && !l.obsidian && !l.zk && !l.nb && len(l.programs) == 0
}

// marks are what the beginning of a file has if a program wrote it: one string of
// each list. In JSON they are names of members; the same words in a text would have
// a backslash before the quote.
var marks = map[string][][]string{
	"dnote":      {{`"uuid"`}, {`"added_on"`}},
	"memos":      {{`"row_status"`, `"rowStatus"`, `"name":"memos/`, `"name": "memos/`}},
	"simplenote": {{`"activeNotes"`, `"trashedNotes"`}},
	"keep":       {{`"isTrashed"`, `"userEditedTimestampUsec"`}, {`"isPinned"`, `"textContent"`, `"listContent"`}},
	"evernote":   {{`<en-export`}},
}

func looksLike(program string, head []byte) bool {
	lists, ok := marks[program]
	return ok && !slices.ContainsFunc(lists, func(list []string) bool {
		return !slices.ContainsFunc(list, func(mark string) bool { return bytes.Contains(head, []byte(mark)) })
	})
}

// Detection ends after this many files, and opens as many of one kind at most: a
// folder that has shown nothing by then is to be named.
const (
	maxLooks = 10_000
	maxHeads = 100
)

// looker looks at a source once for all the formats that ask.
type looker struct {
	mu   sync.Mutex
	path string
	seen *looks
}

func (l *looker) look(in exchange.Input) *looks {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil || l.path != in.Path {
		l.path, l.seen = in.Path, look(in)
	}
	return l.seen
}

// look goes through what there is. What cannot be opened looks like nothing.
func look(in exchange.Input) *looks {
	l := &looks{}
	if in.Path == "-" { // it could be read once only
		return l
	}
	src, err := openSource(in)
	if err != nil {
		return l
	}
	defer func() { _ = src.Close() }()
	files, heads := 0, 0
	_ = src.walk(func(f file) bool {
		files++
		l.name(f.name)
		if heads < maxHeads && l.opens(f) {
			heads++
			l.file(f)
		}
		return files < maxLooks
	})
	return l
}

// name looks at the name of a file alone.
func (l *looks) name(name string) {
	l.obsidian = l.obsidian || inFolder(name, ".obsidian")
	l.zk = l.zk || inFolder(name, ".zk")
	l.nb = l.nb || path.Base(name) == ".index"
	l.texts = l.texts || isText(name) && !isSetting(name)
}

// opens says whether the beginning of a file can tell anything new.
func (l *looks) opens(f file) bool {
	switch strings.ToLower(path.Ext(f.name)) {
	case ".json", ".enex", ".xml", "":
		return true
	case ".md":
		return !l.markdown || isJoplinName(f.name) && !slices.Contains(l.programs, "joplin")
	}
	return false
}

func (l *looks) file(f file) {
	if isJoplinName(f.name) {
		if b, err := f.read(); err == nil {
			if _, ok := parseJoplin(string(b)); ok {
				l.add("joplin")
				return
			}
		}
	}
	if isText(f.name) {
		if b, err := f.read(); err == nil && !l.markdown && !isSetting(f.name) && !inFolder(f.name, ".trash") {
			_, err = exchange.Parse(b)
			l.markdown, l.exported = true, !errors.Is(err, exchange.ErrNotOurs)
		}
		return
	}
	head, err := f.head()
	for program := range marks {
		if err == nil && looksLike(program, head) {
			l.add(program)
		}
	}
}

func (l *looks) add(program string) {
	if !slices.Contains(l.programs, program) {
		l.programs = append(l.programs, program)
	}
}

// inFolder reports whether a file is in a folder of this name, at any depth.
func inFolder(name, folder string) bool {
	return strings.HasPrefix(name, folder+"/") || strings.Contains(name, "/"+folder+"/")
}
