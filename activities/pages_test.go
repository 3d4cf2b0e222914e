package activities

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shelf is a list, newest first, that changes with each page of it that is read.
type shelf struct {
	*rand.Rand

	items []book
	made  int
	gone  map[string]bool

	grows, shrinks  int // by at most so many a page
	most            int // items on a page
	short, shuffled bool
	total, more     bool
	fickle          bool // the number of items on a page changes, too
}

type book struct {
	id string
	at time.Time
}

func (s *shelf) add(n int) {
	for range n {
		s.made++
		s.items = slices.Insert(s.items, 0, book{fmt.Sprint(s.made), time.Unix(int64(s.made), 0)})
	}
}

func (s *shelf) page(_ context.Context, number, size int) (got page[book], err error) {
	if s.grows > 0 {
		s.add(s.IntN(s.grows + 1))
	}
	if s.shrinks > 0 && len(s.items) > 0 && s.IntN(3) == 0 {
		i := s.IntN(len(s.items))
		s.gone[s.items[i].id] = true
		s.items = slices.Delete(s.items, i, i+1)
	}
	if s.fickle && s.IntN(20) == 0 {
		s.most = []int{25, 50, 100, 1000}[s.IntN(4)]
	}
	size = min(size, s.most)
	if s.short {
		size = max(size-1, 1)
	}
	from := min((number-1)*size, len(s.items))
	to := min(from+size, len(s.items))
	got.items = slices.Clone(s.items[from:to])
	if s.shuffled {
		s.Shuffle(len(got.items), func(i, j int) { got.items[i], got.items[j] = got.items[j], got.items[i] })
	}
	if total := len(s.items); s.total {
		got.total = &total
	}
	if more := to < len(s.items); s.more {
		got.more = &more
	}
	return got, nil
}

// read reads it from the time when so many had been made.
func (s *shelf) read(t *testing.T, since int) (n int, err error) {
	before := slices.Clone(s.items)
	reading := s.reading(t)
	reading.since = time.Unix(int64(since), 0)
	reading.fetch = func(ctx context.Context, number, size int) (page[book], error) {
		n++
		return s.page(ctx, number, size)
	}
	all, err := reading.read(t.Context())
	if err == nil {
		read := make(map[book]bool)
		for _, b := range all {
			read[b] = true
		}
		for _, b := range before {
			if !s.gone[b.id] && !b.at.Before(reading.since) && !read[b] {
				t.Fatalf("%+v: %s of %d is missing", *s.without(), b.id, len(before))
			}
		}
	}
	return n, err
}

func (s *shelf) reading(t *testing.T) *pages[book] {
	t.Helper()
	return &pages[book]{
		fetch:   s.page,
		id:      func(b book) string { return b.id },
		created: func(b book) time.Time { return b.at },
	}
}

func newShelf(seed uint64, items int) *shelf {
	s := &shelf{Rand: rand.New(rand.NewPCG(seed, 1)), most: 100, gone: make(map[string]bool)}
	s.add(items)
	return s
}

// TestPagesOfAListThatGrows: each page is asked for where it should begin by then.
func TestPagesOfAListThatGrows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		s := newShelf(seed, int(seed)*20)
		s.grows = s.IntN(40)
		s.short, s.shuffled, s.total, s.more = s.IntN(3) == 0, s.IntN(3) == 0, s.IntN(2) == 0, s.IntN(2) == 0
		if s.IntN(3) == 0 {
			s.most = 50
		}
		n, err := s.read(t, 0)
		require.NoError(t, err, "seed %d: %+v", seed, *s.without())
		require.Less(t, n, 60+s.made/20, "seed %d: %+v", seed, *s.without())
	}
}

// TestPagesThatChange: what is read whole is whole, whatever changes meanwhile.
func TestPagesThatChange(t *testing.T) {
	t.Parallel()
	whole := 0
	const lists = 400
	for seed := range uint64(lists) {
		s := newShelf(seed, rand.New(rand.NewPCG(seed, 2)).IntN(1500))
		s.grows, s.shrinks = s.IntN(60), s.IntN(2)
		s.short, s.shuffled, s.total, s.more, s.fickle = s.IntN(3) == 0, s.IntN(3) == 0, s.IntN(2) == 0, s.IntN(2) == 0, s.IntN(2) == 0
		if _, err := s.read(t, s.IntN(s.made+1)); err == nil {
			whole++
		}
	}
	t.Log(whole, "of", lists)
	require.Greater(t, whole, lists/2)
}

// TestPagesThatPretend: what could pass for the end of a list is none.
func TestPagesThatPretend(t *testing.T) {
	t.Parallel()
	oldestFirst := newShelf(1, 300)
	slices.Reverse(oldestFirst.items)
	for i := range oldestFirst.items { // two a second
		oldestFirst.items[i].at = time.Unix(int64(i/2), 0)
	}
	_, err := oldestFirst.read(t, 100)
	require.NoError(t, err)

	// The newest are deleted, and the next page is beyond what is left.
	for _, n := range []int{130, 590} {
		shrunk := newShelf(1, n)
		reading := shrunk.reading(t)
		fetch := reading.fetch
		asked := 0
		reading.fetch = func(ctx context.Context, number, size int) (page[book], error) {
			if asked++; asked == 2 || asked == 7 {
				shrunk.items = shrunk.items[45:]
			}
			return fetch(ctx, number, size)
		}
		all, err := reading.read(t.Context())
		require.NoError(t, err)
		require.Subset(t, all, shrunk.items)
	}

	// A row that a page has twice is not one that was met before.
	doubled := newShelf(1, 900)
	reading := doubled.reading(t)
	fetch := reading.fetch
	asked := 0
	reading.fetch = func(ctx context.Context, number, size int) (page[book], error) {
		if asked++; asked == 3 {
			doubled.items = doubled.items[30:]
		}
		got, err := fetch(ctx, number, size)
		if asked == 3 && len(got.items) > 1 {
			got.items[1] = got.items[0]
		}
		return got, err
	}
	all, err := reading.read(t.Context())
	require.NoError(t, err)
	require.Subset(t, all, doubled.items)
}

// TestPagesOfFewItems: providers may give 10 or 20 items, whatever they are asked for.
func TestPagesOfFewItems(t *testing.T) {
	t.Parallel()
	for most := 10; most <= 25; most++ {
		s := newShelf(1, 200)
		s.most, s.more = most, true
		_, err := s.read(t, 0)
		require.NoError(t, err, most)
	}
}

// without is without what is too long to print.
func (s *shelf) without() *shelf {
	other := *s
	other.items, other.gone, other.Rand = nil, nil, nil
	return &other
}
