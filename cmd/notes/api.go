package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/client"
)

// apiFlags are the flags of api.
type apiFlags struct {
	fields   []requestField // -f and -F, in their order
	input    string
	headers  []string
	include  bool
	paginate bool
	format   format
}

func newAPI(a *app) *cobra.Command {
	var f apiFlags
	cmd := &cobra.Command{
		Use:   "api [METHOD] PATH",
		Short: "Make any request of the API",
		Long: `Make any request of the server's API with your login, and write the answer. The
method is GET unless told. The path may begin with /api/v1 and may have a query;
it is always one of the server that you are logged in to.

-f adds a string and -F a value: true, false, null, a number, or with @ the text
of a file (@- is stdin). They become the query of a GET, and the JSON body of any
other request; a key that ends in [] makes a list. --input is a body as it is.

--paginate follows next_cursor and writes the pages one after the other. --jq and
--template see each JSON value of the answer, which may be lines of JSON.

When the server refuses, its answer is on stdout, the reason on stderr, and the
exit code says what kind of reason (see "notes help exit-codes").`,
		Example: `  notes api /me
  notes api /notes -f q=milk -f limit=5 --jq '.notes[].title'
  notes api POST /notes -f title='Buy milk' -f 'tags[]=home' -F pinned=true
  notes api PATCH /notes/0123456789ab -H 'If-Match: "3"' -F body=@draft.md
  notes api /export > notes.ndjson`,
		Args: args(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, words []string) error {
			r, err := a.apiRequest(cmd.Context(), words, f)
			if err != nil {
				return err
			}
			c, err := a.client()
			if err != nil {
				return err
			}
			return a.callAPI(cmd.Context(), c, r, f)
		},
		ValidArgsFunction: func(_ *cobra.Command, words []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(words) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []cobra.Completion{"GET", "POST", "PATCH", "DELETE"}, keepOrder
		},
	}
	flags := cmd.Flags()
	flags.VarP(&fieldFlag{&f.fields, false}, "field", "f", "add a string: `key=text` (may repeat)")
	flags.VarP(&fieldFlag{&f.fields, true}, "typed", "F", "add a value: `key=value` (may repeat)")
	flags.StringVar(&f.input, "input", "", "send this `file` as the body (- is stdin)")
	flags.VarP((*headerList)(&f.headers), "header", "H", "add a `header`, as 'Name: value' (may repeat)")
	flags.BoolVarP(&f.include, "include", "i", false, "write the status and the headers of the answer, too")
	flags.BoolVar(&f.paginate, "paginate", false, "ask for all pages of a list")
	flags.StringVar(&f.format.JQ, "jq", "", "filter each JSON value by a jq `expression`")
	flags.StringVar(&f.format.Template, "template", "", "write each JSON value by a Go `template`")
	cmd.MarkFlagsMutuallyExclusive("jq", "template")
	cmd.MarkFlagsMutuallyExclusive("include", "paginate")
	cmd.MarkFlagsMutuallyExclusive("input", "paginate")
	cmd.PreRunE = func(*cobra.Command, []string) error { return f.format.compile() }
	return cmd
}

// headerList is the value of --header.
type headerList []string

func (l *headerList) String() string { return strings.Join(*l, ", ") }
func (l *headerList) Type() string   { return "header" }

func (l *headerList) Set(line string) error {
	name, _, ok := strings.Cut(line, ":")
	switch http.CanonicalHeaderKey(strings.TrimSpace(name)) {
	case "Authorization", "Cookie", "Host", "Content-Length", "Transfer-Encoding":
		return errors.New("that header is not yours to set: the login makes it")
	}
	if !ok || strings.TrimSpace(name) == "" || strings.ContainsFunc(line, unicode.IsControl) {
		return errors.New("a header is 'Name: value'")
	}
	*l = append(*l, line)
	return nil
}

// apiRequest is the request of a command line.
func (a *app) apiRequest(ctx context.Context, words []string, f apiFlags) (client.Request, error) {
	r := client.Request{Method: http.MethodGet, Header: http.Header{}}
	if len(words) == 2 {
		r.Method = strings.ToUpper(words[0])
	}
	var err error
	if r.Path, r.Query, err = apiPath(words[len(words)-1]); err != nil {
		return r, err
	}
	for _, line := range f.headers {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case f.paginate && r.Method != http.MethodGet:
		return r, usagef("--paginate goes with GET")
	case reading && f.input != "":
		return r, usagef("a %s has no body: leave --input out", r.Method)
	case f.input != "" && len(f.fields) > 0:
		return r, usagef("the body comes from --input or from -f and -F, not from both")
	case f.input != "":
		r.Body, err = a.readAll(ctx, f.input)
		return r, err
	case len(f.fields) == 0:
		return r, nil
	}
	values, err := a.fieldValues(ctx, f.fields)
	if err != nil {
		return r, err
	}
	if reading {
		return r, addQuery(r.Query, f.fields, values)
	}
	r.Body, err = fieldBody(f.fields, values)
	return r, err
}

// apiPath splits a path below the API from its query. A URL is refused, even one
// of the same server: nobody has to wonder where the login goes.
func apiPath(arg string) (path string, query url.Values, err error) {
	path, raw, _ := strings.Cut(arg, "?")
	if strings.Contains(path, "://") {
		return "", nil, withHint(usagef("%q is not a path of the API", arg), "for example: notes api /notes; choose the server with --server")
	}
	if query, err = url.ParseQuery(raw); err != nil {
		return "", nil, usagef("the query of %q: %v", arg, err)
	}
	path = "/" + strings.TrimLeft(path, "/")
	if rest, ok := strings.CutPrefix(path, api.Prefix); ok && (rest == "" || rest[0] == '/') {
		path = rest
	}
	return path, query, nil
}

// readAll reads a body, which is no longer than the server takes.
func (a *app) readAll(ctx context.Context, file string) ([]byte, error) {
	r := a.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	body, err := await(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(r, api.MaxRequest+1)) })
	if err == nil && len(body) > api.MaxRequest {
		err = &api.Error{Code: api.CodeTooLarge, Message: fmt.Sprintf("the body is longer than %d MiB", api.MaxRequest>>20)}
	}
	return body, err
}

// maxAPIPages ends a list that has no end.
const maxAPIPages = 100_000

// callAPI makes the request, or those of all pages.
func (a *app) callAPI(ctx context.Context, c *client.Client, r client.Request, f apiFlags) error {
	p := a.printer()
	for range maxAPIPages {
		res, err := c.Do(ctx, r)
		if res == nil {
			return err
		}
		next, werr := writeAnswer(ctx, p, res, f, err == nil)
		_ = res.Body.Close()
		if err = errors.Join(err, werr); err != nil || next == "" {
			return err
		}
		if next == r.Query.Get("cursor") {
			break
		}
		r.Query.Set("cursor", next)
	}
	return errors.New("the server gives a list without an end")
}
