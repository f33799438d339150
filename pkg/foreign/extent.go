package foreign

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/exchange"
)

const (
	// maxExtent is what HTML may come to, as it is reckoned here. That is never
	// much more than it really is.
	maxExtent = 2 * api.MaxBody
	// maxNesting is how many quotations and lists may be within each other.
	maxNesting = 100
	// maxSteps is how many characters the converter may look at for the ends of
	// brackets. That takes about a second.
	maxSteps = 1 << 30
)

var (
	errNesting  = errors.New("it has more than " + strconv.Itoa(maxNesting) + " quotations or lists within each other")
	errBrackets = errors.New("it has too many brackets that nothing closes")
)

// fits refuses what comes to more than a note can hold, before it takes the memory
// and the time: in Markdown a line has a mark of each quotation around it, and a
// table has each cell as wide as its column, and those that a span takes.
func fits(doc *html.Node) error {
	e := extent{}
	e.add(doc, 0)
	if e.nesting > maxNesting {
		return errNesting
	}
	if e.steps > maxSteps {
		return errBrackets
	}
	if e.bytes > maxExtent {
		return exchange.ErrTooLong
	}
	return nil
}

// extent is about what HTML comes to in Markdown, and how long the way there is.
type extent struct {
	bytes, nesting int
	steps, open    int // open are the brackets in this line that nothing has closed
}

func (e *extent) add(n *html.Node, nesting int) {
	switch n.DataAtom {
	case atom.Script, atom.Style:
		return
	case atom.Blockquote, atom.Ul, atom.Ol:
		nesting++
	case atom.Table:
		e.bytes += tableBytes(n)
	case atom.Br, atom.P, atom.Div, atom.Li:
		e.bytes += 2 * nesting
		e.open = 0
	}
	e.nesting = max(e.nesting, nesting)
	if n.Type == html.TextNode {
		e.bytes += inkOf(n.Data) + 2*nesting*strings.Count(n.Data, "\n")
		e.brackets(n.Data)
	}
	for c := n.FirstChild; c != nil && e.bytes <= maxExtent; c = c.NextSibling {
		e.add(c, nesting)
	}
}

// brackets counts the steps of looking for the end of each bracket.
func (e *extent) brackets(text string) {
	for i := range len(text) {
		e.steps += e.open
		switch text[i] {
		case '[':
			e.open++
		case ']':
			e.open = 0
		}
	}
}

// inkOf is how many bytes are no white space.
func inkOf(s string) (ink int) {
	for i := range len(s) {
		if s[i] > ' ' {
			ink++
		}
	}
	return ink
}

// tableBytes is what a table comes to: each row has all columns in their width. A
// cell that spans rows moves others, nobody knows where to without making the
// table; so then each column may be as wide as the widest cell, in an eighth of
// the rows.
func tableBytes(table *html.Node) int {
	var rows, height, widest, spanned int
	var widths []int
	for row := range table.Descendants() {
		if row.DataAtom != atom.Tr {
			continue
		}
		rows++
		column := 0
		for cell := range row.ChildNodes() {
			if cell.DataAtom != atom.Td && cell.DataAtom != atom.Th {
				continue
			}
			down, across := span(cell, "rowspan"), span(cell, "colspan")
			height = max(height, rows+down-1)
			if spanned += down * across; spanned > maxExtent {
				return spanned
			}
			widths = append(widths, make([]int, max(0, column+across-len(widths)))...)
			width := textBytes(cell)
			widths[column], widest = max(widths[column], width), max(widest, width)
			column += across
		}
	}
	const frame = 3 // around a cell
	line := 0
	for _, w := range widths {
		line += w + frame
	}
	if height > rows || spanned > rows*len(widths) {
		return height * max(line, len(widths)*(widest+frame)/8)
	}
	return height * line
}

// span is how many rows or columns a cell takes; more than there can be are all
// the same.
func span(cell *html.Node, key string) int {
	n, err := strconv.Atoi(attr(cell, key))
	if errors.Is(err, strconv.ErrRange) {
		return maxExtent
	}
	return min(max(n, 1), maxExtent)
}

// textBytes is how much text is in a cell.
func textBytes(n *html.Node) (size int) {
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			size += inkOf(c.Data)
		}
	}
	return size
}
