package main

import (
	"bufio"
	"io"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// renderMarkdown writes the Markdown in source (CommonMark with tables,
// strikethrough, task boxes and bare links) for a terminal of this width. With
// color it is styled by SGR sequences; without, emphasis keeps its marks. Those
// sequences apart, the output holds no control character but the line feed,
// whatever the source holds. Lines are wrapped at spaces and between wide
// characters; words longer than a line and code are left whole, so that they
// can be copied.
func renderMarkdown(w io.Writer, source string, width int, color bool) error {
	src := []byte(source)
	out := bufio.NewWriter(w)
	r := &mdRenderer{out: out, source: src, width: width, color: color}
	r.blocks(newMarkdownParser().Parse(text.NewReader(src)), false)
	return out.Flush()
}

// Bounds of what is parsed as Markdown. What is beyond them is shown as it was
// typed: no note a person wrote gets there, and goldmark takes time or stack
// without end for some that a person did not.
const (
	maxNesting = 32       // lists and quotes inside each other
	maxMarks   = 1000     // characters of one block that could begin or end a span
	maxRefs    = 1000     // lines of a paragraph that may define link references
	maxInline  = 64 << 10 // bytes of a block that may hold spans
	maxColumns = 100      // columns of a table
)

// newMarkdownParser puts goldmark's parsers together by hand. Its extension
// package is not among them: it compiles regular expressions when the program
// starts, which costs every command 0.7 ms, more than all else of goldmark.
func newMarkdownParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(shallow{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewHTMLBlockParser(), 900),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(taskBoxParser{}, 0),
			util.Prioritized(sparing{parser.NewCodeSpanParser()}, 100),
			util.Prioritized(sparing{parser.NewLinkParser()}, 200),
			util.Prioritized(sparing{parser.NewAutoLinkParser()}, 300),
			util.Prioritized(sparing{parser.NewRawHTMLParser()}, 400),
			util.Prioritized(sparing{parser.NewEmphasisParser()}, 500),
			util.Prioritized(sparing{strikethroughParser{}}, 500),
			util.Prioritized(bareURLParser{}, 999),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(referenceTransformer{}, 100),
			util.Prioritized(tableTransformer{}, 200),
		),
	)
}

// shallow is a parser of blocks that hold blocks, which opens none deeper than
// maxNesting.
type shallow struct{ parser.BlockParser }

func (s shallow) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		if n.Kind() != ast.KindListItem {
			depth++
		}
	}
	if depth > maxNesting {
		return nil, parser.NoChildren
	}
	return s.BlockParser.Open(parent, reader, pc)
}

// sparing is a parser of spans that stops when its block has had maxMarks tries
// or is longer than maxInline.
type sparing struct{ parser.InlineParser }

// marks counts the tries of all sparing parsers in one block.
type marks struct {
	block ast.Node
	left  int
}

var marksKey = parser.NewContextKey()

func (s sparing) Parse(block ast.Node, reader text.Reader, pc parser.Context) ast.Node {
	m, _ := pc.Get(marksKey).(*marks)
	if m == nil || m.block != block {
		m = &marks{block: block, left: maxMarks}
		if lines := block.Lines(); lines.Len() > 0 && lines.At(lines.Len()-1).Stop-lines.At(0).Start > maxInline {
			m.left = 0
		}
		pc.Set(marksKey, m)
	}
	if m.left == 0 {
		return nil
	}
	m.left--
	return s.InlineParser.Parse(block, reader, pc)
}

// CloseBlock lets the parser finish what it began in the block.
func (s sparing) CloseBlock(block ast.Node, reader text.Reader, pc parser.Context) {
	if c, ok := s.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(block, reader, pc)
	}
}

// referenceTransformer takes link reference definitions out of a paragraph that
// is not longer than maxRefs.
type referenceTransformer struct{}

func (referenceTransformer) Transform(p *ast.Paragraph, reader text.Reader, pc parser.Context) {
	if p.Lines().Len() <= maxRefs {
		parser.LinkReferenceParagraphTransformer.Transform(p, reader, pc)
	}
}
