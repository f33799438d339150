package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// requestField is one -f or -F of api.
type requestField struct {
	key   string
	text  string
	typed bool // -F
}

// fieldFlag is the value of -f and of -F, which fill one list.
type fieldFlag struct {
	fields *[]requestField
	typed  bool
}

func (f *fieldFlag) String() string { return "" }
func (f *fieldFlag) Type() string   { return "key=value" }

func (f *fieldFlag) Set(s string) error {
	key, text, ok := strings.Cut(s, "=")
	if !ok || strings.TrimSuffix(key, "[]") == "" {
		return errors.New("a field is key=value")
	}
	*f.fields = append(*f.fields, requestField{key, text, f.typed})
	return nil
}

// fieldValues are the JSON values of the fields.
func (a *app) fieldValues(ctx context.Context, fields []requestField) ([]json.RawMessage, error) {
	values := make([]json.RawMessage, len(fields))
	for i, f := range fields {
		text := f.text
		switch file, ok := strings.CutPrefix(text, "@"); {
		case !f.typed:
		case ok:
			data, err := a.readAll(ctx, file)
			if err != nil {
				return nil, err
			}
			text = string(data)
		case isScalar(text):
			values[i] = json.RawMessage(text)
			continue
		}
		if !utf8.ValidString(text) { // JSON would hold something else in silence
			return nil, usagef("the field %q is not valid UTF-8", f.key)
		}
		value, err := marshalJSON(text)
		if err != nil {
			return nil, err
		}
		values[i] = value
	}
	return values, nil
}

// isScalar reports whether a text is a JSON number, true, false or null.
func isScalar(text string) bool {
	return json.Valid([]byte(text)) && strings.Trim(text[:1], `"{[ `) != ""
}

// addQuery adds fields to the query of a request.
func addQuery(query url.Values, fields []requestField, values []json.RawMessage) error {
	for i, f := range fields {
		text := string(values[i])
		if text[0] == '"' {
			if err := json.Unmarshal(values[i], &text); err != nil {
				return err
			}
		}
		query.Add(strings.TrimSuffix(f.key, "[]"), text)
	}
	return nil
}

// fieldBody is the JSON object of the fields, in their order. The values of one
// key that ends in [] are a list, where that key stood first.
func fieldBody(fields []requestField, values []json.RawMessage) ([]byte, error) {
	var keys []string
	members := map[string][]byte{}
	for i, f := range fields {
		before, known := members[f.key]
		list := strings.HasSuffix(f.key, "[]")
		switch {
		case known && !list:
			return nil, usagef("the field %q is given twice: for a list write %s[]=…", f.key, f.key)
		case known:
			members[f.key] = fmt.Appendf(before, ",%s", values[i])
			continue
		}
		keys = append(keys, f.key)
		members[f.key] = values[i]
	}
	body := []byte{'{'}
	for i, key := range keys {
		if i > 0 {
			body = append(body, ',')
		}
		name, err := marshalJSON(strings.TrimSuffix(key, "[]"))
		if err != nil {
			return nil, err
		}
		value := members[key]
		if strings.HasSuffix(key, "[]") {
			value = fmt.Appendf(nil, "[%s]", value)
		}
		body = fmt.Appendf(body, "%s:%s", name, value)
	}
	return append(body, '}'), nil
}
