package main

import (
	"bytes"
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

// runQuery writes each result of the query on a line of its own: strings as
// they are, all else as JSON.
func runQuery(out *bytes.Buffer, code *gojq.Code, data []byte, person bool) error {
	input, err := decodeJSON(data)
	if err != nil {
		return err
	}
	for results := code.Run(input); ; {
		v, ok := results.Next()
		if !ok {
			return nil
		}
		switch v := v.(type) {
		case error:
			if halt, ok := errors.AsType[*gojq.HaltError](v); ok && halt.Value() == nil {
				return nil
			}
			return fmt.Errorf("--jq: %w", v)
		case string:
			out.WriteString(v)
			out.WriteByte('\n')
		default:
			line, err := gojq.Marshal(v)
			if err != nil {
				return err
			}
			if err := writeJSON(out, line, person); err != nil {
				return err
			}
		}
	}
}
