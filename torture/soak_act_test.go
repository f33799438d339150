//go:build linux

package torture

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// enough is how many notes a person keeps.
const enough = 60

// act does one thing, with one of her notes where it takes one.
func (p *person) act(ctx context.Context) {
	c := p.client()
	ids := slices.Sorted(maps.Keys(p.notes))
	if len(ids) == 0 {
		p.create(ctx, c)
		return
	}
	n := p.notes[oneOf(p.rng, ids)]
	switch dice := p.rng.IntN(1000); {
	case dice < 200 && len(ids) < enough:
		p.create(ctx, c)
	case dice < 240:
		p.createAgain(ctx, c, n)
	case dice < 380:
		p.get(ctx, c, n)
	case dice < 520:
		p.update(ctx, c, n)
	case dice < 600:
		p.append(ctx, c, n)
	case dice < 700:
		p.trashOrPurge(ctx, c, n)
	case dice < 750:
		p.restore(ctx, c, n)
	case dice < 755:
		p.emptyTrash(ctx, c)
	case dice < 880:
		p.list(ctx, c)
	case dice < 930:
		p.meddle(ctx, c)
	case dice < 980:
		p.err(n)
	case dice < 993:
		p.refresh(ctx)
	case dice < 998:
		p.sessions(ctx, c)
	default:
		p.logInAgain(ctx, c)
	}
}

// keep compares a note that was answered with what it must be.
func (p *person) keep(what string, want, got api.Note, err error) {
	if err != nil {
		p.tb.Errorf("%s: %s: %v", p.mark, what, err)
		return
	}
	if got.ID != want.ID || got.Title != want.Title || got.Body != want.Body || !slices.Equal(got.Tags, want.Tags) || got.Pinned != want.Pinned ||
		got.Archived != want.Archived || got.Revision != want.Revision || (got.TrashedAt == nil) != (want.TrashedAt == nil) {
		p.tb.Errorf("%s: %s: %s at revision %d, %.40q with %d bytes, want %s at %d, %.40q with %d",
			p.mark, what, got.ID, got.Revision, got.Title, len(got.Body), want.ID, want.Revision, want.Title, len(want.Body))
	}
	p.notes[got.ID] = got
}

// refused wants an error of this kind.
func (p *person) refused(what string, err error, want *api.Error) {
	if !errors.Is(err, want) {
		p.tb.Errorf("%s: %s: %v, want %v", p.mark, what, err, want)
	}
}

func (p *person) create(ctx context.Context, c *client.Client) {
	id := api.NewID()
	if shared := oneOf(p.rng, p.crowd.ids); p.rng.IntN(4) == 0 && p.notes[shared].ID == "" && !slices.Contains(p.purged, shared) {
		id = shared
	} else {
		p.crowd.publish(p.mark, id)
	}
	in := api.NewNote{
		ID: id, Title: p.line(), Body: p.text(), Pinned: p.rng.IntN(5) == 0, Archived: p.rng.IntN(5) == 0,
		Tags: []string{oneOf(p.rng, []string{"blue", "red"}), p.mark},
	}
	slices.Sort(in.Tags) // as the server keeps them
	want := api.Note{Body: in.Body, NoteMeta: api.NoteMeta{ID: id, Title: in.Title, Tags: in.Tags, Pinned: in.Pinned, Archived: in.Archived, Revision: 1}}
	got, err := c.CreateNote(ctx, in)
	p.keep("create", want, got, err)
}

// createAgain gives an id that is taken or was, with other content.
func (p *person) createAgain(ctx context.Context, c *client.Client, n api.Note) {
	_, err := c.CreateNote(ctx, api.NewNote{ID: n.ID, Title: p.line()})
	p.refused("create with an id that is taken", err, api.ErrConflict)
	if len(p.purged) > 0 {
		_, err := c.CreateNote(ctx, api.NewNote{ID: oneOf(p.rng, p.purged), Title: p.mark})
		p.refused("create with an id that was purged", err, api.ErrGone)
	}
}

func (p *person) get(ctx context.Context, c *client.Client, n api.Note) {
	got, err := c.Note(ctx, n.ID)
	p.keep("get", n, got, err)
	if err == nil && (got.CreatedAt != n.CreatedAt || got.UpdatedAt != n.UpdatedAt) {
		p.tb.Errorf("%s: the times of a note changed by themselves", p.mark)
	}
	if len(p.purged) > 0 {
		_, err := c.Note(ctx, oneOf(p.rng, p.purged))
		p.refused("get what was purged", err, api.ErrNotFound)
	}
}

func (p *person) update(ctx context.Context, c *client.Client, n api.Note) {
	body, pinned := p.text(), !n.Pinned
	patch, want := api.NotePatch{Body: &body, Pinned: &pinned}, n
	want.Body, want.Pinned, want.Revision = body, pinned, n.Revision+1
	if p.rng.IntN(3) == 0 {
		stale, err := c.UpdateNote(ctx, n.ID, n.Revision+1, patch)
		p.refused("update of another revision", err, api.ErrStale)
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Note == nil || e.Note.Body != n.Body {
			p.tb.Errorf("%s: a stale update carries %v", p.mark, stale)
		}
	}
	got, err := c.UpdateNote(ctx, n.ID, n.Revision, patch)
	p.keep("update", want, got, err)
}

