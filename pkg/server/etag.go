package server

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/store"
)

// cacheable lets the client keep an answer that it asks about each time, and
// forbids proxies to change it: some compress and then rewrite the ETag.
const cacheable = "private, no-cache, no-transform"

// noteTag is the ETag of a note: its revision, as If-Match takes it.
func noteTag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// markdownTag is the ETag of a note's body alone.
func markdownTag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `-md"` }

// listTag is the ETag of a list. It holds the owner, so that a cache that two
// people share never takes the one's list for the other's.
func listTag(owner string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(owner))
	h.Write(body)
	return `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15]) + `"`
}

// notModified sets ETag and Cache-Control and reports whether the client has
// this very answer already.
func notModified(c *fiber.Ctx, tag string) bool {
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, cacheable)
	for _, t := range entityTags(c.Get(fiber.HeaderIfNoneMatch)) {
		if t == tag || t == "*" {
			return true
		}
	}
	return false
}

// ifMatch returns the revision that a write is meant for. It wants the header:
// [store.AnyRevision] for `*`, and -1, which no note has, for a tag that is not
// of this server's making.
func ifMatch(c *fiber.Ctx) (int64, error) {
	header := c.Get(fiber.HeaderIfMatch)
	tags := entityTags(header)
	switch {
	case header == "":
		return 0, &api.Error{
			Code: api.CodePrecondition, Field: "If-Match",
			Message: `If-Match is missing: give the note's revision as "3", or * to overwrite whatever is there`,
		}
	case len(tags) != 1 || len(c.Request().Header.PeekAll(fiber.HeaderIfMatch)) > 1:
		return 0, api.Invalid("If-Match", `If-Match is one revision in quotes, as "3", or *`)
	case tags[0] == "*":
		return store.AnyRevision, nil
	}
	digits, _, _ := strings.Cut(strings.Trim(tags[0], `"`), "-") // "3-gzip" and "3-md" are revision 3 too
	if revision, err := strconv.ParseInt(digits, 10, 64); err == nil && strconv.FormatInt(revision, 10) == digits && revision >= 1 {
		return revision, nil
	}
	return -1, nil
}

// ifMatchOrAny is ifMatch for the writes that work without the header.
func ifMatchOrAny(c *fiber.Ctx) (int64, error) {
	if c.Get(fiber.HeaderIfMatch) == "" {
		return store.AnyRevision, nil
	}
	return ifMatch(c)
}

// entityTags splits a list of entity tags. The mark of a weak one is dropped:
// proxies add it to an answer that they compress. Malformed lists are empty.
func entityTags(header string) []string {
	var tags []string
	for part := range strings.SplitSeq(header, ",") {
		tag := strings.TrimSpace(part)
		if tag != "*" {
			tag = strings.TrimPrefix(tag, "W/")
			if len(tag) < 2 || tag[0] != '"' || strings.IndexByte(tag[1:], '"') != len(tag)-2 {
				return nil
			}
		}
		tags = append(tags, tag)
	}
	return tags
}
