package store

// Versioned is what an engine offers beside [Store] when no other process writes
// to its notes, as with a SQLite file, which one server locks. It lets the
// server keep lists that it has read and encoded.
type Versioned interface {
	// NotesVersion returns a number that is another one once a write to the
	// owner's notes has been answered. A list read after the number was asked
	// for is right as long as the number is still the same. It takes no look at
	// the database.
	NotesVersion(owner string) uint64
}
