package main

import (
	"bytes"
	"context"

	"github.com/go-json-experiment/json"

	"github.com/notesd/notesd/pkg/exchange"
)

const (
	// batchNotes and batchBytes end a batch: the server writes so many notes with
	// one wait for its disk, has two batches in its memory, and takes up to 8 MiB,
	// which one note alone may have.
	batchNotes = 750
	batchBytes = 1 << 20
)

// importBatch is what is sent to the server at once.
type importBatch struct {
	lines    []byte          // NDJSON
	places   []string        // of each line
	ids      map[string]bool // of the notes, where they are known
	part     float64         // as [exchange.Item] has it, of the last one
	failed   []importFailure
	warnings []importFailure
}

// importFailure is what is to be told of one place.
type importFailure struct {
	Place  string `json:"place"`
	Detail string `json:"detail"`
}

func newImportBatch() *importBatch { return &importBatch{ids: make(map[string]bool, batchNotes)} }

// add takes one item.
func (b *importBatch) add(item exchange.Item) {
	b.part = item.Part
	for _, w := range item.Warnings {
		b.warnings = append(b.warnings, importFailure{item.Place, w})
	}
	line, id, err := item.Line, item.Note.ID, item.Err
	switch {
	case err != nil:
	case id != "":
		line, err = exchange.Line(item.Note)
	default:
		id = idOf(line)
	}
	if err != nil {
		b.failed = append(b.failed, importFailure{item.Place, err.Error()})
		return
	}
	if len(bytes.TrimSpace(line)) > 0 {
		b.lines = append(append(b.lines, line...), '\n')
		b.places = append(b.places, item.Place)
		b.ids[id] = true
	}
}

// idOf returns the id of a note that is a line of NDJSON.
func idOf(line []byte) string {
	var n struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(line, &n) // what is no note the server refuses
	return n.ID
}

// shares reports whether a note is in both.
func (b *importBatch) shares(other *importBatch) bool {
	for id := range other.ids {
		if b.ids[id] {
			return true
		}
	}
	return false
}

func (b *importBatch) full() bool {
	return len(b.lines) >= batchBytes || len(b.places)+len(b.failed)+len(b.warnings) >= batchNotes
}

// importBatches reads a source ahead of whoever takes its batches, by one. What
// ends the reading is sent when all before it are taken; then the channel is
// closed. A read that blocks is left behind when ctx ends.
func importBatches(ctx context.Context, f exchange.Format, in exchange.Input) (<-chan *importBatch, <-chan error) {
	batches, ended := make(chan *importBatch, 1), make(chan error, 1)
	go func() {
		defer close(batches)
		b := newImportBatch()
		send := func() bool {
			select {
			case batches <- b:
				b = newImportBatch()
				return true
			case <-ctx.Done():
				return false
			}
		}
		for item, err := range f.Read(in) {
			if err != nil {
				ended <- err
				break
			}
			if b.add(item); b.full() && !send() {
				return
			}
		}
		send()
	}()
	return batches, ended
}
