package foreign

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Evernote's own elements.
const (
	enTodo  = "en-todo"  // a box to tick
	enMedia = "en-media" // where an attachment is shown
	enCrypt = "en-crypt" // an encrypted passage
)

// tidy brings what is Evernote's into the form that HTML has for it, and takes out
// what cannot be shown.
func (r *reader) tidy(name string, n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch style := attr(c, "style"); {
		case c.Data == enTodo || c.Data == enMedia || c.Data == enCrypt:
			if c.Data == enCrypt {
				r.leave("encrypted passages", name)
				removeChildren(c)
			}
			// HTML knows no empty element of these names: what follows is in it.
			for inner := c.LastChild; inner != nil; inner = c.LastChild {
				c.RemoveChild(inner)
				n.InsertBefore(inner, c.NextSibling)
			}
			next = c.NextSibling
			if c.Data != enTodo {
				n.RemoveChild(c)
			}
		case strings.Contains(style, "en-codeblock:true"):
			code := &html.Node{Type: html.ElementNode, Data: "pre", DataAtom: atom.Pre}
			code.AppendChild(&html.Node{Type: html.TextNode, Data: strings.TrimSpace(codeOf(c))})
			n.InsertBefore(code, c)
			n.RemoveChild(c)
		case c.DataAtom == atom.Li && strings.Contains(attr(n, "style"), "en-todo:true"):
			box := &html.Node{Type: html.ElementNode, Data: enTodo}
			if strings.Contains(style, "en-checked:true") {
				box.Attr = []html.Attribute{{Key: "checked", Val: "true"}}
			}
			first := c
			for first.FirstChild != nil && first.FirstChild.DataAtom == atom.Div {
				first = first.FirstChild
			}
			first.InsertBefore(box, first.FirstChild)
			r.tidy(name, c)
		default:
			r.tidy(name, c)
		}
		c = next
	}
}

// codeOf is the text of a block of code, a line for each of its divisions.
func codeOf(n *html.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.DataAtom == atom.Br:
			b.WriteByte('\n')
		default:
			b.WriteString(codeOf(c))
		}
	}
	if n.DataAtom == atom.Div && !strings.HasSuffix(b.String(), "\n") {
		b.WriteByte('\n')
	}
	return b.String()
}

// joinLines makes paragraphs of the lines that Evernote has: each is a division of
// its own, and an empty line is one with a break alone. Lines that begin with a
// box become a list.
func joinLines(n *html.Node) {
	var group *html.Node // that the next line belongs to
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case c.Type == html.TextNode && strings.TrimSpace(c.Data) == "":
		case c.DataAtom != atom.Div || !inlineOnly(c):
			group = nil
			joinLines(c)
		case isBlank(c):
			group = nil
			n.RemoveChild(c)
		default:
			group = addLine(n, c, group)
		}
		c = next
	}
}

// addLine moves the content of a line into the group before it, or into a new one,
// which it returns.
func addLine(parent, line, group *html.Node) *html.Node {
	kind := atom.P
	into := group
	if first := firstContent(line); first != nil && first.Data == enTodo && parent.DataAtom != atom.Li {
		kind = atom.Ul
	}
	if group == nil || group.DataAtom != kind {
		group = &html.Node{Type: html.ElementNode, Data: kind.String(), DataAtom: kind}
		parent.InsertBefore(group, line)
		into = group
	} else if kind == atom.P {
		group.AppendChild(&html.Node{Type: html.ElementNode, Data: "br", DataAtom: atom.Br})
	}
	if kind == atom.Ul {
		into = &html.Node{Type: html.ElementNode, Data: "li", DataAtom: atom.Li}
		group.AppendChild(into)
	}
	for c := line.FirstChild; c != nil; c = line.FirstChild {
		line.RemoveChild(c)
		into.AppendChild(c)
	}
	parent.RemoveChild(line)
	return group
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func removeChildren(n *html.Node) {
	for n.FirstChild != nil {
		n.RemoveChild(n.FirstChild)
	}
}

// firstContent is the first node that is more than white space.
func firstContent(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.TextNode || strings.TrimSpace(c.Data) != "" {
			return c
		}
	}
	return nil
}

// isBlank reports whether there is nothing but breaks and white space.
func isBlank(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" || c.Type == html.ElementNode && c.DataAtom != atom.Br && (c.FirstChild == nil || !isBlank(c)) {
			return false
		}
	}
	return true
}

// inlineOnly reports whether there is no block in n.
func inlineOnly(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.DataAtom {
		case atom.Div, atom.P, atom.Ul, atom.Ol, atom.Table, atom.Pre, atom.Blockquote, atom.Hr,
			atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			return false
		}
		if !inlineOnly(c) {
			return false
		}
	}
	return true
}
