package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/notesd/notesd/pkg/api"
)

// codes are all codes with the status that clients were promised.
var codes = map[api.Code]int{
	api.CodeInvalid:       400,
	api.CodeUnauthorized:  401,
	api.CodeForbidden:     403,
	api.CodeNotFound:      404,
	api.CodeMethod:        405,
	api.CodeConflict:      409,
	api.CodeGone:          410,
	api.CodeStale:         412,
	api.CodeTooLarge:      413,
	api.CodeMediaType:     415,
	api.CodeUnprocessable: 422,
	api.CodePrecondition:  428,
	api.CodeRateLimited:   429,
	api.CodeInternal:      500,
	api.CodeUnavailable:   503,
}

func TestCodeStatus(t *testing.T) {
	t.Parallel()
	for code, status := range codes {
		if got := code.Status(); got != status {
			t.Errorf("%s.Status() = %d, want %d", code, got, status)
		}
		if got := api.CodeOf(status); got != code {
			t.Errorf("CodeOf(%d) = %s, want %s", status, got, code)
		}
	}
	for status := 400; status < 600; status++ {
		code := api.CodeOf(status)
		if _, known := codes[code]; code.Status() == status && !known {
			t.Errorf("code %s of status %d was promised to nobody", code, status)
		}
	}
	if got := api.Code("unheard_of").Status(); got != http.StatusInternalServerError {
		t.Errorf("status of an unknown code = %d, want 500", got)
	}
	for _, status := range []int{0, http.StatusOK, http.StatusTeapot, http.StatusBadGateway} {
		if got := api.CodeOf(status); got != api.CodeInternal {
			t.Errorf("CodeOf(%d) = %s, want %s", status, got, api.CodeInternal)
		}
	}
}

func TestErrorIs(t *testing.T) {
	t.Parallel()
	mine := &api.Error{Code: api.CodeNotFound, Message: "there is no note k3"}
	wrapped := fmt.Errorf("sqlite: note: %w", mine)
	if !errors.Is(wrapped, api.ErrNotFound) {
		t.Error("a wrapped error is not one with the same code")
	}
	if errors.Is(wrapped, api.ErrGone) {
		t.Error("an error is one with another code")
	}
	if errors.Is(errors.New("not found"), api.ErrNotFound) {
		t.Error("a foreign error with the same text is one of ours")
	}
}

func TestErrorCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want api.Code
	}{
		{"ours", api.ErrStale, api.CodeStale},
		{"wrapped", fmt.Errorf("server: %w", fmt.Errorf("sqlite: %w", api.ErrGone)), api.CodeGone},
		{"first of two", errors.Join(api.ErrConflict, api.ErrNotFound), api.CodeConflict},
		{"foreign", errors.New("disk on fire"), api.CodeInternal},
		{"none", nil, api.CodeInternal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := api.ErrorCode(tt.err); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	if got := api.Invalid("limit", "limit is a number from 1 to %d", 200).Error(); got != "limit is a number from 1 to 200" {
		t.Errorf("got %q", got)
	}
	if got := (&api.Error{Code: api.CodeGone}).Error(); got != "gone" {
		t.Errorf("an error without a message reads %q, want its code", got)
	}
}

// wantError fails the test unless err has this code and names this field. No
// code means no error.
func wantError(t *testing.T, err error, code api.Code, field string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("got error %q, want none", err)
		}
		return
	}
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		t.Fatalf("got %v, want an *api.Error", err)
	}
	if e.Code != code || e.Field != field {
		t.Errorf("got %s about %q (%s), want %s about %q", e.Code, e.Field, e, code, field)
	}
	if e.Message == "" {
		t.Error("the error has no sentence for people")
	}
}
