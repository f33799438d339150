package main

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// tableTransformer makes tables of paragraphs that hold a delimiter row
// (https://github.github.com/gfm/#tables-extension-). What stands above the
// header stays a paragraph.
type tableTransformer struct{}

func (tableTransformer) Transform(p *ast.Paragraph, reader text.Reader, _ parser.Context) {
	source, lines := reader.Source(), p.Lines()
	for i := 1; i < lines.Len(); i++ {
		row := lines.At(i)
		alignments := parseDelimiterRow(row.Value(source))
		if alignments == nil {
			continue
		}
		header := splitRow(lines.At(i-1), source)
		if len(header) != len(alignments) {
			continue
		}
		table := east.NewTable()
		table.Alignments = alignments
		table.AppendChild(table, east.NewTableHeader(newTableRow(header, alignments)))
		for j := i + 1; j < lines.Len(); j++ {
			table.AppendChild(table, newTableRow(splitRow(lines.At(j), source), alignments))
		}
		parent := p.Parent()
		parent.InsertAfter(parent, p, table)
		lines.SetSliced(0, i-1)
		if lines.Len() == 0 {
			parent.RemoveChild(parent, p)
		}
		return
	}
}

// newTableRow makes a row of as many cells as there are columns at most: what is
// too much is dropped, as GFM says. What is missing is not made up: a hundred
// cells for each short line would be a hundred times the note.
func newTableRow(cells []text.Segment, alignments []east.Alignment) *east.TableRow {
	row := east.NewTableRow(alignments)
	for _, segment := range cells[:min(len(cells), len(alignments))] {
		c := east.NewTableCell()
		c.Lines().Append(segment)
		row.AppendChild(row, c)
	}
	return row
}

// splitRow cuts a line at its pipes, but those behind a backslash.
func splitRow(line text.Segment, source []byte) []text.Segment {
	line = line.TrimLeftSpace(source)
	line = line.TrimRightSpace(source)
	row := line.Value(source)
	if bytes.HasPrefix(row, []byte{'|'}) {
		line.Start++
		row = row[1:]
	}
	if bytes.HasSuffix(row, []byte{'|'}) && !bytes.HasSuffix(row, []byte(`\|`)) {
		row = row[:len(row)-1]
	}
	var cells []text.Segment
	start := 0
	for i := 0; i <= len(row); i++ {
		if i == len(row) || row[i] == '|' && (i == 0 || row[i-1] != '\\') {
			cell := text.NewSegment(line.Start+start, line.Start+i)
			cell = cell.TrimLeftSpace(source)
			cells = append(cells, cell.TrimRightSpace(source))
			start = i + 1
		}
	}
	return cells
}

// parseDelimiterRow reads a row such as | --- | :-: |, and returns nil when it
// is none.
func parseDelimiterRow(row []byte) []east.Alignment {
	row = bytes.TrimSpace(row)
	if !bytes.ContainsRune(row, '-') || len(bytes.Trim(row, "|:- \t")) > 0 || !bytes.ContainsAny(row, "|:") {
		return nil
	}
	row = bytes.TrimSuffix(bytes.TrimPrefix(row, []byte{'|'}), []byte{'|'})
	columns := bytes.Split(row, []byte{'|'})
	if len(columns) > maxColumns {
		return nil
	}
	alignments := make([]east.Alignment, len(columns))
	for i, c := range columns {
		c = bytes.TrimSpace(c)
		dashes := bytes.TrimSuffix(bytes.TrimPrefix(c, []byte{':'}), []byte{':'})
		if len(dashes) == 0 || len(bytes.Trim(dashes, "-")) > 0 {
			return nil
		}
		alignments[i] = alignment(c[0] == ':', c[len(c)-1] == ':')
	}
	return alignments
}

func alignment(left, right bool) east.Alignment {
	switch {
	case left && right:
		return east.AlignCenter
	case right:
		return east.AlignRight
	case left:
		return east.AlignLeft
	}
	return east.AlignNone
}
