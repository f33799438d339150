package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// format is what --json, --jq and --template of one command say: which fields
// of its result to write, and in which form.
type format struct {
	JSON     []string // fields in the order asked; empty: the command's own form
	JQ       string
	Template string

	fields   []string // the fields there are
	query    *gojq.Code
	template *template.Template
}

// addFormatFlags gives cmd the flags of f over these fields. Wrong use of them
// is a usageError before the command runs.
func addFormatFlags(cmd *cobra.Command, f *format, fields []string) {
	f.fields = fields
	flags := cmd.Flags()
	flags.Var((*fieldList)(&f.JSON), "json", "write JSON with these `fields`, separated by commas")
	flags.StringVar(&f.JQ, "jq", "", "filter the JSON by a jq `expression`")
	flags.StringVar(&f.Template, "template", "", "write the JSON by a Go `template`")
	_ = cmd.RegisterFlagCompletionFunc("json", cobra.FixedCompletions(fields, cobra.ShellCompDirectiveNoFileComp))

	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if err := f.prepare(cmd.Flags().Changed("json")); err != nil {
			return err
		}
		if before != nil {
			return before(cmd, args)
		}
		return nil
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok && missing.GetFlag().Name == "json" {
			return usagef("--json wants fields, separated by commas: %s", strings.Join(fields, ", "))
		}
		if cmd.HasParent() {
			return cmd.Parent().FlagErrorFunc()(cmd, err)
		}
		return usageError{err}
	})
}

// fieldList is the value of --json. A StringSlice would do the same, but makes
// a CSV writer of 4 KiB to show its default, for each command at every start.
type fieldList []string

func (l *fieldList) String() string { return strings.Join(*l, ",") }

func (l *fieldList) Type() string { return "fields" }

// Set adds fields. Those of several flags add up.
func (l *fieldList) Set(value string) error {
	for name := range strings.SplitSeq(value, ",") {
		if name = strings.TrimSpace(name); name != "" {
			*l = append(*l, name)
		}
	}
	return nil
}

// prepare checks the flags and compiles what they hold. asked reports whether
// --json was given.
func (f *format) prepare(asked bool) error {
	known := strings.Join(f.fields, ", ")
	switch {
	case asked && len(f.JSON) == 0:
		return usagef("--json wants fields, separated by commas: %s", known)
	case f.JQ != "" && !asked:
		return usagef("--jq works on the output of --json: add --json FIELDS")
	case f.Template != "" && !asked:
		return usagef("--template works on the output of --json: add --json FIELDS")
	case f.JQ != "" && f.Template != "":
		return usagef("--jq and --template exclude each other")
	}
	for _, name := range f.JSON {
		if !slices.Contains(f.fields, name) {
			return usagef("there is no field %q: the fields are %s", name, known)
		}
	}
	return f.compile()
}

// compile compiles --jq or --template, of which there is one at most.
func (f *format) compile() (err error) {
	if f.JQ != "" {
		f.query, err = compileQuery(f.JQ)
	}
	if f.Template != "" {
		f.template, err = compileTemplate(f.Template)
	}
	return err
}

// active reports whether the command's result is to be written by write.
func (f *format) active() bool { return len(f.JSON) > 0 }

// write writes v, a struct or a slice of structs, as the flags say.
func (f *format) write(ctx context.Context, p *printer, v any) error {
	data, err := selectFields(v, f.JSON)
	if err != nil {
		return err
	}
	return f.writeData(ctx, p, data)
}

// writeData writes one JSON value as the flags say.
func (f *format) writeData(ctx context.Context, p *printer, data []byte) error {
	if f.query != nil {
		return runQuery(ctx, p, f.query, data)
	}
	out := &bytes.Buffer{}
	var err error
	if f.template != nil {
		err = runTemplate(out, f.template, data, p.now)
	} else {
		err = writeJSON(out, data, p.tty)
	}
	return errors.Join(err, p.writeSafe(out.String()))
}

// writeSafe writes what a terminal may see of a text, or all of it elsewhere.
func (p *printer) writeSafe(text string) error {
	if p.tty {
		text = sanitize(text)
	}
	_, err := io.WriteString(p, text)
	return err
}

// copySafe writes what a terminal may see of r, as it comes, or all of it
// elsewhere.
func (p *printer) copySafe(r io.Reader) error {
	if !p.tty {
		_, err := io.Copy(p, r)
		return err
	}
	lines := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := lines.ReadSlice('\n')
		if werr := p.writeSafe(string(line)); werr != nil {
			return werr
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
	}
}

// selectFields returns the JSON of v with only these members, in this order. A
// member that v leaves out is null.
func selectFields(v any, fields []string) ([]byte, error) {
	if reflect.TypeOf(v).Kind() != reflect.Slice {
		return selectMembers(v, fields)
	}
	list := reflect.ValueOf(v)
	out := []byte{'['}
	for i := range list.Len() {
		if i > 0 {
			out = append(out, ',')
		}
		member, err := selectMembers(list.Index(i).Interface(), fields)
		if err != nil {
			return nil, err
		}
		out = append(out, member...)
	}
	return append(out, ']'), nil
}

func selectMembers(v any, fields []string) ([]byte, error) {
	whole, err := marshalJSON(v)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(whole, &members); err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for i, name := range fields {
		if i > 0 {
			out = append(out, ',')
		}
		value, ok := members[name]
		if !ok {
			value = json.RawMessage("null")
		}
		out = fmt.Appendf(out, "%q:%s", name, value)
	}
	return append(out, '}'), nil
}

// marshalJSON is json.Marshal that leaves <, > and & as they are.
func marshalJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// writeJSON writes one line of JSON, for a person indented lines.
func writeJSON(out *bytes.Buffer, data []byte, person bool) error {
	if person {
		// What sanitize would escape in its own way is escaped in JSON's.
		data = bytes.ReplaceAll(data, []byte{0x7f}, []byte(`\u007f`))
		if err := json.Indent(out, data, "", "  "); err != nil {
			return err
		}
	} else {
		out.Write(data)
	}
	return out.WriteByte('\n')
}

// decodeJSON returns data as nil, bool, int, float64, string, []any and
// map[string]any, which both jq and templates count with.
func decodeJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return numbers(v), err
}

func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}
