package search

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/notesd/notesd/pkg/api"
)

const (
	// MaxTokens is how many tokens of a note are kept: those of title and tags,
	// and of the body's beginning. What is behind is not found.
	MaxTokens = 50_000

	// maxToken is how many bytes of an item are kept in a token. Longer words that
	// begin alike are told apart by their text.
	maxToken = 64
)

// What a token says is its first character.
const (
	inNote  = 'a' // the note has this item, or for runs this pair of characters
	inHead  = 't' // the title or a tag has it
	isTitle = 'e' // the title is the items with this digest
)

// Tokens returns what the index of an engine keeps of a note, sorted, none
// twice, at most [MaxTokens]. A token is 2 to 65 bytes of valid UTF-8: small
// letters and digits of ASCII, and characters beyond ASCII that are no spaces.
// It begins with a, e or t: what begins with another letter is free for an engine.
// It means nothing but to [Query].
func Tokens(n *api.Note) []string {
	c := collect(n)
	slices.Sort(c.tokens)
	return c.tokens
}

// sure returns how much of a body has its tokens in the index, whatever it says,
// up to a place where an item ends.
func sure(body string) int {
	// Three bytes make two tokens at most, when a ligature of kana falls apart: that
	// leaves room for the longest title and all tags.
	if len(body) <= MaxTokens {
		return len(body)
	}
	return strings.LastIndexAny(body[:MaxTokens], " \n") + 1
}

// collector gathers the tokens of one note.
type collector struct {
	scanner
	tokens []string
	seen   map[string]struct{}
	arena  strings.Builder // what the tokens are parts of
	token  []byte
}

// collect leaves in end how much of the body there was room for.
func collect(n *api.Note) *collector {
	c := &collector{seen: sets.Get().(map[string]struct{})}
	defer c.forget()
	c.tokens = make([]string, 0, len(n.Body)/8+16)
	if title := c.sequence(n.Title); title != "" {
		c.add(isTitle, digest(title))
	}
	c.gather(n.Title, true)
	for _, t := range n.Tags {
		c.gather(t, true)
	}
	c.end = c.gather(n.Body, false)
	return c
}

// sets are the empty ones of the collectors: in an import, each note would need one.
var sets = sync.Pool{New: func() any { return map[string]struct{}{} }}

// maxSet is how large a set may be to be kept: to clear it takes time, too.
const maxSet = 1000

func (c *collector) forget() {
	if len(c.seen) <= maxSet {
		clear(c.seen)
		sets.Put(c.seen)
	}
	c.seen = nil
}

// gather adds the tokens of a text, and returns the length of that part of it
// which there was room for: an item has all its tokens or none.
func (c *collector) gather(text string, head bool) int {
	for c.reset(text); c.next(); {
		before := len(c.tokens)
		if c.kind == run {
			c.pairs(head)
		} else {
			c.both(cut(c.key), head)
		}
		if len(c.tokens) > MaxTokens {
			c.tokens = c.tokens[:before]
			return c.start
		}
	}
	return len(text)
}

// pairs adds the pairs of characters of a run, and the last one alone, so that
// each character begins a token.
func (c *collector) pairs(head bool) {
	for i := 0; i < len(c.key) && len(c.tokens) <= MaxTokens; {
		_, size := utf8.DecodeRune(c.key[i:])
		_, next := utf8.DecodeRune(c.key[i+size:])
		c.both(c.key[i:i+size+next], head)
		i += size
	}
}

func (c *collector) both(key []byte, head bool) {
	c.add(inNote, key)
	if head {
		c.add(inHead, key)
	}
}

// add adds one token, once. The tokens are parts of few long strings.
func (c *collector) add(space byte, key []byte) {
	c.token = append(append(c.token[:0], space), key...)
	if _, ok := c.seen[string(c.token)]; ok {
		return
	}
	if c.arena.Cap()-c.arena.Len() < len(c.token) {
		c.arena = strings.Builder{}
		c.arena.Grow(4 << 10)
	}
	from := c.arena.Len()
	c.arena.Write(c.token)
	token := c.arena.String()[from:]
	c.seen[token] = struct{}{}
	c.tokens = append(c.tokens, token)
}

// cut returns the beginning of a word that its token keeps.
func cut(key []byte) []byte {
	if len(key) <= maxToken {
		return key
	}
	n := maxToken
	for !utf8.RuneStart(key[n]) {
		n--
	}
	return key[:n]
}

// sequence returns the items of a text, joined by what is in none of them.
func (s *scanner) sequence(text string) string {
	var b strings.Builder
	for s.reset(text); s.next(); {
		b.Write(s.key)
		b.WriteByte(' ')
	}
	return b.String()
}

// digest is short, and another one for each sequence.
func digest(sequence string) []byte {
	sum := sha256.Sum256([]byte(sequence))
	return hex.AppendEncode(nil, sum[:10])
}
