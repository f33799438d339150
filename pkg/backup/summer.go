package backup

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"

	"github.com/notesd/notesd/pkg/store"
)

// Summer sums up records that come one by one, in the order of a dump. Of
// them it remembers the ids of the users alone.
type Summer struct {
	sum   hash.Hash
	rules rules
}

// NewSummer returns one that has summed up nothing.
func NewSummer() *Summer { return &Summer{sum: sha256.New()} }

// Line writes the line of a record in a backup to b. Records with the same line
// are equal.
func Line(b *bytes.Buffer, r store.Record) error {
	if err := writeLine(b, r); err != nil {
		return fmt.Errorf("backup: write: %w", err)
	}
	return nil
}

// Add adds a record, whose line is given, and refuses what Write would.
func (s *Summer) Add(r store.Record, line []byte) error {
	if err := s.rules.add(r); err != nil {
		return fmt.Errorf("backup: what the store gave cannot be kept: %w", err)
	}
	s.sum.Write(line)
	return nil
}

// Sum returns the counts of what was added, and the digest of its lines.
func (s *Summer) Sum() Manifest {
	m := Manifest{Counts: s.rules.counts}
	s.sum.Sum(m.SHA256[:0])
	return m
}
