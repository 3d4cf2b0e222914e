package simulation

import (
	"slices"
	"sync"
	"time"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// books are what the judges know beside the ledger.
type books struct {
	sent       []sent // in order
	deliveries []*delivery
	entries    map[string][]*provider.Entry
	forgotten  map[string]bool // nonces that were drawn after the point of a reset
	resets     map[string]bool // runs that began with a reset
	coming     int             // submits of which it will show whether they are accepted
	addresses  []address

	mu    sync.Mutex
	looks []look
}

// look is an attempt of a search that read what there was to be read.
type look struct {
	nonce, process string
	at             time.Time // it began
}

// looked is called by workers.
func (b *books) looked(l look) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looks = append(b.looks, l)
}

func (b *books) looksOf(nonce string) []look {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.looks), func(l look) bool { return l.nonce != nonce })
}

func newBooks() *books {
	return &books{entries: make(map[string][]*provider.Entry), forgotten: make(map[string]bool), resets: make(map[string]bool)}
}

// sent is one POST of a submit.
type sent struct {
	owner owner
	model string
	at    time.Time
}

// delivery is one call of the handler.
type delivery struct {
	entry           *provider.Entry
	workflow, nonce string // of the address
	at              time.Time
	taken           time.Time // when it, or another of the same, was answered so that no more came; zero for never
}

func (b *books) posted(o owner, e *provider.Entry) {
	b.sent = append(b.sent, sent{o, e.Model, e.Posted})
	if e.Webhook != "" {
		b.addresses = append(b.addresses, address{e.Webhook, o})
	}
}

// address is one that the provider was given.
type address struct {
	url string
	of  owner
}

// delivered notes that the handler is called, whatever it will answer.
func (b *books) delivered(e *provider.Entry) {
	for _, a := range b.addresses {
		if a.url == e.Webhook {
			b.deliveries = append(b.deliveries, &delivery{e, a.of.Workflow, a.of.Nonce, time.Now(), time.Time{}})
			return
		}
	}
}

// taken notes that the handler took a delivery.
func (b *books) taken(e *provider.Entry) {
	for _, d := range b.deliveries {
		if d.entry == e {
			d.taken = time.Now()
		}
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
		if a.GetActivityType().GetName() != wire.SubmitName {
			continue
		}
		var in wire.SubmitInput
		must(converter.GetDefaultDataConverter().FromPayloads(a.GetInput(), &in))
		b.forgotten[in.Nonce] = true
	}
}
