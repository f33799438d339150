package server

import (
	"fmt"
	"testing"

	"github.com/notesd/notesd/pkg/store"
)

// TestUnknownNamesShareCounters: the names that a guesser can think of have no
// end, the rows that the store keeps of them do.
func TestUnknownNamesShareCounters(t *testing.T) {
	t.Parallel()
	one, other := throttle{keys: holdKey([]byte("one"))}, throttle{keys: holdKey([]byte("other"))}
	keys, same := map[string]bool{}, 0
	const names = 300_000
	for i := range names {
		name := fmt.Sprint("nobody", i)
		key := one.accountKey(store.User{}, name)
		keys[key] = true
		if key == other.accountKey(store.User{}, name) {
			same++
		}
	}
	if len(keys) > 1<<16 || len(keys) < 60_000 {
		t.Errorf("%d names have %d counters", names, len(keys))
	}
	if same > 100 { // about 5 by chance
		t.Errorf("%d names have the same counter under another key: who knew which could tell names by them", same)
	}
}
