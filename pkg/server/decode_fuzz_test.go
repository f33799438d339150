package server

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"

	"github.com/notesd/notesd/pkg/api"
)

// inputs are all types that a request body can be.
var inputs = []any{
	api.NewNote{},
	api.NotePatch{},
	api.Append{},
	api.NewUser{},
	api.NewSession{},
	api.Refresh{},
	api.PasswordChange{},
	api.AccountDeletion{},
	api.NewToken{},
}

// jsonRequest is a request that has this body.
func jsonRequest(app *fiber.App, body []byte) *fiber.Ctx {
	c := app.AcquireCtx(&fasthttp.RequestCtx{})
	c.Request().Header.SetContentType(fiber.MIMEApplicationJSON)
	c.Request().SetBody(body)
	return c
}

// FuzzDecode holds that a body that is taken breaks none of the rules, which are
// checked here in another way, and means the same to the standard library; that
// it stays the same when it is written and read again; and that a body that is
// refused makes a problem document.
func FuzzDecode(f *testing.F) {
	app := fiber.New(fiber.Config{Immutable: true})
	f.Fuzz(func(t *testing.T, kind uint8, body []byte) {
		input := reflect.TypeOf(inputs[int(kind)%len(inputs)])
		got, want, again := reflect.New(input).Interface(), reflect.New(input).Interface(), reflect.New(input).Interface()
		if err := decode(jsonRequest(app, body), got); err != nil {
			checkRefusal(t, body, err)
			return
		}
		if err := strictJSON(body); err != nil {
			t.Fatalf("%q was taken: %v", body, err)
		}
		other := stdjson.NewDecoder(bytes.NewReader(body))
		other.DisallowUnknownFields()
		if err := other.Decode(want); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%q means something else to encoding/json: %v\n%s", body, err, cmp.Diff(want, got))
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", body, err)
		}
		if replaced := bytes.Count(written, []byte("\ufffd")); replaced > bytes.Count(body, []byte("\ufffd"))+strings.Count(strings.ToLower(string(body)), `\ufffd`) {
			t.Errorf("%q was mended into %q", body, written)
		}
		if err := decode(jsonRequest(app, written), again); err != nil || !cmp.Equal(got, again) {
			t.Errorf("%q was written as %q and read as something else: %v", body, written, err)
		}
	})
}

// checkRefusal wants the error of a body to be the client's fault, and told.
func checkRefusal(t *testing.T, body []byte, err error) {
	t.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Code != api.CodeInvalid || e.Message == "" {
		t.Fatalf("%q: %#v", body, err)
	}
	if _, err := json.Marshal(api.Problem{Detail: e.Message, Field: e.Field}); err != nil {
		t.Errorf("%q: the problem %q cannot be told: %v", body, e.Message, err)
	}
}

// strictJSON returns which rule of decode a body breaks, as far as the rules are
// those of every input.
func strictJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("not UTF-8")
	}
	tokens := stdjson.NewDecoder(bytes.NewReader(body))
	tokens.UseNumber()
	if err := strictValue(tokens, 0); err != nil {
		return err
	}
	if _, err := tokens.Token(); err != io.EOF {
		return errors.New("something behind the value")
	}
	return nil
}

func strictValue(tokens *stdjson.Decoder, depth int) error {
	token, err := tokens.Token()
	if err != nil {
		return err
	}
	open, ok := token.(stdjson.Delim)
	switch {
	case token == nil:
		return errors.New("null")
	case !ok:
		return nil
	case depth == api.MaxDepth:
		return errors.New("too deep")
	}
	seen := map[string]bool{}
	for tokens.More() {
		if open == '{' {
			name, err := tokens.Token()
			if err != nil {
				return err
			}
			if seen[fmt.Sprint(name)] {
				return fmt.Errorf("%q twice", name)
			}
			seen[fmt.Sprint(name)] = true
		}
		if err := strictValue(tokens, depth+1); err != nil {
			return err
		}
	}
	_, err = tokens.Token()
	return err
}

// FuzzDecodeText holds that valid text comes through byte for byte, whichever
// way the client chose to write it down.
func FuzzDecodeText(f *testing.F) {
	app := fiber.New(fiber.Config{Immutable: true})
	f.Fuzz(func(t *testing.T, title, body, tag string) {
		if !utf8.ValidString(title) || !utf8.ValidString(body) || !utf8.ValidString(tag) {
			t.Skip("no text")
		}
		want := api.NewNote{Title: title, Body: body, Tags: []string{tag}}
		for name, encode := range map[string]func(api.NewNote) ([]byte, error){
			"plain":   func(n api.NewNote) ([]byte, error) { return json.Marshal(n) },
			"HTML":    func(n api.NewNote) ([]byte, error) { return stdjson.Marshal(n) },
			"escaped": escapeAll,
		} {
			text, err := encode(want)
			if err != nil {
				t.Fatal(err)
			}
			var got api.NewNote
			if err := decode(jsonRequest(app, text), &got); err != nil || !cmp.Equal(want, got) {
				t.Errorf("%s: %q: %v\n%s", name, text, err, cmp.Diff(want, got))
			}
		}
	})
}

// escapeAll escapes every character of the texts, as some clients do.
func escapeAll(n api.NewNote) ([]byte, error) {
	return fmt.Appendf(nil, `{"title":%s,"body":%s,"tags":[%s]}`, escaped(n.Title), escaped(n.Body), escaped(n.Tags[0])), nil
}

func escaped(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, `\u%04x`, unit)
	}
	b.WriteByte('"')
	return b.String()
}
