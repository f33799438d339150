package server

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// revisionTag is every form in which If-Match may name a revision: weak or not,
// and with what a proxy appends when it compresses.
var revisionTag = regexp.MustCompile(`^(?:W/)?"([1-9][0-9]*)(?:-[^",]*)?"$`)

// FuzzIfMatch holds that a write reaches the revision that the header names in
// one of those forms, that only an asterisk overwrites, and that every other
// header finds no note or is refused.
func FuzzIfMatch(f *testing.F) {
	app := fiber.New(fiber.Config{Immutable: true})
	f.Fuzz(func(t *testing.T, header string) {
		c := app.AcquireCtx(&fasthttp.RequestCtx{})
		defer app.ReleaseCtx(c)
		c.Request().Header.Set(fiber.HeaderIfMatch, header)
		header = c.Get(fiber.HeaderIfMatch) // line breaks are not in a header
		revision, err := ifMatch(c)
		if err != nil {
			if e, ok := errors.AsType[*api.Error](err); !ok || e.Field != "If-Match" || e.Code != refusalOf(header) {
				t.Errorf("%q: %#v", header, err)
			}
			return
		}
		tag, want := strings.TrimSpace(header), int64(-1)
		if m := revisionTag.FindStringSubmatch(tag); m != nil {
			if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
				want = n
			}
		} else if tag == "*" {
			want = store.AnyRevision
		}
		if revision != want {
			t.Errorf("%q is revision %d, want %d", header, revision, want)
		}
	})
}

func refusalOf(header string) api.Code {
	if header == "" {
		return api.CodePrecondition
	}
	return api.CodeInvalid
}

// FuzzIfNoneMatch holds that "not modified" is answered to those alone who name
// this very tag, or all.
func FuzzIfNoneMatch(f *testing.F) {
	app := fiber.New(fiber.Config{Immutable: true})
	tags := []string{noteTag(3), markdownTag(3), listTag("ann", []byte("[]"))}
	f.Fuzz(func(t *testing.T, header string) {
		c := app.AcquireCtx(&fasthttp.RequestCtx{})
		defer app.ReleaseCtx(c)
		c.Request().Header.Set(fiber.HeaderIfNoneMatch, header)
		header = c.Get(fiber.HeaderIfNoneMatch)
		given := entityTags(header)
		for _, tag := range tags {
			named := strings.Contains(header, tag) || strings.Contains(header, "*")
			if is := notModified(c, tag); is && !named || is != (slices.Contains(given, tag) || slices.Contains(given, "*")) {
				t.Errorf("%q: not modified %t for %s", header, is, tag)
			}
		}
		for _, tag := range given {
			if tag != "*" && (len(tag) < 2 || strings.Trim(tag, `"`) != tag[1:len(tag)-1] || strings.Contains(tag[1:len(tag)-1], `"`)) {
				t.Errorf("%q holds the tag %q", header, tag)
			}
		}
	})
}
