package backup

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"iter"

	"github.com/go-json-experiment/json"

	"github.com/notesd/notesd/pkg/store"
)

// Write writes a backup of the records, which come as [store.Dumper] gives them,
// and returns what its last line says. The header's Format is set here. After an
// error w holds no backup.
func Write(w io.Writer, h Header, records iter.Seq2[store.Record, error]) (Manifest, error) {
	compressed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return Manifest{}, err
	}
	m, err := writeLines(compressed, h, records)
	if err != nil {
		return Manifest{}, err
	}
	if err := compressed.Close(); err != nil {
		return Manifest{}, fmt.Errorf("backup: write: %w", err)
	}
	return m, nil
}

// Sum returns what Write would, and writes nothing: stores that give the same
// sums hold the same.
func Sum(h Header, records iter.Seq2[store.Record, error]) (Manifest, error) {
	return writeLines(io.Discard, h, records)
}

func writeLines(w io.Writer, h Header, records iter.Seq2[store.Record, error]) (Manifest, error) {
	lines := lineWriter{w: w, sum: sha256.New()}
	h.Format = Format
	if err := lines.write(h); err != nil {
		return Manifest{}, fmt.Errorf("backup: write: %w", err)
	}
	var rules rules
	for r, err := range records {
		if err != nil {
			return Manifest{}, err
		}
		if err := rules.add(r); err != nil {
			return Manifest{}, fmt.Errorf("backup: what the store gave cannot be kept: %w", err)
		}
		if err := lines.write(r); err != nil {
			return Manifest{}, fmt.Errorf("backup: write: %w", err)
		}
	}
	m := Manifest{Counts: rules.counts}
	lines.sum.Sum(m.SHA256[:0])
	if err := lines.write(line{Manifest: &m}); err != nil {
		return Manifest{}, fmt.Errorf("backup: write: %w", err)
	}
	return m, nil
}

// lineWriter writes values as lines and sums them up.
type lineWriter struct {
	w      io.Writer
	sum    hash.Hash
	buffer bytes.Buffer
}

func (l *lineWriter) write(v any) error {
	l.buffer.Reset()
	if err := writeLine(&l.buffer, v); err != nil {
		return err
	}
	l.sum.Write(l.buffer.Bytes())
	_, err := l.w.Write(l.buffer.Bytes())
	return err
}

func writeLine(b *bytes.Buffer, v any) error {
	if err := json.MarshalWrite(b, v); err != nil {
		return err
	}
	b.WriteByte('\n')
	if b.Len() > MaxLine {
		return fmt.Errorf("a line of %d bytes", b.Len())
	}
	return nil
}
