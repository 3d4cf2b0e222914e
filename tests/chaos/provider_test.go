package chaos

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// The models that are asked for. Those of the second kind are listed and charged under
// another name; the last one takes no seed, so that nothing in a list tells whose it is.
const (
	plain    = "wavespeed-ai/flux-dev"
	turbo    = "wavespeed-ai/z-image/turbo"
	edit     = "bytedance/seededit-v3"
	lora     = "wavespeed-ai/flux-dev-lora"
	seedless = "bytedance/seedream-v4.5"
)

// behavior is a provider that changes what it is given before it lists it, whose clock is
// minutes off, and whose account somebody else uses too, with another key.
func behavior(seed uint64) wavespeedtest.Behavior {
	return wavespeedtest.Behavior{
		ListInputs:      true,
		Rewrite:         wavespeedtest.RewriteAll,
		Aliases:         map[string]string{edit: "bytedance/seed-edit", lora: "black-forest-labs/flux.1-dev-lora"},
		ClockOffset:     []time.Duration{7 * time.Minute, -4 * time.Minute}[seed%2],
		ClockStep:       time.Second,
		OthersPerMinute: othersPerMinute,
	}
}

const othersPerMinute = 60

// quirks are ways in which the lists are read from one moment to the next.
var quirks = []func(*wavespeedtest.Behavior){
	func(b *wavespeedtest.Behavior) {
		b.Pages, b.ListTotal = []wavespeedtest.PageQuirk{wavespeedtest.PagesCapped}, wavespeedtest.Right
	},
	func(b *wavespeedtest.Behavior) {
		b.Pages, b.ListMore = []wavespeedtest.PageQuirk{wavespeedtest.PagesShort, wavespeedtest.PagesNull}, wavespeedtest.Right
	},
	func(b *wavespeedtest.Behavior) {
		b.Pages, b.ListTotal = []wavespeedtest.PageQuirk{wavespeedtest.PagesShuffled}, wavespeedtest.All
	},
	// The pages move all the time, by our own submits. Others must not come with each page that
	// is read: then reading would make the list longer than anybody could read it.
	func(b *wavespeedtest.Behavior) {
		b.OthersPerMinute = 5 * othersPerMinute
		b.OthersInputs, b.OthersModels = wavespeedtest.InputsEqual, []string{seedless}
	},
}

// changePages has the provider's lists, and what other people ask for, follow another quirk.
func (tr *trouble) changePages(r *rand.Rand) {
	err := tr.system.simulator.Behave(func(b *wavespeedtest.Behavior) {
		b.Pages, b.ListTotal, b.ListMore, b.OthersPerMinute, b.OthersInputs, b.OthersModels = nil, "", "", othersPerMinute, "", nil
		quirks[r.IntN(len(quirks))](b)
	})
	if err != nil {
		tr.system.t.Errorf("the provider's lists: %v", err)
	}
	tr.count(pagesChanged)
}

// mix are the provider's faults, as likely as the Internet makes them and more.
var mix = []wavespeedtest.Fault{
	{Kind: wavespeedtest.SubmitError, Status: 503, Probability: 0.025},
	{Kind: wavespeedtest.AcceptedError, Probability: 0.025},
	{Kind: wavespeedtest.AcceptedReset, Probability: 0.02},
	{Kind: wavespeedtest.SubmitLimited, Delay: time.Second, Probability: 0.01},
	{Kind: wavespeedtest.WebhookDuplicated, Probability: 0.10},
	{Kind: wavespeedtest.WebhookLost, Probability: 0.05},
	{Kind: wavespeedtest.WebhookEarly, Probability: 0.05},
	{Kind: wavespeedtest.WebhookLate, Delay: 8 * time.Second, Probability: 0.05},
	{Kind: wavespeedtest.WebhookForged, Probability: 0.01},
	{Kind: wavespeedtest.WebhookMisdirected, Probability: 0.01},
	{Kind: wavespeedtest.ListLag, Delay: 2 * time.Second, Probability: 0.10},
	{Kind: wavespeedtest.ListError, Probability: 0.03},
	{Kind: wavespeedtest.ChargeLag, Delay: 3 * time.Second, Probability: 0.10},
	{Kind: wavespeedtest.ChargesError, Probability: 0.03},
	{Kind: wavespeedtest.ResultError, Probability: 0.03},
}

// reads are the kinds that are decided for a request that reads, and not for a prediction.
var reads = []wavespeedtest.Kind{wavespeedtest.ListError, wavespeedtest.ChargesError, wavespeedtest.ResultError}

// faults are the mix, and each of it once, so that a small campaign has the rare ones too.
// Frames wait for minutes where a submit is in doubt, so a small campaign spares them that.
func faults(small bool) []wavespeedtest.Fault {
	all := []wavespeedtest.Fault{{Kind: wavespeedtest.Slow, Delay: 4 * time.Second, Input: "frame 0."}}
	for i, fault := range mix {
		read := slices.Contains(reads, fault.Kind)
		if small && !read {
			fault.Input = "scene"
		}
		all = append(all, fault)
		fault.Probability, fault.Nth, fault.Times = 0, 10+3*i, 1
		if read {
			fault.Nth = 1
		} else {
			fault.Input = "scene"
		}
		all = append(all, fault)
	}
	return all
}
