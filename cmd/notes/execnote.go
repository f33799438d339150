package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/notesd/notesd/pkg/api"
)

// execution is a command that was run.
type execution struct {
	words  []string
	began  time.Time
	took   time.Duration
	code   int
	output transcript
}

// maxOutput leaves room in a note for what is said of the output.
const maxOutput = api.MaxBody - 64<<10

// maxCommand is how much of a command line the note tells.
const maxCommand = 16 << 10

// command is the command line as one would type it.
func (e *execution) command() string {
	words := make([]string, len(e.words))
	for i, w := range e.words {
		words[i] = quoteArg(w)
	}
	line := keepable([]byte(strings.Join(words, " ")))
	if len(line) > maxCommand {
		line = cutText(line, maxCommand) + " …"
	}
	return line
}

func (e *execution) title() string {
	title, _, _ := strings.Cut(e.command(), "\n")
	failed := ""
	if e.code != exitDone {
		failed = fmt.Sprintf(" (exit code %d)", e.code)
	}
	if most := api.MaxTitle - len(failed); len(title) > most {
		title = cutText(title, most)
	}
	return title + failed
}

// text is the note: what there is to know of the command, and its output.
func (e *execution) text() string {
	folder, err := os.Getwd()
	if err != nil {
		folder = "unknown"
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	var output strings.Builder
	e.output.writeTo(&output)
	var b strings.Builder
	fmt.Fprintf(&b, "- exit code: %d\n- began: %s\n- took: %s\n- folder: %s\n- host: %s\n\n",
		e.code, api.TimeOf(e.began), e.took.Round(time.Millisecond), keepable([]byte(folder)), host)
	writeFenced(&b, "sh", e.command())
	if output.Len() > 0 {
		b.WriteString("\n")
		writeFenced(&b, "text", output.String())
	}
	return b.String()
}

// maxFence keeps four fences within what maxOutput leaves.
const maxFence = 4 << 10

// writeFenced writes a Markdown block of code, whose fence is longer than any in
// the text, if that is not too long for a note.
func writeFenced(b *strings.Builder, language, text string) {
	fence := strings.Repeat("`", min(max(longestRun(text, '`')+1, len("```")), maxFence))
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	b.WriteString(fence + language + "\n" + text + fence + "\n")
}

// longestRun is the length of the longest run of one byte.
func longestRun(text string, of byte) int {
	longest, run := 0, 0
	for i := range len(text) {
		if run++; text[i] != of {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
