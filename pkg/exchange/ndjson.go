package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

// NDJSON is what GET /export gives: a note a line, as JSON. A line is not looked
// into here.
var NDJSON = Format{
	Name:   "ndjson",
	About:  "a note a line, as JSON: what \"notes export -\" gives",
	Detect: func(in Input) bool { return in.Path == "-" || in.HasSuffix(".ndjson", ".jsonl") },
	Read:   readLines,
}

// Line returns a note as a line of NDJSON, without the line feed. Text that is
// not UTF-8 is an error: in JSON it would become another one.
func Line(n api.PortableNote) ([]byte, error) {
	if !utf8.ValidString(n.Title) || !utf8.ValidString(n.Body) {
		return nil, errors.New("its text is not valid UTF-8")
	}
	for _, t := range n.Tags {
		if !utf8.ValidString(t) {
			return nil, errors.New("a tag is not valid UTF-8")
		}
	}
	if n.Tags == nil {
		n.Tags = []string{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // would make a body of "<" six times as long
	err := e.Encode(n)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func readLines(in Input) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		f, err := in.Open()
		if err != nil {
			yield(Item{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		size := sizeOf(f)
		l := lineReader{r: bufio.NewReaderSize(f, 64<<10)}
		for {
			line, err := l.next()
			if errors.Is(err, io.EOF) {
				return
			}
			item := Item{Place: fmt.Sprintf("line %d", l.number), Line: line}
			if size > 0 {
				item.Part = float64(l.read) / float64(size)
			}
			if errors.Is(err, ErrTooLong) {
				item.Err, err = err, nil
			}
			if err == nil && item.Err == nil && len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// sizeOf returns how long a file is; 0: nobody knows.
func sizeOf(f io.Reader) int64 {
	file, ok := f.(*os.File)
	if !ok {
		return 0
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}

// lineReader reads lines that with their end are no longer than a request may
// be.
type lineReader struct {
	r      *bufio.Reader
	number int   // of the line that was read last, from 1
	read   int64 // bytes
}

// next returns the next line, without its end; it is the caller's. A longer one
// is passed over, and is ErrTooLong.
func (l *lineReader) next() ([]byte, error) {
	var line []byte
	tooLong := false
	l.number++
	for {
		part, err := l.r.ReadSlice('\n')
		l.read += int64(len(part))
		if len(line)+len(part) > api.MaxRequest {
			tooLong, line = true, nil
		}
		if !tooLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && (len(line) > 0 || tooLong):
		case err != nil:
			return nil, err
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		if tooLong || len(line) == api.MaxRequest {
			return nil, ErrTooLong
		}
		if l.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		return line, nil
	}
}
