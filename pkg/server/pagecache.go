package server

import (
	"sync"
	"time"

	"github.com/notesd/notesd/pkg/store"
)

const (
	// pageCacheBytes bounds what is kept of encoded pages.
	pageCacheBytes = 16 << 20
	// pageCacheMaxBytes is the largest page that is worth a place, and
	// pageCacheMaxQuery the longest query.
	pageCacheMaxBytes = 256 << 10
	pageCacheMaxQuery = 1 << 10
	// pageCacheEntry is what an entry takes beside its text, about.
	pageCacheEntry = 256
	// pageCacheLife is how long a page is kept at most, should somebody change
	// the database behind the server's back.
	pageCacheLife = 2 * time.Second
)

// pageCache keeps the encoded pages of lists, for stores that can tell without a
// look at the database whether a user's notes have changed: reading and encoding
// fifty notes takes ten times as long as sending them. With any other store it
// keeps nothing.
type pageCache struct {
	versions store.Versioned // nil: keep nothing
	now      func() time.Time

	mu    sync.Mutex
	pages map[pageKey]cachedPage
	bytes int
}

type pageKey struct{ owner, query string }

type cachedPage struct {
	version uint64
	until   time.Time
	tag     string
	body    []byte
}

func (k pageKey) cost(p cachedPage) int {
	return pageCacheEntry + len(k.owner) + len(k.query) + len(p.body)
}

func newPageCache(s store.Store, now func() time.Time) *pageCache {
	versions, _ := s.(store.Versioned)
	return &pageCache{versions: versions, now: now, pages: map[pageKey]cachedPage{}}
}

// get returns the page if it is still right, and else makes it.
func (p *pageCache) get(key pageKey, read func() (tag string, body []byte, err error)) (tag string, body []byte, err error) {
	if p.versions == nil || len(key.query) > pageCacheMaxQuery {
		return read()
	}
	version, now := p.versions.NotesVersion(key.owner), p.now()
	p.mu.Lock()
	page, ok := p.pages[key]
	p.mu.Unlock()
	if ok && page.version == version && now.Before(page.until) {
		return page.tag, page.body, nil
	}
	tag, body, err = read()
	if err == nil && len(body) <= pageCacheMaxBytes {
		p.keep(key, cachedPage{version: version, until: now.Add(pageCacheLife), tag: tag, body: body})
	}
	return tag, body, err
}

// keep makes room by forgetting everything: what is asked for often is back at
// once.
func (p *pageCache) keep(key pageKey, page cachedPage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old, ok := p.pages[key]; ok {
		p.bytes -= key.cost(old)
	}
	p.bytes += key.cost(page)
	if p.bytes > pageCacheBytes {
		clear(p.pages)
		p.bytes = key.cost(page)
	}
	p.pages[key] = page
}
