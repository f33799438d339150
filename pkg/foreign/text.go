package foreign

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/notesd/notesd/pkg/api"
)

// asUTF8 reads a text as UTF-8, be it with a byte order mark, or UTF-16 with one,
// which Windows programs write.
func asUTF8(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	head, _ := b.Peek(3)
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if strings.HasPrefix(string(head), mark) {
			return transform.NewReader(b, unicode.BOMOverride(transform.Nop))
		}
	}
	return b
}

// cleanText gives each line the one end that notes have, and takes out what is no
// text: NUL, and bytes that are no UTF-8, which become U+FFFD. It says whether
// there was any, be it that somebody else replaced it before.
func cleanText(s string) (clean string, changed bool) {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), string(utf8.RuneError))
	changed = strings.ContainsAny(s, "\x00"+string(utf8.RuneError))
	return strings.ReplaceAll(s, "\x00", ""), changed
}

// splitTitle makes a title of a text's first line, as notes does of a text that is
// added: an empty line after it belongs to neither. A line too long for a title
// stays where it is, its beginning being the title, and so does the first item of a
// list.
func splitTitle(text string) (title, body string) {
	text = strings.TrimLeft(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	title, body, _ = strings.Cut(text, "\n")
	if len(title) > api.MaxTitle {
		return cut(title, api.MaxTitle), text
	}
	if item, ok := itemOf(title); ok {
		return item, text
	}
	if heading, ok := headingOf(title); ok {
		title = heading
	}
	return strings.TrimSpace(title), strings.TrimPrefix(body, "\n")
}

// itemOf is the text of a line that begins a list, a quotation, a table or code,
// which is no text without that line.
func itemOf(line string) (string, bool) {
	rest := strings.TrimLeft(line, " \t")
	for _, block := range []string{"```", "~~~", "|"} {
		if strings.HasPrefix(rest, block) {
			return "", true
		}
	}
	for _, mark := range []string{"- [ ] ", "- [x] ", "- [X] ", "- ", "* ", "+ ", "> "} {
		if item, ok := strings.CutPrefix(rest, mark); ok {
			return strings.TrimSpace(item), true
		}
	}
	number, item, ok := strings.Cut(rest, ". ")
	return strings.TrimSpace(item), ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// headingOf is the text of a line that is a heading in Markdown.
func headingOf(line string) (string, bool) {
	rest := strings.TrimLeft(line, "#")
	if marks := len(line) - len(rest); marks == 0 || marks > 6 || !strings.HasPrefix(rest, " ") {
		return "", false
	}
	rest = strings.TrimSpace(rest)
	if open := strings.TrimRight(rest, "#"); open == "" || strings.HasSuffix(open, " ") { // "# Title #"
		rest = strings.TrimSpace(open)
	}
	return rest, true
}
