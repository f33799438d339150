package main

import (
	"math"
	"strings"

	east "github.com/yuin/goldmark/extension/ast"
)

// minColumn is how narrow a column gets at most.
const minColumn = 4

// table writes a table with aligned columns under a ruled header. Where the
// terminal is too narrow, the widest columns are wrapped.
func (r *mdRenderer) table(t *east.Table) {
	widths := r.columnWidths(t)
	for n := t.FirstChild(); n != nil; n = n.NextSibling() {
		st := plain
		_, header := n.(*east.TableHeader)
		if header {
			st = bold
		}
		var cells [][]wrappedLine
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			w := &wrapper{width: widths[len(cells)], color: r.color, split: true}
			r.inline(w, c, st)
			cells = append(cells, w.finish())
		}
		r.tableRow(cells, widths, t.Alignments)
		if header {
			rules := make([]string, len(widths))
			for i, w := range widths {
				rules[i] = strings.Repeat("─", w)
			}
			r.writeLine(r.paint(dim, strings.Join(rules, columnGap)))
		}
	}
}

// columnWidths measures the columns and cuts the widest until all fit.
func (r *mdRenderer) columnWidths(t *east.Table) []int {
	widths := make([]int, len(t.Alignments))
	for n := t.FirstChild(); n != nil; n = n.NextSibling() {
		i := 0
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			w := &wrapper{width: math.MaxInt}
			r.inline(w, c, plain)
			for _, l := range w.finish() {
				widths[i] = max(widths[i], l.width)
			}
			i++
		}
	}
	room := r.textWidth() - len(columnGap)*(len(widths)-1)
	for limit := room; limit >= minColumn && sum(widths) > room; limit-- {
		for i := range widths {
			widths[i] = min(widths[i], limit)
		}
	}
	return widths
}

func sum(ns []int) (total int) {
	for _, n := range ns {
		total += n
	}
	return total
}

// tableRow writes one row, which has as many lines as its longest cell.
func (r *mdRenderer) tableRow(cells [][]wrappedLine, widths []int, alignments []east.Alignment) {
	height := 1
	for _, c := range cells {
		height = max(height, len(c))
	}
	for i := range height {
		var line strings.Builder
		for j, c := range cells {
			if j > 0 {
				line.WriteString(columnGap)
			}
			var l wrappedLine
			if i < len(c) {
				l = c[i]
			}
			left, right := padding(widths[j]-l.width, alignments[j])
			line.WriteString(strings.Repeat(" ", left) + l.text + strings.Repeat(" ", right))
		}
		r.writeLine(line.String())
	}
}

// padding shares the free columns of a cell between its two sides.
func padding(free int, a east.Alignment) (left, right int) {
	free = max(free, 0)
	switch a {
	case east.AlignRight:
		return free, 0
	case east.AlignCenter:
		return free / 2, free - free/2
	}
	return 0, free
}
