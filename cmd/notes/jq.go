package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/itchyny/gojq"
)

func compileQuery(expression string) (*gojq.Code, error) {
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, usagef("--jq: %v", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, usagef("--jq: %v", err)
	}
	return code, nil
}

// runQuery writes each result of the query on a line of its own, as it comes:
// strings as they are, all else as JSON. A query may go on for ever, until ctx
// ends or nobody reads it any more.
func runQuery(ctx context.Context, p *printer, code *gojq.Code, data []byte) error {
	input, err := decodeJSON(data)
	if err != nil {
		return err
	}
	for results := code.RunWithContext(ctx, input); ; {
		v, ok := results.Next()
		if !ok {
			return nil
		}
		if err, ok := v.(error); ok {
			if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
				return nil
			}
			return fmt.Errorf("--jq: %w", err)
		}
		text, err := resultText(v, p.tty)
		if err != nil {
			return err
		}
		if err := p.writeSafe(text); err != nil {
			return err
		}
	}
}

func resultText(v any, person bool) (string, error) {
	if s, ok := v.(string); ok {
		return s + "\n", nil
	}
	line, err := gojq.Marshal(v)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = writeJSON(&out, line, person)
	return out.String(), err
}
