package storetest

// Effort is how large a check is whose cost grows with the square of its size:
// searches among many notes, and writers who wait for each other. What needs its
// size to be able to fail has that size at every effort.
type Effort int

const (
	// Full is for an engine, and large enough for what only comes of size: places
	// that collide, words that share their beginnings, pages, batches and merges.
	Full Effort = 1

	// Fifth is for a stand-in that looks at every note where the engine has an
	// index, and does one command at a time. Each promise is still tried, on a
	// fifth of the notes, queries and writers.
	Fifth Effort = 5
)

// of returns that much of n.
func (e Effort) of(n int) int { return n / int(e) }
