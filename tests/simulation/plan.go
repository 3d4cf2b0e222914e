package simulation

import (
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// plan is what a seed draws before anything happens: who takes part, how they behave, and
// what will be tried.
type plan struct {
	workerCount int
	webhooks    bool
	exclusive   bool // nobody else has our key, and the workers are told so
	foreigners  bool // others use the account
	equal       bool // they ask for the same as we do
	bigSeeds    bool // requests differ by seeds alone, and floats can't tell these apart
	busy        bool // they fill pages
	handlerSkew time.Duration
	skewed      bool
	begins      time.Duration // when our first workflow does
	timing      generation.Timing
	timeout     time.Duration
	visible     time.Duration // how late workflows show in Temporal's lists
	traits      provider.Traits
	weather     weather
}

// weather is how often what goes wrong.
type weather struct {
	slow        float64 // an exchange with Temporal takes seconds
	lostAnswers float64 // Temporal's answer to a worker
	lostTasks   float64
	double      float64 // an activity is handed out twice
	crash       float64 // after an exchange

	refused    float64 // a submit is refused, to be sent again
	unanswered float64 // a submit gets no answer, or none that tells
	late       float64 // of those, accepted after the failure
	tooLate    float64 // of those, later than anybody waits
	unread     float64 // a read fails
	failed     float64 // a prediction fails

	webhookLost   float64
	webhookTwice  float64
	webhookLate   float64
	webhookLeaked float64 // somebody else's prediction is delivered to an address of ours
}

const maxSkew = 10 * time.Minute

func (d *driver) drawPlan() plan {
	p := plan{
		workerCount: 1 + d.IntN(3),
		webhooks:    d.chance(0.65),
		foreigners:  d.chance(0.5),
		equal:       d.chance(0.4),
		skewed:      d.chance(0.4),
		timeout:     time.Duration(10+d.IntN(15)) * time.Minute,
	}
	p.exclusive = d.chance(0.5)
	if d.chance(0.3) {
		p.begins = 40 * time.Minute
	}
	p.visible = time.Duration(d.IntN(20)) * time.Second
	p.timing = generation.Timing{
		Submit: time.Duration(10+d.IntN(50)) * time.Second,
		Settle: time.Duration(30+d.IntN(120)) * time.Second,
		Grace:  time.Duration(10+d.IntN(120)) * time.Second,
	}
	if p.skewed {
		p.handlerSkew = d.drawOffset()
		p.traits.Skew = d.drawOffset()
	}
	p.drawTraits(d)
	p.drawWeather(d)
	if p.traits.Pages == provider.PagesCapped || p.traits.Pages == provider.PagesShort {
		p.busy = d.chance(0.7)
	}
	return p
}

// drawSkew is a worker's.
func (w *world) drawSkew() time.Duration {
	if !w.skewed {
		return 0
	}
	return w.drawOffset()
}

func (d *driver) drawOffset() time.Duration {
	switch d.IntN(3) {
	case 0:
		return 0
	case 1:
		return time.Duration(d.IntN(240)-120) * time.Second
	default:
		return time.Duration(d.Int64N(int64(2*maxSkew))) - maxSkew
	}
}

func (p *plan) drawTraits(d *driver) {
	t := &p.traits
	// All that is late is visible within the settle time, or is said to be too late.
	t.ListLag = d.lag(p.timing.Settle / 2)
	t.ChargeLag = d.lag(p.timing.Settle / 2)
	t.Inputs = provider.InputsOmitted
	if d.chance(0.7) {
		t.Inputs = provider.AllInputs[d.IntN(len(provider.AllInputs))]
	}
	t.Echo = d.chance(0.5)
	if d.chance(0.2) {
		t.Alias = "-renamed"
	}
	t.Times = pick(d.dice, provider.TimesExact, provider.TimesExact, provider.TimesSeconds, provider.TimesMissing)
	t.Keyless = d.chance(0.2)
	t.Charges = pick(d.dice, provider.Readable, provider.Readable, provider.Readable, provider.Forbidden, provider.Missing)
	if d.chance(0.5) {
		t.Pages = provider.AllPages[d.IntN(len(provider.AllPages))]
	}
	t.Cap = 22 + d.IntN(30)
	t.Total, t.More = d.chance(0.5), d.chance(0.3)
	t.Schema, t.DropSeed = d.chance(0.5), d.chance(0.2)
}

func (p *plan) drawWeather(d *driver) {
	w := &p.weather
	w.slow = d.rate(0.05)
	w.lostAnswers = d.rate(0.1)
	w.lostTasks = d.rate(0.1)
	w.double = d.rate(0.2)
	w.crash = d.rate(0.05)
	w.refused = d.rate(0.3)
	w.unanswered = d.rate(0.8)
	w.late = d.rate(0.7)
	w.tooLate = d.rate(0.1)
	w.unread = d.rate(0.1)
	w.failed = d.rate(0.3)
	w.webhookLost = d.rate(0.8)
	w.webhookTwice = d.rate(0.5)
	w.webhookLate = d.rate(0.5)
	if p.foreigners {
		w.webhookLeaked = d.rate(0.9)
	}
}

// rate is 0 in every other seed, so that not everything goes wrong together.
func (d *driver) rate(most float64) float64 {
	if d.chance(0.5) {
		return 0
	}
	return most * d.Float64()
}

func (d *driver) lag(most time.Duration) time.Duration {
	if d.chance(0.4) {
		return 0
	}
	return time.Duration(d.Int64N(int64(most)))
}
