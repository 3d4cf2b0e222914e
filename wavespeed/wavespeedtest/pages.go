package wavespeedtest

import (
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/luck"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/query"
)

// PageQuirk is an unexpected property of pages of lists and billing.
type PageQuirk string

// The quirks of pages.
const (
	PagesCapped      PageQuirk = "capped"       // at most 50 items, whatever was requested
	PagesShort       PageQuirk = "short"        // one item fewer than requested; the next page starts with it
	PagesNull        PageQuirk = "null"         // an empty page has null instead of a list
	PagesShuffled    PageQuirk = "shuffled"     // a page's items have no order
	PagesOldestFirst PageQuirk = "oldest-first" // oldest first
)

// cut returns a page of all items, which are newest first, in the format of data. Hidden is the
// number of items that don't show yet. The caller holds the lock.
func cut[T any](s *Server, q query.Pages, all []T, hidden int, total, more Told) ([]T, map[string]any) {
	quirks := s.behavior.Load().Pages
	has := func(quirk PageQuirk) bool { return slices.Contains(quirks, quirk) }
	if has(PagesOldestFirst) {
		slices.Reverse(all)
	}
	size := q.PageSize
	if has(PagesCapped) {
		size = min(size, 50)
	}
	if has(PagesShort) {
		size = max(size-1, 1)
	}
	from := min((q.Page-1)*size, len(all))
	to := min(from+size, len(all))
	page := append([]T{}, all[from:to]...)
	if has(PagesShuffled) {
		s.shuffles++
		luck.Shuffle(page, s.options.Seed, s.shuffles)
	}
	data := map[string]any{"page": q.Page, "items": page}
	if has(PagesNull) && len(page) == 0 {
		data["items"] = nil
	}
	switch total {
	case Right:
		data["total"] = len(all)
	case Wrong:
		data["total"] = len(all) + 1
	case All:
		data["total"] = len(all) + hidden
	}
	switch left := to < len(all); more {
	case Right:
		data["has_more"] = left
	case Wrong:
		data["has_more"] = !left
	case All:
		data["has_more"] = left || hidden > 0
	}
	return page, data
}

// between lets others change the list once a page of it was read. The caller holds
// the lock.
func (s *Server) between(a *account, page []*prediction) {
	b := s.behavior.Load()
	left := b.DeleteBetweenPages
	for _, others := range []bool{true, false} {
		for _, p := range slices.Backward(page) {
			if left > 0 && p.ended && !p.removed && p.entry.Other == others {
				s.remove(p)
				left--
			}
		}
	}
	for range b.InsertBetweenPages {
		s.submitByOther(a)
	}
}
