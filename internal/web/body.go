package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// readBody reads the JSON object that a request brings, of at most so many bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	d.DisallowUnknownFields()
	return plainly(d.Decode(into))
}

// plainly says what is wrong with JSON without words that only Go programmers know.
func plainly(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return errors.New("there is nothing in it")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends in the middle of the JSON")
	case errors.As(err, &kind):
		return fmt.Errorf("found %s where another value belongs", kind.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("it is not JSON from byte %d on", syntax.Offset)
	}
	if key, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok { // there is no type of it
		return fmt.Errorf("unknown key %s", key)
	}
	return err
}

// failBody answers a request whose body cannot be used.
func failBody(w http.ResponseWriter, what string, err error) {
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		fail(w, http.StatusRequestEntityTooLarge, fmt.Errorf("%s: it is too large: at most %d bytes are read", what, large.Limit))
		return
	}
	fail(w, http.StatusBadRequest, fmt.Errorf("%s: %w", what, err))
}
