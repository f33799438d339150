package main

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"
	"time"
)

// templateFuncs are the functions of --template, named and behaving as in gh.
func templateFuncs(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := marshalJSON(v)
			return string(b), err
		},
		"join": func(sep string, list []any) string {
			words := make([]string, len(list))
			for i, v := range list {
				words[i] = fmt.Sprint(v)
			}
			return strings.Join(words, sep)
		},
		"timeago": func(at string) (string, error) {
			t, err := time.Parse(time.RFC3339, at)
			return relativeTime(now(), t), err
		},
		"timefmt": func(layout, at string) (string, error) {
			t, err := time.Parse(time.RFC3339, at)
			return t.Format(layout), err
		},
		"truncate": func(width int, text string) string { return truncate(text, width) },
	}
}

func compileTemplate(text string) (*template.Template, error) {
	t, err := template.New("").Funcs(templateFuncs(nil)).Parse(text) // to know the names; runTemplate has the clock
	if err != nil {
		return nil, usagef("--template: %v", err)
	}
	return t, nil
}

// runTemplate writes what the template makes of the data and nothing more: not
// even a line feed, as in gh.
func runTemplate(out *bytes.Buffer, t *template.Template, data []byte, now func() time.Time) error {
	input, err := decodeJSON(data)
	if err != nil {
		return err
	}
	if err := t.Funcs(templateFuncs(now)).Execute(out, input); err != nil {
		return fmt.Errorf("--template: %w", err)
	}
	return nil
}
