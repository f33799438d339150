package main

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// strikethroughParser finds ~~text~~ and ~text~
// (https://github.github.com/gfm/#strikethrough-extension-).
type strikethroughParser struct{}

func (strikethroughParser) Trigger() []byte { return []byte{'~'} }

func (strikethroughParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	d := parser.ScanDelimiter(line, before, 1, tildes{})
	if d == nil || d.OriginalLength > 2 || before == '~' {
		return nil
	}
	d.Segment = segment.WithStop(segment.Start + d.OriginalLength)
	block.Advance(d.OriginalLength)
	pc.PushDelimiter(d)
	return d
}

// tildes tells goldmark which delimiters belong together.
type tildes struct{}

func (tildes) IsDelimiter(b byte) bool { return b == '~' }

func (tildes) CanOpenCloser(opener, closer *parser.Delimiter) bool { return opener.Char == closer.Char }

func (tildes) OnMatch(int) ast.Node { return east.NewStrikethrough() }

// taskBoxParser finds the [ ] or [x] that a list item begins with
// (https://github.github.com/gfm/#task-list-items-extension-).
type taskBoxParser struct{}

func (taskBoxParser) Trigger() []byte { return []byte{'['} }

func (taskBoxParser) Parse(block ast.Node, reader text.Reader, _ parser.Context) ast.Node {
	item, ok := block.Parent().(*ast.ListItem)
	if !ok || item.FirstChild() != block || block.HasChildren() {
		return nil
	}
	line, _ := reader.PeekLine()
	if len(line) < 4 || line[2] != ']' || !util.IsSpace(line[3]) {
		return nil
	}
	switch line[1] {
	case ' ', 'x', 'X':
		reader.Advance(3)
		return east.NewTaskCheckBox(line[1] != ' ')
	}
	return nil
}

// bareURLParser finds web addresses that stand in the text as they are
// (https://github.github.com/gfm/#autolinks-extension-). It keeps their
// underscores from being taken for emphasis.
type bareURLParser struct{}

// Trigger: the space stands for the beginning of a line, too.
func (bareURLParser) Trigger() []byte { return []byte(" *_~(") }

func (bareURLParser) Parse(block ast.Node, reader text.Reader, pc parser.Context) ast.Node {
	if pc.IsInLinkLabel() {
		return nil
	}
	line, segment := reader.PeekLine()
	before := 0
	if bytes.IndexByte([]byte(" *_~("), line[0]) >= 0 {
		before = 1
	}
	length := bareURL(line[before:])
	if length == 0 {
		return nil
	}
	if before > 0 {
		ast.MergeOrAppendTextSegment(block, segment.WithStop(segment.Start+before))
	}
	reader.Advance(before + length)
	start := segment.Start + before
	return ast.NewAutoLink(ast.AutoLinkURL, ast.NewTextSegment(text.NewSegment(start, start+length)))
}

// bareURL returns the length of the web address that line begins with, 0 when
// it begins with none. Punctuation at its end belongs to the sentence, and so
// does a closing parenthesis without an opening one.
func bareURL(line []byte) int {
	scheme := 0
	for _, s := range []string{"http://", "https://", "www."} {
		if bytes.HasPrefix(line, []byte(s)) {
			scheme = len(s)
		}
	}
	if scheme == 0 {
		return 0
	}
	end := bytes.IndexAny(line, " \t\r\n<")
	if end < 0 {
		end = len(line)
	}
	unopened := bytes.Count(line[:end], []byte{')'}) - bytes.Count(line[:end], []byte{'('})
	for ; end > scheme; end-- {
		switch c := line[end-1]; {
		case c == ')' && unopened > 0:
			unopened--
		case bytes.IndexByte([]byte(`?!.,:;*_~"'`), c) < 0:
			return end
		}
	}
	return 0
}