func (p *person) append(ctx context.Context, c *client.Client, n api.Note) {
	if len(n.Body) > 300<<10 {
		return
	}
	text, want := p.text(), n
	want.Body, want.Revision = n.Body+"\n"+text, n.Revision+1
	got, err := c.AppendNote(ctx, n.ID, text)
	p.keep("append", want, got, err)
}

func (p *person) trashOrPurge(ctx context.Context, c *client.Client, n api.Note) {
	if n.TrashedAt != nil {
		if err := c.PurgeNote(ctx, n.ID); err != nil {
			p.tb.Errorf("%s: purge: %v", p.mark, err)
		}
		delete(p.notes, n.ID)
		p.purged = append(p.purged, n.ID)
		return
	}
	if err := c.TrashNote(ctx, n.ID); err != nil {
		p.tb.Errorf("%s: trash: %v", p.mark, err)
	}
	want := n
	want.Revision++
	want.TrashedAt = &n.UpdatedAt
	got, err := c.Note(ctx, n.ID)
	p.keep("trash", want, got, err)
}

func (p *person) restore(ctx context.Context, c *client.Client, n api.Note) {
	want := n
	if n.TrashedAt != nil {
		want.TrashedAt = nil
		want.Revision++
	}
	got, err := c.RestoreNote(ctx, n.ID)
	p.keep("restore", want, got, err)
}

func (p *person) emptyTrash(ctx context.Context, c *client.Client) {
	trashed := 0
	for id, n := range p.notes {
		if n.TrashedAt != nil {
			trashed++
			delete(p.notes, id)
			p.purged = append(p.purged, id)
		}
	}
	if got, err := c.EmptyTrash(ctx); err != nil || got != trashed {
		p.tb.Errorf("%s: the trash had %d notes, want %d, %v", p.mark, got, trashed, err)
	}
	slices.Sort(p.purged) // a map's order is no seed's
}

// list reads all pages of some list, and wants her notes in their order.
func (p *person) list(ctx context.Context, c *client.Client) {
	o := api.ListOptions{
		State: oneOf(p.rng, []api.State{api.StateActive, api.StateArchived, api.StateTrashed, api.StateAll}),
		Sort:  oneOf(p.rng, []api.Sort{api.SortUpdated, api.SortCreated, api.SortTitle}),
		Order: oneOf(p.rng, []api.Order{api.OrderAsc, api.OrderDesc}),
		Tags:  oneOf(p.rng, [][]string{nil, {"red"}, {"red", p.mark}}),
		Limit: 1 + p.rng.IntN(40),
	}
	if p.rng.IntN(3) == 0 {
		pinned := p.rng.IntN(2) == 0
		o.Pinned = &pinned
	}
	var got []string
	for n, err := range c.AllNotes(ctx, o) {
		if err != nil {
			p.tb.Errorf("%s: list %+v: %v", p.mark, o, err)
			return
		}
		got = append(got, n.ID)
		if want := p.notes[n.ID]; want.Body != n.Body || want.Revision != n.Revision {
			p.tb.Errorf("%s: list: %s is at revision %d, want %d", p.mark, n.ID, n.Revision, want.Revision)
		}
	}
	if want := p.listed(o); !slices.Equal(got, want) {
		p.tb.Errorf("%s: list %+v: %d notes %v, want %d %v", p.mark, o, len(got), got, len(want), want)
	}
}

// listed is the answer to a list, worked out from what she knows.
func (p *person) listed(o api.ListOptions) []string {
	var found []api.Note
	for _, n := range p.notes {
		trashed := n.TrashedAt != nil
		state := o.State == api.StateAll || o.State == api.StateTrashed && trashed ||
			o.State == api.StateArchived && !trashed && n.Archived || o.State == api.StateActive && !trashed && !n.Archived
		tagged := !slices.ContainsFunc(o.Tags, func(tag string) bool { return !slices.Contains(n.Tags, tag) })
		if state && tagged && (o.Pinned == nil || *o.Pinned == n.Pinned) {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b api.Note) int {
		var order int
		switch o.Sort {
		case api.SortTitle:
			order = strings.Compare(a.Title, b.Title)
		case api.SortCreated:
			order = a.CreatedAt.Compare(b.CreatedAt.Time)
		default:
			order = a.UpdatedAt.Compare(b.UpdatedAt.Time)
		}
		order = cmp.Or(order, strings.Compare(a.ID, b.ID))
		if o.Order == api.OrderDesc {
			return -order
		}
		return order
	})
	var ids []string
	for _, n := range found {
		ids = append(ids, n.ID)
	}
	return ids
}

