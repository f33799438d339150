package main

import (
	"context"

	"github.com/notesd/notesd/pkg/api"
)

// sentBatch is a batch that is on its way, or back. Its other fields count when
// answered is closed.
type sentBatch struct {
	*importBatch
	answered chan struct{}
	got      api.ImportResult
	err      error
}

// sendBatches sends what comes of batches, and begins with one while the answer
// to the one before it is still to come: the server reads and takes apart the one
// while it writes the other. A note that is in both it does not send before that
// answer, so that the first is the first there, too.
//
// What it gives is in the order of the source, and to be taken until it is closed,
// soon after ctx ends.
func sendBatches(ctx context.Context, batches <-chan *importBatch, send func(lines []byte) (api.ImportResult, error)) <-chan *sentBatch {
	sent := make(chan *sentBatch) // whoever waits for one leaves room for one more
	go func() {
		defer close(sent)
		var before *sentBatch
		for {
			b := &sentBatch{answered: make(chan struct{})}
			var more bool
			select {
			case b.importBatch, more = <-batches:
			case <-ctx.Done():
			}
			if !more {
				return
			}
			if before != nil && before.shares(b.importBatch) {
				<-before.answered
			}
			go func() {
				defer close(b.answered)
				if len(b.lines) > 0 {
					b.got, b.err = send(b.lines)
				}
			}()
			sent <- b
			before = b
		}
	}()
	return sent
}
