package client_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// exampleUser is a client of somebody who has signed up.
func exampleUser(ctx context.Context, name string) (*client.Client, error) {
	c, err := client.New(serverURL)
	if err != nil {
		return nil, err
	}
	if _, err := c.CreateUser(ctx, api.NewUser{Username: name, Password: password}); err != nil {
		return nil, err
	}
	l, err := c.Login(ctx, api.NewSession{Username: name, Password: password, Label: "example"})
	if err != nil {
		return nil, err
	}
	return client.New(serverURL, client.WithLogin(client.TokensOf(l), nil))
}

// Sign up, log in, and go on with the tokens, which the client refreshes and
// hands out to be kept.
func Example() {
	ctx := context.Background()
	c, err := client.New(serverURL)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.CreateUser(ctx, api.NewUser{Username: "ann", Password: password}); err != nil {
		fmt.Println(err)
		return
	}
	login, err := c.Login(ctx, api.NewSession{Username: "ann", Password: password, Label: "my program"})
	if err != nil {
		fmt.Println(err)
		return
	}
	save := func(t client.Tokens) error { return nil } // into a keyring, say
	c, err = client.New(serverURL, client.WithLogin(client.TokensOf(login), save))
	if err != nil {
		fmt.Println(err)
		return
	}
	note, err := c.CreateNote(ctx, api.NewNote{Title: "Buy milk", Tags: []string{"home"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(note.Title, note.Tags, note.Revision)
	// Output: Buy milk [home] 1
}

func ExampleClient_AllSummaries() {
	ctx := context.Background()
	c, err := exampleUser(ctx, "bob")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, title := range []string{"cherries", "apples", "bread"} {
		if _, err := c.CreateNote(ctx, api.NewNote{Title: title}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for note, err := range c.AllSummaries(ctx, api.ListOptions{Sort: api.SortTitle}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(note.Title)
	}
	// Output:
	// apples
	// bread
	// cherries
}

// Save only over the revision that was read, and look at what is there instead.
func ExampleClient_UpdateNote() {
	ctx := context.Background()
	c, err := exampleUser(ctx, "cem")
	if err != nil {
		fmt.Println(err)
		return
	}
	note, err := c.CreateNote(ctx, api.NewNote{Title: "Plan"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, title := range []string{"Plan A", "Plan B"} {
		_, err := c.UpdateNote(ctx, note.ID, note.Revision, api.NotePatch{Title: &title})
		if e, ok := errors.AsType[*client.Error](err); ok && errors.Is(err, api.ErrStale) {
			fmt.Printf("not saved: it is %q by now\n", e.Note.Title)
		} else if err != nil {
			fmt.Println(err)
		}
	}
	// Output: not saved: it is "Plan A" by now
}

// A token for a script, which may add notes and see none.
func ExampleClient_CreateToken() {
	ctx := context.Background()
	c, err := exampleUser(ctx, "dan")
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := c.CreateToken(ctx, api.NewToken{Label: "backup script", Scope: api.ScopeCreate, ExpiresInDays: 90})
	if err != nil {
		fmt.Println(err)
		return
	}
	script, err := client.New(serverURL, client.WithToken(made.Token))
	if err != nil {
		fmt.Println(err)
		return
	}
	note, err := script.CreateNote(ctx, api.NewNote{Title: "Backup done"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = script.Note(ctx, note.ID)
	fmt.Println(note.Title, err)
	// Output: Backup done this token may only add notes
}
