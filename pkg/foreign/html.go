package foreign

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"

	"github.com/notesd/notesd/pkg/exchange"
)

// emptyElement is one of Evernote's as XML has it. To HTML it has only begun, and
// what follows would be in it, until there are more than may be in each other.
var emptyElement = regexp.MustCompile(`<(en-todo|en-media)\b([^<>]*)/>`)

// markdown makes Markdown of HTML, Evernote's included.
func (r *reader) markdown(name, text string) (string, error) {
	if len(text) >= maxRun {
		return "", exchange.ErrTooLong
	}
	doc, err := html.Parse(strings.NewReader(emptyElement.ReplaceAllString(text, "<$1$2></$1>")))
	if err != nil {
		return "", fmt.Errorf("HTML: %w", err)
	}
	r.tidy(name, doc)
	if err := fits(doc); err != nil {
		return "", err
	}
	joinLines(doc)
	if r.converter == nil {
		r.converter = newConverter()
	}
	out, err := r.converter.ConvertNode(doc)
	if err != nil {
		return "", fmt.Errorf("HTML: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func newConverter() *converter.Converter {
	c := converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin(), strikethrough.NewStrikethroughPlugin(),
	))
	c.Register.RendererFor(enTodo, converter.TagTypeInline, writeBox, converter.PriorityEarly)
	return c
}

func writeBox(_ converter.Context, w converter.Writer, n *html.Node) converter.RenderStatus {
	box := "[ ] "
	if attr(n, "checked") == "true" {
		box = "[x] "
	}
	_, _ = w.WriteString(box)
	return converter.RenderSuccess
}
