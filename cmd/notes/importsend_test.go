package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

// batchesOf gives a batch for each of these lists of ids.
func batchesOf(lists ...string) <-chan *importBatch {
	batches := make(chan *importBatch, len(lists))
	defer close(batches)
	for _, ids := range lists {
		b := newImportBatch()
		for id := range strings.FieldsSeq(ids) {
			b.add(exchange.Item{Line: fmt.Appendf(nil, `{"title":"T","id":%q}`, id)})
		}
		batches <- b
	}
	return batches
}

// TestSendBatches: a batch is sent while the one before it has no answer yet, and
// there are never more than two.
func TestSendBatches(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var begun, now atomic.Int32
	second := make(chan struct{})
	sent := sendBatches(ctx, batchesOf("a b", "c", "d", "e"), func([]byte) (api.ImportResult, error) {
		if now.Add(1) > 2 {
			t.Error("more than two at once")
		}
		defer now.Add(-1)
		if begun.Add(1) == 2 {
			close(second)
		}
		select {
		case <-second: // the first one has no answer before that
			return api.ImportResult{Added: 1}, nil
		case <-ctx.Done():
			return api.ImportResult{}, ctx.Err()
		}
	})
	var order []string
	for b := range sent {
		<-b.answered
		for id := range b.ids {
			order = append(order, id)
		}
		if b.err != nil || b.got.Added != 1 {
			t.Errorf("%+v, %v", b.got, b.err)
		}
	}
	if len(order) != 5 || !slices.Equal(order[2:], []string{"c", "d", "e"}) {
		t.Errorf("in the order %q", order)
	}
}

// TestSendBatchesTwice: a note that is in two batches is not sent again before
// there is an answer about the first.
func TestSendBatchesTwice(t *testing.T) {
	t.Parallel()
	var now, done atomic.Int32
	for b := range sendBatches(t.Context(), batchesOf("a b", "c b", "b d", "b"), func([]byte) (api.ImportResult, error) {
		if now.Add(1) > 1 {
			t.Error("two batches with one note are on the way at once")
		}
		defer now.Add(-1)
		done.Add(1)
		return api.ImportResult{}, nil
	}) {
		<-b.answered
	}
	if done.Load() != 4 {
		t.Errorf("%d batches were sent", done.Load())
	}
}

// TestSendBatchesEnds: with its context, and not before what is on the way.
func TestSendBatchesEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	first := newImportBatch()
	first.add(exchange.Item{Line: []byte("x")})
	batches := make(chan *importBatch, 1)
	batches <- first
	for b := range sendBatches(ctx, batches, func([]byte) (api.ImportResult, error) {
		cancel()
		<-ctx.Done()
		return api.ImportResult{}, ctx.Err()
	}) {
		if <-b.answered; !errors.Is(b.err, context.Canceled) {
			t.Errorf("error %v", b.err)
		}
	}
}
