package foreign

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

const (
	// maxENEXNote is how much XML one note can be, without what is attached.
	maxENEXNote = 4 * maxRun
	// maxRun is the longest text in it. One that was cut is longer than any note.
	maxRun = 8 << 20
	// maxTag and maxDepth are a hundred times what Evernote writes: a decoder keeps
	// each attribute, and each element that it is in.
	maxTag, maxDepth = 64 << 10, 1000
)

var errXML = errors.New("its XML has elements within each other, or attributes, beyond all measure")

// enexFilter is an ENEX file without the data of attachments. The decoder of XML
// holds each text as a whole, and theirs has up to 200 MB. It ends a text after
// maxRun, and characters that XML forbids become U+FFFD, so that one of them does
// not end the file.
type enexFilter struct {
	r   *bufio.Reader
	buf []byte // what the present part of the file came to
	out []byte // what of it is still to be read

	until []byte // what ends the comment or CDATA section that we are in
	tag   []byte // the beginning of the tag that we are in; nil: in none
	size  int    // of that tag
	depth int    // elements that we are in
	err   error  // that ends the file
	data  bool   // in the data of an attachment
	run   int    // bytes of the present text
	last  [3]byte
}

// filterENEX returns the file as the decoder should see it.
func filterENEX(r io.Reader) io.Reader {
	return transform.NewReader(&enexFilter{r: bufio.NewReaderSize(r, 64<<10)}, runes.ReplaceIllFormed())
}

// Read implements io.Reader.
func (e *enexFilter) Read(p []byte) (int, error) {
	for len(e.out) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		if _, err := e.r.Peek(1); err != nil {
			return 0, err
		}
		part, _ := e.r.Peek(e.r.Buffered())
		read := len(part)
		e.buf = e.buf[:0]
		for len(part) > 0 {
			if e.data && e.tag == nil { // as in nearly all of a file
				at := bytes.IndexByte(part, '<')
				if at < 0 {
					break
				}
				part = part[at:]
			}
			e.next(part[0])
			part = part[1:]
		}
		_, _ = e.r.Discard(read)
		e.out = e.buf
	}
	n := copy(p, e.out)
	e.out = e.out[n:]
	return n, nil
}

// next takes one byte.
func (e *enexFilter) next(c byte) {
	e.last = [3]byte{e.last[1], e.last[2], c}
	switch {
	case e.until != nil:
		ends := bytes.Equal(e.last[:], e.until)
		if e.run++; e.run <= maxRun {
			e.put(c)
		} else if ends {
			e.buf = append(e.buf, e.until...)
		}
		if ends {
			e.until, e.run = nil, 0
		}
	case e.tag != nil:
		e.inTag(c)
	case c == '<':
		e.tag, e.run, e.size = []byte{}, 0, 0
		e.buf = append(e.buf, c)
	default:
		if e.run++; !e.data && e.run <= maxRun {
			e.put(c)
		}
	}
}

func (e *enexFilter) inTag(c byte) {
	e.put(c)
	if e.size++; e.size > maxTag {
		e.err = errXML
	}
	if len(e.tag) < len("![CDATA[") {
		e.tag = append(e.tag, c)
	}
	switch {
	case string(e.tag) == "![CDATA[":
		e.tag, e.until = nil, []byte("]]>")
	case string(e.tag) == "!--":
		e.tag, e.until = nil, []byte("-->")
	case c == '>':
		name := bytes.FieldsFunc(e.tag, func(c rune) bool { return c == '>' || unicode.IsSpace(c) })
		e.data = len(name) > 0 && string(name[0]) == "data"
		e.nest()
		e.tag = nil
	}
}

// nest counts the tag that has ended: it begins an element, or ends one, or both,
// or is none of an element.
func (e *enexFilter) nest() {
	switch {
	case e.tag[0] == '/':
		e.depth--
	case e.tag[0] != '!' && e.tag[0] != '?' && e.last[1] != '/':
		e.depth++
	}
	if e.depth > maxDepth {
		e.err = errXML
	}
}

func (e *enexFilter) put(c byte) {
	if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
		e.buf = append(e.buf, "\ufffd"...)
		return
	}
	e.buf = append(e.buf, c)
}
