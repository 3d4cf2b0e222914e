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

// continues reports whether the page says that it is not the last one.
func (p page[T]) continues() bool {
	return p.more != nil && *p.more || p.total != nil && *p.total > len(p.items)
}

// pages reads a provider's list completely: newest first, until a whole page is older than
// since, or there is no more.
type pages[T any] struct {
	fetch   func(ctx context.Context, number, size int) (page[T], error)
	id      func(T) string
	created func(T) time.Time
	since   time.Time

	all     []T
	place   map[string]int // in all, by id
	limit   int            // how many items a page has
	shift   int            // how many items were made since the first page was read, at least
	ordered bool
	first   time.Time // of the first item that tells it
	oldest  time.Time // so far
}

// read starts over if the pages are inconsistent.
func (p *pages[T]) read(ctx context.Context) ([]T, error) {
	for try := 1; ; try++ {
		p.all, p.place, p.limit, p.shift = nil, make(map[string]int), pageSize, 0
		p.ordered, p.first, p.oldest = true, time.Time{}, time.Time{}
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
		if len(got.items) == 0 && number > 1 { // perhaps it is shorter now: the page before must be known
			number--
			if got, err = p.get(ctx, number, size); err == nil && len(got.items) == 0 {
				err = errUnsteady
			}
			if err != nil {
				return err
			}
		}
		if len(got.items) == 0 {
			return p.end(ctx, got)
		}
		fresh, old, err := p.take(got, (number-1)*size)
		switch {
		case err != nil:
			return err
		case old && p.descends():
			return p.enough(got)
		case fresh > 0:
			continue
		}
		if done, err := p.follow(ctx, number, size, len(got.items)); done || err != nil {
			return err
		}
	}
	return errTooMany
}

// follow reads what follows a page that was all there before: either that was the last one, or
// the list has grown, or its pages have become shorter. It tells whether the list has ended.
func (p *pages[T]) follow(ctx context.Context, number, size, items int) (done bool, err error) {
	shift := p.shift
	// A first page may have been cut shorter than it was asked for; by its own size, what follows
	// it is found.
	if number == 1 {
		size = items
	}
	got, err := p.get(ctx, number+1, size)
	if err != nil {
		return false, err
	}
	if len(got.items) == 0 {
		return p.confirm(ctx, number, size, got)
	}
	fresh, _, err := p.take(got, number*size)
	if err != nil || fresh > 0 {
		return false, err
	}
	switch {
	case p.shift > shift:
		return false, nil
	case items < size && items >= 2*overlap && items < p.limit:
		p.limit = items
		return false, nil
	default:
		return false, errUnsteady
	}
}

// confirm reads the last page once more, since an empty one follows it only if pages are as long
// as they were then.
func (p *pages[T]) confirm(ctx context.Context, number, size int, empty page[T]) (done bool, err error) {
	last, err := p.get(ctx, number, size)
	if err != nil {
		return false, err
	}
	if len(last.items) == 0 {
		return false, errUnsteady
	}
	if fresh, _, err := p.take(last, (number-1)*size); err != nil || fresh > 0 {
		return false, err
	}
	if len(last.items) >= size { // it has just been filled, and may have pushed others off
		if empty, err = p.get(ctx, number+1, size); err != nil || len(empty.items) > 0 {
			return false, err
		}
	}
	return true, p.end(ctx, empty)
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
	start := len(p.all) - min(overlap, p.limit/4) + p.shift
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

// take adds a page, which was asked for as beginning after so many items, to what was read. It
// tells how many of it were new, and whether all of it is older than what is looked for.
func (p *pages[T]) take(got page[T], after int) (fresh int, old bool, err error) {
	before := len(p.all)
	if n := len(got.items); before == 0 && (n >= 2*overlap || n >= 4 && got.continues()) {
		p.limit = min(n, pageSize) // the provider may give fewer than it is asked for
	}
	known := 0
	for _, item := range got.items {
		if _, met := p.place[p.id(item)]; met {
			known++
		}
	}
	fresh, old = p.add(got.items)
	switch shift := after + known - before; {
	case before == 0:
	case known == 0:
		return fresh, old, errUnsteady
	case fresh > 0:
		p.shift = shift
	default:
		p.shift = max(p.shift, shift) // it lies before the end of what was read, who knows how far
	}
	return fresh, old, nil
}

// add adds items.
func (p *pages[T]) add(items []T) (fresh int, old bool) {
	old = true
	for _, item := range items {
		created := p.created(item)
		old = old && !created.IsZero() && created.Before(p.since)
		if _, known := p.place[p.id(item)]; !known {
			p.place[p.id(item)] = len(p.all)
			p.order(created)
			p.all = append(p.all, item)
			fresh++
		}
	}
	return fresh, old
}

// order records whether the list is newest first. Times may be truncated to seconds.
func (p *pages[T]) order(created time.Time) {
	switch {
	case created.IsZero():
	case p.first.IsZero():
		p.first, p.oldest = created, created
	case created.After(p.oldest.Add(rounding)):
		p.ordered = false
	case created.Before(p.oldest):
		p.oldest = created
	}
}

// descends reports whether the list is newest first, as far as it was read. Items that were made
// within a second don't tell.
func (p *pages[T]) descends() bool { return p.ordered && p.first.After(p.oldest.Add(rounding)) }

// reaches is when the oldest item that was read was created, if all are newest first and
// tell their times; else zero.
func (p *pages[T]) reaches() time.Time {
	if !p.descends() || slices.ContainsFunc(p.all, func(item T) bool { return p.created(item).IsZero() }) {
		return time.Time{}
	}
	return p.oldest
}

// end handles the last page: the provider's count must match. Items created while the pages
// were read are missing, so it reads the newest pages again.
func (p *pages[T]) end(ctx context.Context, last page[T]) error {
	if last.more != nil && *last.more {
		return errUnsteady
	}
	for try := 1; last.total != nil && *last.total != len(p.all); try++ {
		if *last.total < len(p.all) || len(p.all) == 0 || try > readTries {
			return errUnsteady
		}
		var err error
		if last, err = p.newer(ctx, *last.total-len(p.all)); err != nil {
			return err
		}
	}
	return nil
}

// newer adds the items that were created since the first page was read, about so many, and
// returns the newest page.
func (p *pages[T]) newer(ctx context.Context, missing int) (newest page[T], err error) {
	before := len(p.all)
	for number := 1; number <= 2+2*missing/p.limit; number++ {
		got, err := p.get(ctx, number, p.limit)
		if err != nil {
			return newest, err
		}
		if number == 1 {
			newest = got
		}
		p.add(got.items)
		if slices.ContainsFunc(got.items, func(item T) bool { return p.place[p.id(item)] < before }) {
			return newest, nil
		}
	}
	return newest, errUnsteady
}

// enough is where only older items follow.
func (p *pages[T]) enough(last page[T]) error {
	if last.total != nil && *last.total < len(p.all) {
		return errUnsteady
	}
	return nil
}
