// Package foreign reads the notes that other programs export. Read [Formats]
// first; each program has a file of its own, and note.go brings what they give
// into our form.
//
// What the package promises:
//
//   - The same export gives the same notes with the same ids, wherever and
//     however often it is read, so that importing it again changes nothing.
//   - A note that cannot be read, or that is over a limit, is an error of its own,
//     and the others are read. What has no place in a note is counted, never
//     passed over in silence: the last items are the list.
//   - Memory holds one note at a time, whatever an export holds or claims to hold,
//     beside what tells the notes apart.
//   - Nothing is written, no link is followed out of a folder, and no name in an
//     export is taken for a path.
package foreign

import (
	"fmt"
	"iter"
	"time"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"

	"github.com/notesd/notesd/pkg/exchange"
)

// format is one program's way of exporting.
type format struct {
	name, about string
	is          func(*looks) bool
	// read is shared by programs whose notes are the same files. Its family keeps the
	// ids the same, whichever of them is named.
	read   func(*reader)
	family string
	pipe   bool // it is one file, which is gone through once
}

var formats = []format{
	{"obsidian", "an Obsidian vault", isObsidian, readFolder, "folder", false},
	{"nb", "a notebook of nb", isNb, readFolder, "folder", false},
	{"zk", "a notebook of zk", isZk, readFolder, "folder", false},
	{"folder", "any folder of Markdown or text files", isFolder, readFolder, "folder", false},
	{"dnote", "dnote's notes, as JSON out of its database", has("dnote"), readDnote, "dnote", true},
	{"memos", "memos, as JSON out of its database or its API", has("memos"), readMemos, "memos", true},
	{"simplenote", "Simplenote's export: the zip, or notes.json", has("simplenote"), readSimplenote, "simplenote", true},
	{"joplin", "Joplin's export: a JEX file or a RAW folder", has("joplin"), readJoplin, "joplin", false},
	{"keep", "Google Keep: Takeout's archive or folder", has("keep"), readKeep, "keep", false},
	{"evernote", "Evernote's export: an ENEX file, or a folder of them", has("evernote"), readEvernote, "evernote", true},
}

// Formats returns what can be read. Times that name no zone are those of loc.
func Formats(loc *time.Location) []exchange.Format {
	all := make([]exchange.Format, 0, len(formats))
	var l looker
	for _, f := range formats {
		all = append(all, exchange.Format{
			Name: f.name, About: f.about,
			Detect: func(in exchange.Input) bool { return f.is(l.look(in)) },
			Read:   func(in exchange.Input) iter.Seq2[exchange.Item, error] { return f.items(in, loc) },
		})
	}
	return all
}

// items reads all of an export.
func (f format) items(in exchange.Input, loc *time.Location) iter.Seq2[exchange.Item, error] {
	return func(yield func(exchange.Item, error) bool) {
		if in.Path == "-" && !f.pipe {
			yield(exchange.Item{}, fmt.Errorf("what is of %s cannot come through a pipe: name the file or folder", f.name))
			return
		}
		src, err := openSource(in)
		if err != nil {
			yield(exchange.Item{}, err)
			return
		}
		defer func() { _ = src.Close() }()
		r := &reader{src: src, family: f.family, loc: loc, yield: yield, ids: map[id]bool{}}
		f.read(r)
		if src.skipped.count > 0 {
			r.left = append(r.left, src.skipped)
		}
		for _, l := range r.left {
			r.item(exchange.Item{Place: l.what, Warnings: []string{l.String()}})
		}
		if !r.found && !r.done {
			yield(exchange.Item{}, fmt.Errorf("there is nothing of %s in %s", f.name, src.name))
		}
	}
}

// reader is what all formats read with.
type reader struct {
	src    *source
	family string
	loc    *time.Location
	yield  func(exchange.Item, error) bool
	done   bool        // nobody wants more, or there is no more
	found  bool        // there was anything
	ids    map[id]bool // that are taken
	left   leftovers

	converter *converter.Converter // of HTML, when there was any
}

// files goes through the files of the source.
func (r *reader) files(each func(file) bool) {
	if err := r.src.walk(func(f file) bool { return !r.done && each(f) }); err != nil && !r.done {
		r.done = true
		r.yield(exchange.Item{}, fmt.Errorf("%s: %w", r.src.name, err))
	}
}

// item hands on what is at one place. It returns whether to go on.
func (r *reader) item(i exchange.Item) bool {
	r.found = true
	i.Place, i.Part = nameOf(i.Place, maxPlace), r.src.part()
	r.done = r.done || !r.yield(i, nil)
	return !r.done
}

// fail reports what cannot be read at a place. It returns whether to go on.
func (r *reader) fail(place string, err error) bool {
	return r.item(exchange.Item{Place: place, Err: err})
}

// leave counts what a note cannot hold. Name is its own, or that of its note.
func (r *reader) leave(what, name string) { r.left.add(what, name) }
