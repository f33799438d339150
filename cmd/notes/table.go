package main

import (
	"bufio"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/notesd/notesd/pkg/api"
)

// table writes rows. On a terminal they stand in aligned columns under a
// header, cut to its width, when flush is called. Otherwise they are written as
// they come, each a line of cells with tabs between them, without a header.
type table struct {
	p       *printer
	columns []string
	shrink  int // the column that is cut when the terminal is too narrow; -1: none
	rows    [][]cell
	out     *bufio.Writer
}

// cell is one value of a row. It may hold anything: the table escapes it.
type cell struct {
	text  string // what a person sees
	raw   string // what a program sees
	style style
	bold  int // so many bytes at the beginning stand out, the rest is dim; 0: all is in style
}

// newTable makes a table with these columns.
func newTable(p *printer, columns ...string) *table {
	return &table{p: p, columns: columns, shrink: -1, out: bufio.NewWriter(p)}
}

// textCell shows s.
func textCell(s string, st style) cell { return cell{text: s, raw: s, style: st} }

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

// row adds one row; it has as many cells as the table has columns.
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
	header := make([]cell, len(t.columns))
	for i, name := range t.columns {
		header[i] = textCell(strings.ToUpper(name), underline)
	}
	for _, row := range t.rows {
		for i := range row {
			row[i].text = sanitizeLine(row[i].text)
		}
	}
	widths := t.widths(header)
	for _, row := range append([][]cell{header}, t.rows...) {
		if _, err := t.out.WriteString(t.alignedRow(row, widths) + "\n"); err != nil {
			return err
		}
	}
	return nil
}

const columnGap = "  "

// widths measures the columns and takes from the shrinking one what is too much
// for the terminal.
func (t *table) widths(header []cell) []int {
	widths := make([]int, len(t.columns))
	for _, row := range append([][]cell{header}, t.rows...) {
		for i, c := range row {
			widths[i] = max(widths[i], displayWidth(c.text))
		}
	}
	if t.shrink >= 0 {
		if over := sum(widths) + len(columnGap)*(len(widths)-1) - t.p.width; over > 0 {
			widths[t.shrink] = max(widths[t.shrink]-over, min(widths[t.shrink], 8))
		}
	}
	return widths
}

func (t *table) alignedRow(row []cell, widths []int) string {
	var line strings.Builder
	for i, c := range row {
		c.text = truncate(c.text, widths[i])
		line.WriteString(t.paint(c))
		line.WriteString(strings.Repeat(" ", widths[i]-displayWidth(c.text)))
		line.WriteString(columnGap)
	}
	return strings.TrimRight(line.String(), " ")
}

func (t *table) paint(c cell) string {
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
