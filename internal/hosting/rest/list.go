package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"unicode/utf8"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// spaces are what JSON allows around a value.
const spaces = " \t\r\n"

// stream is the body of a list, read entry by entry: no more of it is held than the entry at
// hand. encoding/json would hold an entry that does not end up to the whole body.
type stream struct {
	from io.Reader
	// read so far, and until where the entry at hand may reach, in bytes.
	read, until int64
	// entry at hand.
	entry json.RawMessage
	// err is why nothing more came, other than that the body ended.
	err error
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	room := s.until - s.read
	if room <= 0 {
		s.err = tooLarge("an entry is longer than %d bytes", maxItem)
		return 0, s.err
	}
	n, err := s.from.Read(p[:min(int64(len(p)), room)])
	s.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// eachEntry gives the entries of a bare array to use, in order. raw is only valid until use
// returns. What was used counts only where there is no error: the rest of the body may be cut
// off, or be no JSON. An error of use has to be a shapeError.
func eachEntry(body io.Reader, use func(i int, raw json.RawMessage) error) error {
	s := &stream{from: body, until: maxItem}
	decoder := json.NewDecoder(s)
	opening, err := decoder.Token()
	if err == nil && opening != json.Delim('[') {
		return odd("", "the answer is not an array")
	}
	for i := 0; err == nil && s.more(decoder); i++ {
		// The memory of an entry serves the next one too.
		if err = decoder.Decode(&s.entry); err == nil {
			err = use(i, s.entry)
		}
	}
	if err == nil {
		err = s.end(decoder)
	}
	switch shape := (*shapeError)(nil); {
	case s.err != nil:
		return s.err
	case err == nil || errors.As(err, &shape):
		return err
	}
	return errNotJSON
}

// more says whether another entry begins, and gives it its room.
func (s *stream) more(decoder *json.Decoder) bool {
	s.until = decoder.InputOffset() + maxItem
	return decoder.More()
}

// end reads the end of the array, behind which there is nothing but space.
func (s *stream) end(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return err
	}
	s.until = math.MaxInt64
	rest := io.MultiReader(decoder.Buffered(), s)
	for chunk := make([]byte, 4096); ; {
		n, err := rest.Read(chunk)
		if len(bytes.Trim(chunk[:n], spaces)) > 0 {
			return errNotJSON
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// decodeList reads a bare array. It gives all of it or nothing; id tells duplicates.
func decodeList[T any](body io.Reader, one func(object) (T, error), id func(T) int64) ([]T, error) {
	list, seen := []T{}, map[int64]bool{}
	err := eachEntry(body, func(i int, raw json.RawMessage) error {
		if i >= hosting.MaxRows {
			return tooLarge("the list has more than %d entries", hosting.MaxRows)
		}
		if !utf8.Valid(raw) {
			return errNotJSON
		}
		fields, ok := decode[object](raw)
		if !ok {
			return odd("", "entry %d is not an object whose keys are unique", i)
		}
		item, err := one(fields)
		if shape := (*shapeError)(nil); errors.As(err, &shape) {
			return shape.in("entry %d", i)
		}
		if err != nil {
			return err
		}
		if seen[id(item)] {
			return odd("id", "entry %d has an id that was there before", i)
		}
		seen[id(item)] = true
		list = append(list, item)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
