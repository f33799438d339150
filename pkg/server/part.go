package server

import (
	"bytes"
	"context"
	"errors"

	"github.com/go-json-experiment/json"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

const (
	// partChanges are read at a time, about 16 KiB of them.
	partChanges = 32
	// partBytes bounds what a stream holds while its reader takes nothing, beside
	// the buffers of its connection. The longest change there can be is shorter.
	partBytes = 16 << 10
)

// part is a piece of the feed of one owner as it goes out to his streams.
type part struct {
	after store.Position // what it follows
	news  int            // of its owner, when it was begun to be read

	done    chan struct{} // closed when what is below is there
	text    []byte        // of events; nobody changes it
	changes int           // in it
	end     store.Position
	more    bool // there is more behind it already
	err     error
}

func newPart(after store.Position, news int) *part {
	return &part{after: after, news: news, done: make(chan struct{})}
}

// serves reports whether a stream that is there, with so much news, may have this
// part: it has brought something, or there was no news since it was begun to be
// read.
func (p *part) serves(after store.Position, news int) bool {
	if p.after != after {
		return false
	}
	select {
	case <-p.done:
		return p.err == nil && (p.news == news || p.end != after)
	default:
		return p.news == news
	}
}

// read fills the part. Without a place to follow, it greets.
func (p *part) read(ctx context.Context, feed store.Feed, owner string) {
	p.err = errors.New("reading the feed panicked") // for the others, unless it ends as it should
	defer close(p.done)
	p.err = p.fill(ctx, feed, owner)
}

func (p *part) fill(ctx context.Context, feed store.Feed, owner string) error {
	c, err := feed.ListChanges(ctx, owner, store.ChangesQuery{After: p.after, Limit: partChanges, MaxBytes: partBytes, Summary: true})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if p.after == (store.Position{}) {
		err = writeEvent(&b, api.EventHello, c.End, api.Hello{Cursor: positionText(c.End)})
	}
	at := p.after
	for i, n := range c.Notes {
		whole := b.Len()
		id := store.Position{Epoch: c.End.Epoch, Seq: c.Seqs[i]}
		err = errors.Join(err, writeEvent(&b, api.EventChange, id, liveChange(n)))
		if i > 0 && b.Len() > partBytes {
			b.Truncate(whole)
			c.End, c.More = at, true
			break
		}
		at = id
		p.changes++
	}
	p.text = bytes.Clone(b.Bytes()) // without the room that the buffer has left
	p.end, p.more = c.End, c.More
	return err
}

func liveChange(n store.Note) api.LiveChange {
	v := api.LiveChange{ChangeMeta: changeMeta(n)}
	if n.PurgedAt == nil {
		v.Note = &api.Summary{NoteMeta: shown(n).NoteMeta, Excerpt: n.Excerpt}
	}
	return v
}

// writeEvent writes an event, whose id is the cursor behind it. JSON has no line
// breaks that would need care.
func writeEvent(b *bytes.Buffer, name string, id store.Position, data any) error {
	b.WriteString("event: " + name + "\nid: " + positionText(id) + "\ndata: ")
	if err := json.MarshalWrite(b, data); err != nil {
		return err
	}
	b.WriteString("\n\n")
	return nil
}
