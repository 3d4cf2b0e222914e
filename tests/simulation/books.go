package simulation

import (
	"time"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// books are what the judges know beside the ledger.
type books struct {
	posts     map[string][]time.Time // by nonce
	entries   map[string][]*provider.Entry
	forgotten map[string]bool // nonces that were drawn after the point of a reset
	coming    int             // submits of which it will show whether they are accepted
	addresses []string        // that the provider was given
}

func newBooks() books {
	return books{posts: make(map[string][]time.Time), entries: make(map[string][]*provider.Entry), forgotten: make(map[string]bool)}
}

func (b *books) posted(o owner, e *provider.Entry) {
	b.posts[o.Nonce] = append(b.posts[o.Nonce], e.Posted)
	if e.Webhook != "" {
		b.addresses = append(b.addresses, e.Webhook)
	}
}

func (b *books) accepted(e *provider.Entry) {
	if o, ours := e.Owner.(owner); ours {
		b.entries[o.Nonce] = append(b.entries[o.Nonce], e)
	}
}

// forget notes the nonces that a reset to before the event makes the workflow forget: what
// it submits then is a new purchase.
func (b *books) forget(history []*historypb.HistoryEvent, event int64) {
	for _, e := range history[event-1:] {
		a := e.GetActivityTaskScheduledEventAttributes()
		if a.GetActivityType().GetName() != generation.SubmitName {
			continue
		}
		var in generation.SubmitInput
		must(converter.GetDefaultDataConverter().FromPayloads(a.GetInput(), &in))
		b.forgotten[in.Nonce] = true
	}
}
