package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// transcript keeps what a program writes, in a form that a note can hold: text
// as it is, and other bytes escaped. Of what is longer than its limit it keeps
// the beginning and the end. Its streams may be written at once.
type transcript struct {
	mu    sync.Mutex
	limit int
	head  strings.Builder
	tail  []byte // the last bytes after the head, at most twice as many as are kept
	total int    // bytes of text, kept or not
}

// stream is one of the program's streams, whose characters may come in pieces.
type stream struct {
	t     *transcript
	begun []byte // of a character
}

func (s *stream) Write(p []byte) (int, error) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	data := append(s.begun, p...)
	whole := wholeRunes(data)
	s.t.add(keepable(data[:whole]))
	s.begun = append([]byte(nil), data[whole:]...)
	return len(p), nil
}

// close adds a character that was begun, and had no end.
func (s *stream) close() {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.t.add(keepable(s.begun))
	s.begun = nil
}

// wholeRunes is how much of p there is without what may go on at its end: a
// character, a Windows line end, a colour.
func wholeRunes(p []byte) int {
	if i := bytes.LastIndexByte(p, escapeByte); i >= 0 && len(p)-i < maxColor && len(bytes.Trim(p[i+1:], "[0123456789;:")) == 0 {
		return i
	}
	if n := len(p); n > 0 && p[n-1] == '\r' {
		return n - 1
	}
	for i := len(p) - 1; i >= 0 && i >= len(p)-utf8.UTFMax; i-- {
		if utf8.RuneStart(p[i]) && !utf8.FullRune(p[i:]) {
			return i
		}
	}
	return len(p)
}

const (
	escapeByte = 0x1b
	maxColor   = 32 // bytes of the longest one that is waited for
)

// keepable is the text of what a program wrote. Line ends become line feeds, and
// so does the carriage return by which a progress bar begins its line anew.
// Colours are left out; other control characters and what is no text are escaped,
// as \x1b.
func keepable(p []byte) string {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(stripColors(string(p)))
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		control := r < ' ' && r != '\n' && r != '\t' || r == 0x7f
		if control || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, text[i])
		} else {
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// stripColors takes the colours and styles (SGR) out of a text.
func stripColors(text string) string {
	begin := strings.Index(text, "\x1b[")
	if begin < 0 {
		return text
	}
	var b strings.Builder
	for ; begin >= 0; begin = strings.Index(text, "\x1b[") {
		rest := strings.TrimLeft(text[begin+2:], "0123456789;:")
		if after, ok := strings.CutPrefix(rest, "m"); ok && len(text)-begin-len(after) <= maxColor {
			b.WriteString(text[:begin])
			text = after
			continue
		}
		b.WriteString(text[:begin+2])
		text = text[begin+2:]
	}
	return b.String() + text
}

func (t *transcript) add(text string) {
	t.total += len(text)
	if room := t.limit/2 - t.head.Len(); room > 0 && len(t.tail) == 0 {
		part := text
		if len(part) > room {
			part = cutText(part, room)
		}
		t.head.WriteString(part)
		text = text[len(part):]
	}
	t.tail = append(t.tail, text...)
	if most := t.limit / 2; len(t.tail) > 2*most {
		t.tail = append(t.tail[:0], t.tail[len(t.tail)-most:]...)
	}
}

// writeTo writes what was kept, and in between how much was not.
func (t *transcript) writeTo(w io.StringWriter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tail := t.tail[max(len(t.tail)-t.limit/2, 0):]
	if t.head.Len()+len(tail) < t.total {
		for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
			tail = tail[1:]
		}
	}
	_, _ = w.WriteString(t.head.String())
	if out := t.total - t.head.Len() - len(tail); out > 0 {
		_, _ = w.WriteString(fmt.Sprintf("\n[… %d bytes are left out …]\n", out))
	}
	_, _ = w.WriteString(string(tail))
}
