package wavespeed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// pageData is a page of any of the provider's lists.
type pageData struct {
	items []json.RawMessage
	total *int  // as reported; nil if missing
	more  *bool // as reported; nil if missing
}

// UnmarshalJSON accepts "items": null for an empty page. A page without items, or with an
// unreadable total or has_more, is an error: it must not look like an empty one.
func (p *pageData) UnmarshalJSON(data []byte) error {
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return errors.New("a page is not a JSON object")
	}
	raw, given := o["items"]
	if !given {
		return errors.New("a page has no items")
	}
	if err := json.Unmarshal(raw, &p.items); err != nil {
		return errors.New("a page's items are not a list")
	}
	var err error
	if p.total, err = count(o["total"]); err != nil {
		return fmt.Errorf("a page's total %w", err)
	}
	if p.more, err = yesOrNo(o["has_more"]); err != nil {
		return fmt.Errorf("a page's has_more %w", err)
	}
	return nil
}

// count parses a whole number, even if it is written as 12.0 or "12"; nil if missing.
func count(raw json.RawMessage) (*int, error) {
	if missing(raw) {
		return nil, nil
	}
	number, err := strconv.ParseFloat(string(bytes.Trim(raw, `"`)), 64)
	if err != nil || number != float64(int(number)) {
		return nil, errors.New("is not a whole number")
	}
	whole := int(number)
	return &whole, nil
}

func yesOrNo(raw json.RawMessage) (*bool, error) {
	if missing(raw) {
		return nil, nil
	}
	var answer bool
	if json.Unmarshal(raw, &answer) != nil {
		return nil, errors.New("is neither true nor false")
	}
	return &answer, nil
}

func missing(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// pageNumbers returns the page and its size, with defaults.
func pageNumbers(page, size int) (int, int, error) {
	switch {
	case page < 0:
		return 0, 0, fmt.Errorf("page %d is negative", page)
	case size < 0 || size > maxPageSize:
		return 0, 0, fmt.Errorf("page size %d is not between 1 and %d", size, maxPageSize)
	case size == 0:
		size = maxPageSize
	}
	return max(page, 1), size, nil
}

const (
	maxPageSize   = 100
	toMillisecond = "2006-01-02T15:04:05.000Z"
)

// millisecondBefore formats the last full millisecond that is not after t; "" for none.
func millisecondBefore(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Millisecond).Format(toMillisecond)
}

// millisecondAfter formats the first full millisecond that is not before t; "" for none.
func millisecondAfter(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return millisecondBefore(t.Add(time.Millisecond - time.Nanosecond))
}
