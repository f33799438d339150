package main

import (
	"bufio"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/notesd/notesd/pkg/api"
)

// table writes rows. On a terminal they stand in aligned columns under a
// header, cut to its width, when flush is called; what is flushed later keeps to
// the columns as well as it can. Otherwise they are written as they come, each a
// line of cells with tabs between them, without a header.
type table struct {
	p       *printer
	columns []string
	shrink  int // the column that is cut when the terminal is too narrow; -1: none
	rows    [][]cell
	least   []int // how wide the columns are at least; nil: as narrow as their cells allow
	widths  []int // of the columns, once a part is written
	out     *bufio.Writer
}

// cell is one value of a row. It may hold anything: the table escapes it.
type cell struct {
	text  string // what a person sees
	raw   string // what a program sees
	style style
	bold  int    // so many bytes at the beginning stand out, the rest is dim; 0: all is in style
	parts marked // text, where some of it stands out
}

// newTable makes a table with these columns.
func newTable(p *printer, columns ...string) *table {
	return &table{p: p, columns: columns, shrink: -1, out: bufio.NewWriter(p)}
}

// textCell shows s.
func textCell(s string, st style) cell { return cell{text: s, raw: s, style: st} }

// markedCell shows s, of which these parts stand out.
func markedCell(s string, ranges []api.Range, st style) cell {
	parts := mark(s, ranges)
	return cell{text: parts.String(), raw: s, style: st, parts: parts}
}

// idCell shows an id whose first prefix bytes are what one has to type.
func idCell(id string, prefix int) cell {
	return cell{text: id, raw: id, style: cyan, bold: min(prefix, len(id))}
}

// timeCell shows a time relative to now to a person, and as RFC 3339 in UTC to
// a program. The zero time is an empty cell.
func (t *table) timeCell(at time.Time) cell {
	if at.IsZero() {
		return cell{}
	}
	return cell{text: relativeTime(t.p.now(), at), raw: api.TimeOf(at).String(), style: dim}
}

// row adds one row; it has as many cells as the table has columns. One more is
// for a line under it on a terminal, and a column more elsewhere.
func (t *table) row(cells ...cell) error {
	if t.p.tty {
		t.rows = append(t.rows, cells)
		return nil
	}
	values := make([]string, len(cells))
	for i, c := range cells {
		values[i] = oneLine.Replace(c.raw)
	}
	_, err := t.out.WriteString(strings.Join(values, "\t") + "\n")
	return err
}

// oneLine keeps a cell from ending its line or its column.
var oneLine = strings.NewReplacer("\t", `\t`, "\n", `\n`, "\r", `\r`)

// flush writes what has not been written. A table without rows writes nothing.
func (t *table) flush() error {
	if len(t.rows) > 0 {
		if err := t.writeAligned(); err != nil {
			return err
		}
	}
	return t.out.Flush()
}

func (t *table) writeAligned() error {
	for _, row := range t.rows {
		for i := range row {
			row[i].text = sanitizeLine(row[i].text)
		}
	}
	if t.widths == nil {
		t.widths = make([]int, len(t.columns))
		copy(t.widths, t.least)
		header := make([]cell, len(t.columns))
		for i, name := range t.columns {
			header[i] = textCell(strings.ToUpper(name), underline)
		}
		t.rows = append([][]cell{header}, t.rows...)
	}
	t.widen()
	for _, row := range t.rows {
		lines := t.alignedRow(row[:len(t.columns)]) + "\n"
		if len(row) > len(t.columns) {
			lines += t.under(row[len(t.columns)])
		}
		if _, err := t.out.WriteString(lines); err != nil {
			return err
		}
	}
	t.rows = t.rows[:0]
	return nil
}

const columnGap = "  "

// widen makes room in the columns for the rows, and takes from the shrinking one
// what is too much for the terminal.
func (t *table) widen() {
	for _, row := range t.rows {
		for i, c := range row[:len(t.columns)] {
			t.widths[i] = max(t.widths[i], displayWidth(c.text))
		}
	}
	if t.shrink >= 0 {
		if over := sum(t.widths) + len(columnGap)*(len(t.widths)-1) - t.p.width; over > 0 {
			t.widths[t.shrink] = max(t.widths[t.shrink]-over, min(t.widths[t.shrink], 8))
		}
	}
}

func (t *table) alignedRow(row []cell) string {
	var line strings.Builder
	for i, c := range row {
		c.text, c.parts = truncate(c.text, t.widths[i]), c.parts.truncate(t.widths[i])
		line.WriteString(t.paint(c))
		line.WriteString(strings.Repeat(" ", t.widths[i]-displayWidth(c.text)))
		line.WriteString(columnGap)
	}
	return strings.TrimRight(line.String(), " ")
}

// under is the line under a row.
func (t *table) under(c cell) string {
	if c.text == "" {
		return ""
	}
	const indent = "    "
	return indent + t.p.paintMarked(c.parts.window(t.p.width-len(indent)), c.style) + "\n"
}

func (t *table) paint(c cell) string {
	if len(c.parts) > 0 {
		return t.p.paintMarked(c.parts, c.style)
	}
	if c.bold == 0 || c.bold > len(c.text) {
		return t.p.paint(c.style, c.text)
	}
	return t.p.paint(c.style.and(bold), c.text[:c.bold]) + t.p.paint(dim, c.text[c.bold:])
}

// measure knows how terminals lay text out: East Asian wide characters and emoji
// take two columns. It is a condition of our own because the package's follows
// the locale.
var measure = &runewidth.Condition{StrictEmojiNeutral: true}

// displayWidth returns how many columns of a terminal s takes.
func displayWidth(s string) int { return measure.StringWidth(s) }

// truncate cuts s to width columns, the last of them an ellipsis.
func truncate(s string, width int) string { return measure.Truncate(s, width, "…") }
