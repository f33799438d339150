package server

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
)

// decode reads the JSON body of a request into v, strictly: application/json
// only, UTF-8, no unknown and no repeated members, no null, nothing behind the
// value, no more than [api.MaxDepth] levels.
func decode(c *fiber.Ctx, v any) error {
	body, err := jsonBody(c)
	if err != nil {
		return err
	}
	return decodeJSON("the body", body, false, v)
}

// decodeJSON is decode of what an error calls by this name. Null may be a value.
func decodeJSON(name string, text []byte, null bool, v any) error {
	if err := scan(text, null); err != nil {
		return err
	}
	if err := json.Unmarshal(text, v, json.RejectUnknownMembers(true)); err != nil {
		return decodeError(name, err)
	}
	return nil
}

// jsonBody returns the body of a request that says it is JSON.
func jsonBody(c *fiber.Ctx) ([]byte, error) { return bodyOf(c, fiber.MIMEApplicationJSON) }

// bodyOf returns the body of a request that says it is of this type.
func bodyOf(c *fiber.Ctx, want string) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != want || !strings.EqualFold(cmp.Or(params["charset"], "utf-8"), "utf-8") {
		return nil, &api.Error{Code: api.CodeMediaType, Message: "the body must be " + want + ", in UTF-8"}
	}
	if c.Get(fiber.HeaderContentEncoding) != "" {
		return nil, &api.Error{Code: api.CodeMediaType, Message: "the body must not be compressed"}
	}
	body := c.Request().Body()
	if len(body) == 0 {
		return nil, api.Invalid("", "the body is empty; %s is expected", want)
	}
	return body, nil
}

// noBody refuses a body where none is expected: a client that sends one means
// something that would not happen.
func noBody(c *fiber.Ctx) error {
	if len(c.Request().Body()) > 0 {
		return api.Invalid("", "this request takes no body")
	}
	return nil
}

// scan refuses what nests too deep and, unless it may be there, null: in one
// pass that need not understand more of JSON than where strings end. In valid
// JSON an n outside a string begins a null, and no input has a member for which
// null means anything.
func scan(body []byte, null bool) error {
	depth := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			i = stringEnd(body, i+1)
		case '{', '[':
			if depth++; depth > api.MaxDepth {
				return api.Invalid("", "the JSON nests deeper than %d levels", api.MaxDepth)
			}
		case '}', ']':
			depth--
		case 'n':
			if !null {
				return api.Invalid("", "null has no meaning here; leave the member out")
			}
		}
	}
	return nil
}

// stringEnd returns the place of the quote that ends the string whose first
// character is at i. It leaps: nearly all of a request is the text of a note.
func stringEnd(body []byte, i int) int {
	quote := -1
	for i < len(body) {
		if quote < i {
			n := bytes.IndexByte(body[i:], '"')
			if n < 0 {
				break
			}
			quote = i + n
		}
		escape := bytes.IndexByte(body[i:quote], '\\')
		if escape < 0 {
			return quote
		}
		i += escape + 2
	}
	return len(body)
}

// decodeError says which member is wrong, and how, without an echo of the value.
func decodeError(name string, err error) error {
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		field := memberOf(e.JSONPointer)
		switch {
		case errors.Is(e.Err, json.ErrUnknownName):
			return api.Invalid(field, "there is no member %q", field)
		case errors.Is(e.Err, &api.Error{Code: api.CodeInvalid}):
			return api.Invalid(field, "%s is %s", field, e.Err)
		case field == "":
			return api.Invalid("", "%s must be a JSON object", name)
		case errors.Is(e.Err, strconv.ErrSyntax):
			return api.Invalid(field, "%s must be a whole number", field)
		case errors.Is(e.Err, strconv.ErrRange):
			return api.Invalid(field, "%s is too large a number", field)
		}
		return api.Invalid(field, "%s must not be %s", field, kindName(e.JSONKind))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return api.Invalid("", "the JSON ends too early")
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		field := memberOf(e.JSONPointer)
		if errors.Is(e.Err, jsontext.ErrDuplicateName) {
			return api.Invalid(field, "the member %q is given twice", field)
		}
		return api.Invalid(field, "%s is not valid JSON at byte %d", name, e.ByteOffset)
	}
	return api.Invalid("", "%s is not valid JSON", name)
}

// kindName is what people call a kind of JSON value.
func kindName(k jsontext.Kind) string {
	switch k {
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "an array"
	case jsontext.KindString:
		return "a string"
	case jsontext.KindNumber:
		return "a number"
	}
	return "true or false"
}

// memberOf returns the first member on the way to a value.
func memberOf(p jsontext.Pointer) string {
	for token := range p.Tokens() {
		return token
	}
	return ""
}

// query returns the query parameters, each of which must be one of these and
// be there once.
func query(c *fiber.Ctx, allowed ...string) (url.Values, error) {
	values, err := rawQuery(c)
	if err != nil {
		return nil, err
	}
	for name, v := range values {
		if !slices.Contains(allowed, name) {
			return nil, api.Invalid(name, "there is no parameter %q", name)
		}
		if len(v) > 1 {
			return nil, api.Invalid(name, "%s is given twice", name)
		}
	}
	return values, nil
}

func rawQuery(c *fiber.Ctx) (url.Values, error) {
	raw := string(c.Context().URI().QueryString())
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, api.Invalid("", "the query is malformed")
	}
	return values, nil
}

// noQuery refuses every query parameter, for routes that have none: a misspelt
// one would otherwise be ignored in silence, and a token in a URL taken for
// normal.
func noQuery(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return c.Next()
}
