// Package exchange is how notes leave notes, and how they come in. Read [Format]
// first: it is what everything that can be imported looks like. [Marshal] and
// [Parse] are the Markdown file of one note, [Folder] writes many of them.
//
// What the package promises:
//
//   - A note that went out and came in again is the same, byte for byte.
//   - It holds one note at a time, and a line or a file that is too long for a
//     note is passed over, not read.
//   - Nothing that is there is overwritten, and nothing outside of the folder is
//     read or written, whatever a note or a link in the folder says.
package exchange

import (
	"errors"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/notesd/notesd/pkg/api"
)

// Format is a form in which notes lie outside of a server.
type Format struct {
	Name  string // what --from calls it: one word
	About string // what it is, on one line, for the help

	// Detect reports whether in is of this form, by a look at its name or its
	// beginning. Nil: it must be asked for by name.
	Detect func(in Input) bool

	// Read yields what is there, in the same order each time. What is wrong with
	// one note is its Err, and the next one follows. An error beside it is about
	// the source as a whole, and the last thing that is yielded.
	Read func(in Input) iter.Seq2[Item, error]
}

// Input is what to read.
type Input struct {
	Path  string    // of a file or a folder; "-" is Stdin
	Stdin io.Reader // read once, and only where Path is "-"
}

// Open returns the file, or Stdin, which Close leaves as it is.
func (in Input) Open() (io.ReadCloser, error) {
	if in.Path == "-" {
		return io.NopCloser(in.Stdin), nil
	}
	return os.Open(in.Path)
}

// IsFolder reports whether there is a folder to read.
func (in Input) IsFolder() bool {
	info, err := os.Stat(in.Path)
	return in.Path != "-" && err == nil && info.IsDir()
}

// HasSuffix reports whether there is a file to read whose name ends in one of
// these, without case.
func (in Input) HasSuffix(suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(strings.ToLower(in.Path), s) {
			return !in.IsFolder()
		}
	}
	return false
}

// Item is what a source has at one place: a note, or what is wrong with it, or
// nothing but warnings.
type Item struct {
	Place string // "line 7", or the name of a file below the folder

	// Note is whole: it has times, and an ID that is the same each time the same
	// source is read, so that to import it again changes nothing. Tags need not be
	// in normal form. Without an ID there is no note here.
	Note api.PortableNote
	// Line is the note in place of Note: a line of NDJSON that the server looks at.
	Line []byte

	Err      error    // why there is no note here
	Warnings []string // what of the note, or of the source, could not be carried over

	Part float64 // how much of the source has been read, up to 1; 0: nobody knows
}

// ErrTooLong is the Err of what no note can be.
var ErrTooLong = errors.New("it is longer than any note can be")
