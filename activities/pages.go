package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

const (
	pageSize = 100
	maxPages = 250

	// overlap is how many items two pages that follow each other have in common. One at
	// least must be met again: then nothing between them was passed over, though items were
	// made or deleted meanwhile.
	overlap = 10

	readTries = 3

	// pageAgain is the wait before a page is read again.
	pageAgain = time.Second
)

var (
	// errUnsteady: the pages that were read are inconsistent.
	errUnsteady = errors.New("its pages do not fit together")

	// errTooMany: there is too much to read.
	errTooMany = fmt.Errorf("there are more than %d pages", maxPages)
)

// page is a page of a provider's list, newest first.
type page[T any] struct {
	items []T
	total *int
	more  *bool
}

// pages reads a provider's list completely: newest first, until a whole page is older than
// since, or there is no more.
type pages[T any] struct {
	fetch   func(ctx context.Context, number, size int) (page[T], error)
	id      func(T) string
	created func(T) time.Time
	since   time.Time

	all     []T
	seen    map[string]bool
	limit   int // how many items a page has
	ordered bool
	newest  time.Time // maximum time of the next item
}

// read starts over if the pages are inconsistent.
func (p *pages[T]) read(ctx context.Context) ([]T, error) {
	for try := 1; ; try++ {
		p.all, p.seen, p.limit, p.ordered, p.newest = nil, make(map[string]bool), pageSize, true, time.Time{}
		err := p.readOnce(ctx)
		if err == nil || try == readTries || !errors.Is(err, errUnsteady) {
			return p.all, err
		}
	}
}

func (p *pages[T]) readOnce(ctx context.Context) error {
	for asked := 0; asked < maxPages; asked++ {
		number, size := p.next()
		got, err := p.get(ctx, number, size)
		if err != nil {
			return err
		}
		if len(got.items) == 0 {
			return p.end(ctx, got)
		}
		fresh, old, err := p.take(got)
		switch {
		case err != nil:
			return err
		case old && p.ordered:
			return p.enough(got)
		case fresh > 0:
			continue
		}
		// All of it was there before, so it should be the last. A first page may have been
		// cut shorter than it was asked for; by its own size, what follows it is found.
		if number == 1 {
			size = len(got.items)
		}
		if got, err = p.get(ctx, number+1, size); err != nil {
			return err
		}
		if len(got.items) == 0 {
			return p.end(ctx, got)
		}
		if _, _, err := p.take(got); err != nil {
			return err
		}
	}
	return errTooMany
}

// get reads a page. One that follows others is read again where that may help: all that was
// read before it would be lost.
func (p *pages[T]) get(ctx context.Context, number, size int) (page[T], error) {
	for try := 1; ; try++ {
		got, err := p.fetch(ctx, number, size)
		if err == nil || len(p.all) == 0 || try == readTries || !mayPass(err) {
			return got, err
		}
		select {
		case <-time.After(pageAgain):
		case <-ctx.Done():
			return got, err
		}
	}
}

// mayPass reports whether the failure may be temporary.
func mayPass(err error) bool {
	var failure *provider.Error
	return errors.As(err, &failure) && (failure.Kind == provider.Unclear || failure.Kind == provider.Failed)
}

// next is the page that begins a little before the end of what was read and reaches the
// farthest. Pages can only be asked for by a number and a size, so the size varies.
func (p *pages[T]) next() (number, size int) {
	start := len(p.all) - overlap
	if start < p.limit/2 {
		return 1, p.limit
	}
	reach := 0
	for s := p.limit; s > p.limit/2; s-- {
		if before := start / s; (before+1)*s > reach {
			reach, number, size = (before+1)*s, before+1, s
		}
	}
	return number, size
}

// take adds a page to what was read. It tells how many of it were new, and whether all of
// it is older than what is looked for.
func (p *pages[T]) take(got page[T]) (fresh int, old bool, err error) {
	met := len(p.all) == 0
	if met && len(got.items) >= 2*overlap {
		p.limit = min(len(got.items), pageSize) // the provider may give fewer than it is asked for
	}
	old = true
	for _, item := range got.items {
		created := p.created(item)
		old = old && !created.IsZero() && created.Before(p.since)
		if id := p.id(item); p.seen[id] {
			met = true
			continue
		} else {
			p.seen[id] = true
		}
		p.order(created)
		p.all = append(p.all, item)
		fresh++
	}
	if !met {
		return fresh, old, errUnsteady
	}
	return fresh, old, nil
}

// order records whether the list is newest first. Times may be truncated to seconds.
func (p *pages[T]) order(created time.Time) {
	if created.IsZero() {
		return
	}
	if !p.newest.IsZero() && created.After(p.newest.Add(rounding)) {
		p.ordered = false
	}
	p.newest = created
}

// reaches is when the oldest item that was read was created, if all are newest first and
// tell their times; else zero.
func (p *pages[T]) reaches() time.Time {
	if !p.ordered || slices.ContainsFunc(p.all, func(item T) bool { return p.created(item).IsZero() }) {
		return time.Time{}
	}
	return p.newest
}

// end handles the last page: the provider's count must match. Items created while the pages
// were read are missing, so it reads the newest page again.
func (p *pages[T]) end(ctx context.Context, last page[T]) error {
	if last.more != nil && *last.more {
		return errUnsteady
	}
	for try := 1; last.total != nil && *last.total != len(p.all); try++ {
		if *last.total < len(p.all) || len(p.all) == 0 || try > readTries {
			return errUnsteady
		}
		var err error
		if last, err = p.get(ctx, 1, p.limit); err != nil {
			return err
		}
		if _, _, err = p.take(last); err != nil {
			return err
		}
	}
	return nil
}

// enough is where only older items follow.
func (p *pages[T]) enough(last page[T]) error {
	if last.total != nil && *last.total < len(p.all) {
		return errUnsteady
	}
	return nil
}
