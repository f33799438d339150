package main

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// inline adds the text of a block to w. It goes from node to node in a loop,
// since emphasis may nest as deep as a line is long.
func (r *mdRenderer) inline(w *wrapper, block ast.Node, base style) {
	styles := []style{base}
	n := block.FirstChild()
	for n != nil {
		st := styles[len(styles)-1]
		if r.enter(w, n, st) && n.HasChildren() {
			styles = append(styles, st.and(r.styleOf(n)))
			n = n.FirstChild()
			continue
		}
		r.leave(w, n, st)
		for n.NextSibling() == nil {
			if n = n.Parent(); n == block {
				return
			}
			styles = styles[:len(styles)-1]
			r.leave(w, n, styles[len(styles)-1])
		}
		n = n.NextSibling()
	}
}

// styleOf returns what a span adds to the style around it.
func (r *mdRenderer) styleOf(n ast.Node) style {
	switch n := n.(type) {
	case *ast.Emphasis:
		if n.Level == 1 {
			return italic
		}
		return bold
	case *east.Strikethrough:
		return strike
	case *ast.Link:
		return underline
	}
	return plain
}

// enter adds what stands at the beginning of n, and reports whether to go on
// with its children.
func (r *mdRenderer) enter(w *wrapper, n ast.Node, st style) bool {
	switch n := n.(type) {
	case *ast.Text:
		value := n.Segment.Value(r.source)
		if !n.IsRaw() {
			value = unescape(value)
		}
		w.add(inlineText(value), st)
		switch {
		case n.HardLineBreak():
			w.hardBreak()
		case n.SoftLineBreak():
			w.add(" ", st)
		}
	case *ast.CodeSpan:
		r.codeSpan(w, n, st)
		return false
	case *ast.AutoLink:
		w.add(inlineText(n.Label(r.source)), st.and(underline))
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			segment := n.Segments.At(i)
			w.add(inlineText(segment.Value(r.source)), st.and(dim))
		}
	case *ast.Image:
		w.add("[image: ", st)
	default:
		w.add(r.mark(n), st)
	}
	return true
}

// leave adds what stands at the end of n.
func (r *mdRenderer) leave(w *wrapper, n ast.Node, st style) {
	switch n := n.(type) {
	case *ast.Link:
		if !r.isOwnURL(n) {
			w.add(" ("+inlineText(n.Destination)+")", st.and(dim))
		}
	case *ast.Image:
		w.add("]("+inlineText(n.Destination)+")", st)
	default:
		w.add(r.mark(n), st)
	}
}

// mark is what shows emphasis where there is no colour.
func (r *mdRenderer) mark(n ast.Node) string {
	if r.color {
		return ""
	}
	switch n := n.(type) {
	case *ast.Emphasis:
		return strings.Repeat("*", n.Level)
	case *east.Strikethrough:
		return "~~"
	case *ast.CodeSpan:
		return "`"
	}
	return ""
}

// isOwnURL reports whether the text of a link is its address.
func (r *mdRenderer) isOwnURL(n *ast.Link) bool {
	t, ok := n.FirstChild().(*ast.Text)
	return ok && n.ChildCount() == 1 && bytes.Equal(t.Segment.Value(r.source), n.Destination)
}

func (r *mdRenderer) codeSpan(w *wrapper, n *ast.CodeSpan, st style) {
	var code []byte
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			code = append(code, t.Segment.Value(r.source)...)
		}
	}
	if isInTable(n) {
		code = bytes.ReplaceAll(code, []byte(`\|`), []byte{'|'})
	}
	w.add(r.mark(n)+inlineText(code), st.and(cyan))
}

func isInTable(n ast.Node) bool {
	for n = n.Parent(); n != nil && n.Type() == ast.TypeInline; {
		n = n.Parent()
	}
	_, ok := n.(*east.TableCell)
	return ok
}

// inlineText makes text fit to show on a line: white space is a space, and
// nothing controls the terminal.
func inlineText(text []byte) string {
	return sanitizeLine(whiteSpace.Replace(string(text)))
}

var whiteSpace = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")

// unescape resolves backslash escapes and character references.
func unescape(text []byte) []byte {
	if !bytes.ContainsAny(text, `\&`) {
		return text
	}
	var out []byte
	start := 0 // of what is not resolved yet: it holds one reference at most
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '&':
			out = append(out, resolve(text[start:i])...)
			start = i
		case text[i] == '\\' && i+1 < len(text) && util.IsPunct(text[i+1]):
			out = append(out, resolve(text[start:i])...)
			out = append(out, text[i+1])
			i++
			start = i + 1
		}
	}
	return append(out, resolve(text[start:])...)
}

// resolve puts the character in the place of the reference that text begins
// with.
func resolve(text []byte) []byte {
	if bytes.HasPrefix(text, []byte("&#")) {
		return util.ResolveNumericReferences(text)
	}
	return util.ResolveEntityNames(text)
}
