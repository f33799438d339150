package api

// Match says where a search found a note. Ranges are of characters: Unicode code
// points, which is what []rune has in Go and Array.from in JavaScript. They are
// in order and apart.
type Match struct {
	// Excerpt is the part of the body where the first word was found, in the form
	// of [Excerpt]: one line of 160 characters at most, and an ellipsis where it
	// does not begin or end with a line. Where the body has none of the words, it
	// is the body's beginning.
	Excerpt string  `json:"excerpt"`
	Ranges  []Range `json:"ranges"` // of Excerpt: the words that were found
	Title   []Range `json:"title"`  // likewise of the note's title
}

// Range is the characters from the first number on, counted from 0, that stand
// before the second.
type Range [2]int
