package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/notesd/notesd/pkg/store"
)

// counted is a store whose notes never change.
type counted struct{ store.Store }

func (counted) NotesVersion(string) uint64 { return 1 }

func TestPageCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newPageCache(counted{}, time.Now)
	reads := 0
	read := func() (string, []byte, error) { reads++; return "tag", []byte("{}"), nil }
	filler := strings.Repeat("x", pageCacheMaxQuery-20)
	for i := range 30_000 {
		if _, _, err := c.get(pageKey{"ann", fmt.Sprint(i, filler)}, read); err != nil {
			t.Fatal(err)
		}
	}
	total := 0
	for key, page := range c.pages {
		total += key.cost(page)
	}
	if c.bytes != total || total > pageCacheBytes {
		t.Errorf("%d bytes are counted, %d are kept, %d allowed", c.bytes, total, pageCacheBytes)
	}
	reads = 0
	for range 3 {
		_, _, _ = c.get(pageKey{"ann", "short"}, read)
		_, _, _ = c.get(pageKey{"ann", strings.Repeat("x", pageCacheMaxQuery+1)}, read)
	}
	if reads != 1+3 {
		t.Errorf("%d reads: a page is read once, one of a long query each time", reads)
	}
}
