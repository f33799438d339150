package client

import (
	"bufio"
	"io"
	"iter"
	"strings"
)

// message is one event of a stream, as the server sent it.
type message struct {
	event string
	id    string // empty: it has none
	data  string
}

// maxEvent is far beyond the longest event that a server sends, which holds a note
// without its body.
const maxEvent = 1 << 20

// readEvents yields the events of a text/event-stream (the HTML standard, 9.2.6),
// and an empty message for a comment, so that its caller knows the server is
// there. An error is the last thing it yields. An event that was cut short is not
// given.
func readEvents(r io.Reader) iter.Seq2[message, error] {
	return func(yield func(message, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxEvent)
		var m message
		for lines.Scan() {
			line := lines.Text()
			name, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case line == "":
				if !yield(m, nil) {
					return
				}
				m = message{}
			case name == "":
				if !yield(message{}, nil) {
					return
				}
			case name == "event":
				m.event = value
			case name == "id":
				m.id = value
			case name == "data":
				if len(m.data)+len(value) > maxEvent {
					yield(message{}, bufio.ErrTooLong)
					return
				}
				if m.data != "" {
					m.data += "\n"
				}
				m.data += value
			}
		}
		if err := lines.Err(); err != nil {
			yield(message{}, err)
		}
	}
}