// meddle goes after what belongs to somebody else, and wants it to be answered
// as what is not there.
func (p *person) meddle(ctx context.Context, c *client.Client) {
	id, absent := p.crowd.foreign(p), api.NewID()
	if id == "" {
		return
	}
	_, missing := c.Note(ctx, absent)
	_, theirs := c.Note(ctx, id)
	p.refused("get somebody else's note", theirs, api.ErrNotFound)
	if theirs != nil && missing != nil && theirs.Error() != missing.Error() {
		p.tb.Errorf("%s: somebody else's note is %v, an absent one %v", p.mark, theirs, missing)
	}
	text := p.text()
	_, err := c.UpdateNote(ctx, id, client.AnyRevision, api.NotePatch{Body: &text})
	p.refused("update somebody else's note", err, api.ErrNotFound)
	_, err = c.AppendNote(ctx, id, text)
	p.refused("append to somebody else's note", err, api.ErrNotFound)
	_, err = c.RestoreNote(ctx, id)
	p.refused("restore somebody else's note", err, api.ErrNotFound)
	p.refused("trash somebody else's note", c.TrashNote(ctx, id), api.ErrNotFound)
	p.refused("purge somebody else's note", c.PurgeNote(ctx, id), api.ErrNotFound)
	p.refused("end somebody else's session", c.DeleteSession(ctx, id), api.ErrNotFound)
}

// err sends what is wrong.
func (p *person) err(n api.Note) {
	one := "/notes/" + n.ID
	wrong := oneOf(p.rng, []struct {
		method, path, body string
		headers            []string
		status             int
	}{
		{"POST", "/notes", `{"title":`, nil, 400},
		{"POST", "/notes", `{"titel":"` + p.mark + `"}`, nil, 400},
		{"POST", "/notes", `{"title":"` + strings.Repeat("x", api.MaxTitle) + p.mark + `"}`, nil, 413},
		{"POST", "/notes", "title=" + p.mark, []string{"Content-Type: application/x-www-form-urlencoded"}, 415},
		{"POST", "/notes", `{"title":{"$ne":"` + p.mark + `"}}`, nil, 400},
		{"GET", "/notes?limit=0", "", nil, 400},
		{"GET", "/notes?cursor=" + p.mark, "", nil, 400},
		{"GET", "/notes?access_token=" + p.mark, "", nil, 400},
		{"GET", "/nothing", "", nil, 404},
		{"PUT", one, `{}`, nil, 405},
		{"PATCH", one, `{"title":"` + p.mark + `"}`, nil, 428},
		{"PATCH", one, `{"title":"` + p.mark + `"}`, []string{`If-Match: "x","y"`}, 400},
		{"PATCH", one, `{"title":"` + p.mark + `"}`, []string{`If-Match: "999999"`}, 412},
		{"PATCH", one, `{}`, []string{"If-Match: *"}, 400},
		{"DELETE", "/notes", "", nil, 400},
		{"GET", "/me", "", []string{"Authorization: Bearer " + p.mark}, 401},
		{"GET", "/me", "", []string{"Authorization: Basic " + p.mark}, 401},
		{"POST", "/sessions/refresh", `{"refresh_token":"nrt_` + p.mark + `"}`, nil, 401},
	})
	status, problem := p.raw(wrong.method, wrong.path, wrong.body, wrong.headers...)
	if status != wrong.status || problem.Status != status || problem.Code == "" {
		p.tb.Errorf("%s: %s %s %.60s: %d %+v, want %d", p.mark, wrong.method, wrong.path, wrong.body, status, problem, wrong.status)
	}
}

// refresh gets the next tokens, and the same ones again for the same secret.
func (p *person) refresh(ctx context.Context) {
	next, err := p.anyone.Refresh(ctx, p.login.RefreshToken)
	if err != nil {
		p.tb.Errorf("%s: refresh: %v", p.mark, err)
		return
	}
	again, err := p.anyone.Refresh(ctx, p.login.RefreshToken)
	if err != nil || again.RefreshToken != next.RefreshToken || next.RefreshToken == p.login.RefreshToken {
		p.tb.Errorf("%s: a refresh was repeated and gave something else, %v", p.mark, err)
	}
	p.login = next
}

func (p *person) sessions(ctx context.Context, c *client.Client) {
	all, err := c.ListSessions(ctx)
	if err != nil || len(all) != 1 || all[0].ID != p.login.Session.ID || all[0].Label != p.mark || !all[0].Current {
		p.tb.Errorf("%s: the sessions are %+v, %v", p.mark, all, err)
	}
}

// logInAgain ends the login; nothing of it works any more.
func (p *person) logInAgain(ctx context.Context, c *client.Client) {
	if err := c.Logout(ctx); err != nil {
		p.tb.Errorf("%s: logout: %v", p.mark, err)
	}
	_, err := c.ListSessions(ctx)
	p.refused("a token after the logout", err, api.ErrUnauthorized)
	_, err = p.anyone.Refresh(ctx, p.login.RefreshToken)
	p.refused("a refresh after the logout", err, api.ErrUnauthorized)
	p.logIn(ctx)
}
