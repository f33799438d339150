package backup

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"

	"github.com/go-json-experiment/json"

	"github.com/notesd/notesd/pkg/store"
)

// Reader reads a backup.
type Reader struct {
	Header   Header
	Manifest Manifest // when Records has given everything

	file  *bufio.Reader
	lines *bufio.Scanner
	line  int
	sum   hash.Hash
	rules rules
}

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	b := &Reader{file: bufio.NewReader(r), sum: sha256.New()}
	uncompressed, err := gzip.NewReader(b.file)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("backup: it is empty")
		}
		return nil, fmt.Errorf("backup: %w", explain(err))
	}
	uncompressed.Multistream(false) // what follows is not ours
	b.lines = bufio.NewScanner(uncompressed)
	b.lines.Buffer(nil, MaxLine)
	b.lines.Split(wholeLine)
	first, err := b.next()
	if err == nil {
		b.sum.Write(first)
		err = b.readHeader(first)
	}
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return b, nil
}

// readHeader leaves members alone that a newer format may have: its number says
// more.
func (b *Reader) readHeader(first []byte) error {
	if err := json.Unmarshal(first, &b.Header); err != nil || b.Header.Format < 1 {
		return errForeign
	}
	if b.Header.Format > Format {
		return fmt.Errorf("it was made by a newer notesd (%s): it has format %d, and this program reads formats up to %d",
			b.Header.Version, b.Header.Format, Format)
	}
	return nil
}

// Records returns the records in the order in which [store.Dumper] gives them.
// Whether they are all of them and as they were written is known at the end: the
// last thing given is an error if not. The sequence can be gone through once.
func (b *Reader) Records() iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for {
			l, err := b.record()
			if err == nil && l.Manifest != nil {
				if err = b.finish(*l.Manifest); err == nil {
					return
				}
			}
			if err != nil {
				yield(store.Record{}, fmt.Errorf("backup: %w", err))
				return
			}
			if !yield(l.Record, nil) {
				return
			}
		}
	}
}

// record reads a line that is a record, or the manifest.
func (b *Reader) record() (line, error) {
	raw, err := b.next()
	if err != nil {
		return line{}, err
	}
	var l line
	if err := json.Unmarshal(raw, &l, json.RejectUnknownMembers(true)); err != nil {
		return line{}, fmt.Errorf("line %d: %w", b.line, err)
	}
	if l.Manifest != nil && l.Record == (store.Record{}) {
		return l, nil
	}
	b.sum.Write(raw)
	if err := b.rules.add(l.Record); err != nil {
		return line{}, fmt.Errorf("line %d: %w", b.line, err)
	}
	return line{Record: l.Record}, nil
}

// next returns the next line, which is good until the one after it.
func (b *Reader) next() ([]byte, error) {
	b.line++
	if b.lines.Scan() {
		return b.lines.Bytes(), nil
	}
	err := b.lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d is longer than %d bytes", b.line, MaxLine)
	}
	return nil, explain(cmp.Or(err, io.ErrUnexpectedEOF))
}

// finish compares the manifest with what was read, and wants nothing behind it.
func (b *Reader) finish(m Manifest) error {
	var sum digest
	b.sum.Sum(sum[:0])
	if sum != m.SHA256 || b.rules.counts != m.Counts {
		return errors.New("it was altered: its contents are not those that its manifest sums up")
	}
	if b.lines.Scan() {
		return errors.New("there is something behind the manifest")
	}
	if err := b.lines.Err(); err != nil {
		return explain(err)
	}
	if _, err := b.file.ReadByte(); err == nil {
		return errors.New("there is something behind the end")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	b.Manifest = m
	return nil
}

// Check reads a whole backup and returns what its first and last line say.
func Check(r io.Reader) (Header, Manifest, error) {
	b, err := NewReader(r)
	if err != nil {
		return Header{}, Manifest{}, err
	}
	for _, err := range b.Records() {
		if err != nil {
			return Header{}, Manifest{}, err
		}
	}
	return b.Header, b.Manifest, nil
}

// wholeLine is a [bufio.SplitFunc] for lines with their ends, which the last one
// must have too.
func wholeLine(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

var errForeign = errors.New("it is no backup of notesd")

// explain says what an error of reading means for the file.
func explain(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	switch {
	case errors.Is(err, gzip.ErrHeader):
		return errForeign
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends too early: it was not written, or not copied, to the end")
	case errors.Is(err, gzip.ErrChecksum), corrupt:
		return errors.New("it was altered: what is compressed in it does not come out whole")
	}
	return err
}
