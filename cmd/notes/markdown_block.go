package main

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// mdRenderer writes the blocks of one document, line by line. Each line begins
// with prefix: the bars and the indentation of the blocks it is in.
type mdRenderer struct {
	out    *bufio.Writer
	source []byte
	width  int
	color  bool

	prefix      string
	prefixWidth int
	lead        *string // in place of prefix on the next line: it has the bullet
}

// minTextWidth is what deep nesting leaves for text, however narrow the
// terminal.
const minTextWidth = 20

// textWidth is how many columns the prefix leaves.
func (r *mdRenderer) textWidth() int { return max(r.width-r.prefixWidth, minTextWidth) }

// blocks writes the children of parent, with empty lines between them unless
// they are parts of a tight list.
func (r *mdRenderer) blocks(parent ast.Node, tight bool) {
	written := false
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if n.Kind() == ast.KindLinkReferenceDefinition {
			continue
		}
		if written && !tight {
			r.writeLine("")
		}
		r.block(n)
		written = true
	}
}

func (r *mdRenderer) block(n ast.Node) {
	switch n := n.(type) {
	case *ast.Heading:
		w := r.newWrapper()
		w.add(strings.Repeat("#", n.Level)+" ", bold)
		r.inline(w, n, bold)
		r.writeLines(w.finish())
	case *ast.Paragraph, *ast.TextBlock:
		w := r.newWrapper()
		r.inline(w, n, plain)
		r.writeLines(w.finish())
	case *ast.Blockquote:
		bar := r.paint(dim, "│") + " "
		r.nested(bar, bar, 2, func() { r.blocks(n, false) })
	case *ast.List:
		r.list(n)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		r.nested("    ", "    ", 4, func() { r.verbatim(n.Lines(), cyan) })
	case *ast.HTMLBlock:
		r.verbatim(n.Lines(), dim)
		if n.HasClosure() {
			r.verbatimLine(n.ClosureLine, dim)
		}
	case *ast.ThematicBreak:
		r.writeLine(r.paint(dim, strings.Repeat("─", r.textWidth())))
	case *east.Table:
		r.table(n)
	}
}

// list writes a list. A task's box takes the place of its bullet.
func (r *mdRenderer) list(list *ast.List) {
	number := list.Start
	for n := list.FirstChild(); n != nil; n = n.NextSibling() {
		if n != list.FirstChild() && !list.IsTight {
			r.writeLine("")
		}
		marker := "• "
		if list.IsOrdered() {
			marker = strconv.Itoa(number) + string(list.Marker) + " "
			number++
		}
		if box, ok := taskBox(n); ok {
			marker = box
		}
		width := displayWidth(marker)
		r.nested(marker, strings.Repeat(" ", width), width, func() { r.blocks(n, list.IsTight) })
	}
}

// taskBox returns what marks a list item that is a task.
func taskBox(item ast.Node) (string, bool) {
	if item.FirstChild() == nil {
		return "", false
	}
	box, ok := item.FirstChild().FirstChild().(*east.TaskCheckBox)
	switch {
	case !ok:
		return "", false
	case box.IsChecked:
		return "[x] ", true
	}
	return "[ ] ", true
}

// nested writes what body writes behind a prefix of this width, which is first
// on the first line and rest on the others.
func (r *mdRenderer) nested(first, rest string, width int, body func()) {
	prefix, prefixWidth := r.prefix, r.prefixWidth
	lead := r.linePrefix() + first
	r.lead = &lead
	r.prefix += rest
	r.prefixWidth += width
	body()
	if r.lead != nil {
		r.writeLine("")
	}
	r.prefix, r.prefixWidth = prefix, prefixWidth
}

// verbatim writes lines as they are.
func (r *mdRenderer) verbatim(lines *text.Segments, st style) {
	for i := range lines.Len() {
		r.verbatimLine(lines.At(i), st)
	}
}

func (r *mdRenderer) verbatimLine(line text.Segment, st style) {
	value := bytes.TrimRight(line.Value(r.source), "\r\n")
	r.writeLine(r.paint(st, sanitizeLine(expandTabs(string(value)))))
}

// expandTabs puts spaces in the place of tabs: behind a prefix they would not
// reach as far as they did in the source.
func expandTabs(line string) string {
	const stop = 4
	cells := strings.Split(line, "\t")
	for i, c := range cells[:len(cells)-1] {
		cells[i] = c + strings.Repeat(" ", stop-displayWidth(c)%stop)
	}
	return strings.Join(cells, "")
}

func (r *mdRenderer) newWrapper() *wrapper { return &wrapper{width: r.textWidth(), color: r.color} }

func (r *mdRenderer) writeLines(lines []wrappedLine) {
	for _, l := range lines {
		r.writeLine(l.text)
	}
}

// writeLine writes one line behind its prefix. An error comes back when out is
// flushed.
func (r *mdRenderer) writeLine(line string) {
	line = r.linePrefix() + line
	_, _ = r.out.WriteString(strings.TrimRight(line, " ") + "\n")
}

// linePrefix returns what the next line begins with.
func (r *mdRenderer) linePrefix() string {
	if r.lead == nil {
		return r.prefix
	}
	lead := *r.lead
	r.lead = nil
	return lead
}

func (r *mdRenderer) paint(st style, s string) string {
	if !r.color || s == "" {
		return s
	}
	return st.start() + s + resetStyle
}
