// Package provider is a WaveSpeed in memory that keeps a ledger of what it has billed.
// The ledger is the judge of the simulation, so nothing here comes from the product but
// the types that its interface needs.
package provider

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// Host decides when things happen, and draws what is random.
type Host interface {
	After(d time.Duration, f func())
	Choose(n int) int
	Note(format string, args ...any)
}

// Provider is one account with its API keys. It is for one goroutine.
type Provider struct {
	Traits
	Ledger  []*Entry
	Deliver func(*Entry) // is called when an entry with a webhook has ended
	host    Host
}

// New makes an account without predictions.
func New(host Host, traits Traits) *Provider { return &Provider{Traits: traits, host: host} }

// Entry is one accepted, billed submit.
type Entry struct {
	ID       string
	Model    string // that it was submitted under
	Input    json.RawMessage
	Key      string // the API key that it was submitted with
	Webhook  string // its address; "" for none
	Owner    any    // who submitted it, as the host knows
	Foreign  bool   // nobody of ours did
	Posted   time.Time
	Accepted time.Time
	Listed   time.Time // shows in the list from then on
	Charged  time.Time // shows in the charges from then on
	Ends     time.Time
	Status   string // once it has ended
	Price    generation.USD
	Deleted  bool // from the list, by somebody
	Late     bool // was accepted, or shows, later than anybody waits
	drawn    int64
}

// Output is what the entry's prediction makes: no other makes the same.
func (e *Entry) Output() string { return "https://cdn.test/" + e.ID + ".png" }

// Ended tells whether its prediction has.
func (e *Entry) Ended() bool { return !time.Now().Before(e.Ends) }

// Accept bills a submit. The prediction ends after a time, and then its webhook is called.
func (p *Provider) Accept(e *Entry, runs time.Duration) {
	e.ID = fmt.Sprintf("p%04d", len(p.Ledger)+1)
	e.Accepted = time.Now()
	e.Price = p.PriceOf(e.Model)
	e.Ends = e.Accepted.Add(runs)
	e.Listed = e.Accepted.Add(p.between(p.ListLag))
	e.Charged = e.Accepted.Add(p.between(p.ChargeLag))
	e.drawn = int64(p.host.Choose(1 << 30))
	p.Ledger = append(p.Ledger, e)
	p.host.Note("provider: %s is %s, of key %s, owner %v, ends in %v", e.ID, e.Model, e.Key, e.Owner, runs)
	ends := e.Ends
	p.host.After(runs, func() {
		if e.Ends.Equal(ends) {
			p.end(e)
		}
	})
}

// Cut ends a prediction that runs.
func (p *Provider) Cut(e *Entry) {
	e.Ends = time.Now()
	p.end(e)
}

func (p *Provider) end(e *Entry) {
	p.host.Note("provider: %s has ended: %s", e.ID, e.Status)
	if e.Webhook != "" {
		p.Deliver(e)
	}
}

// Find is the entry with the id, or nil.
func (p *Provider) Find(id string) *Entry {
	i := slices.IndexFunc(p.Ledger, func(e *Entry) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return p.Ledger[i]
}

// PriceOf is a model's price: those of different names differ.
func (p *Provider) PriceOf(model string) generation.USD {
	return usd.Dollar / 100 * generation.USD(5+5*(model[len(model)-1]%5))
}

func (p *Provider) between(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return time.Duration(p.host.Choose(int(most)))
}

// Clock is the provider's.
func (p *Provider) Clock(at time.Time) time.Time { return at.Add(p.Skew) }
