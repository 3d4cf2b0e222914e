package activities

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// sighting is what a list shows of one prediction.
type sighting struct {
	id      string
	model   string    // as it is listed; "" if not told
	billed  string    // the model as it is charged; "" if not told
	created time.Time // by the provider's clock; zero if not told
	charged bool
	key     provider.AccessKey // that was charged
	seed    string             // that its input repeats; "" if not told
	ended   bool
}

// witness is the list or the charges, read whole since some time, or as much of it as could
// be read, and why it was no more.
type witness struct {
	seen []sighting
	err  error

	// reaches is how far back the reading goes if there was too much to read: it contains
	// everything created later. Zero if unknown.
	reaches time.Time
}

// back is what the witness tells to a search that looks back to a time.
func (w witness) back(to time.Time) witness {
	if errors.Is(w.err, errTooMany) && !w.reaches.IsZero() && w.reaches.Add(rounding).Before(to) {
		w.err = nil
	}
	return w
}

// silent reports whether the list can't be read, however often it is tried.
func (w witness) silent() bool {
	switch provider.KindOf(w.err) {
	case provider.KeyRefused, provider.Forbidden, provider.NotFound, provider.Unsupported:
		return true
	default:
		return errors.Is(w.err, errTooMany)
	}
}

// unsteady reports whether it answers, but unreliably.
func (w witness) unsteady() bool {
	return errors.Is(w.err, errUnsteady) || provider.KindOf(w.err) == provider.Garbled
}

// down reports whether it did not answer at all.
func (w witness) down() bool { return w.err != nil && !w.silent() && !w.unsteady() }

// reading is the state of both lists at one time.
type reading struct {
	began, ended  time.Time // by this process's clock
	since         time.Time // by the provider's clock; all that was created later is in it
	list, charges witness
}

// back is what the reading tells to a search that looks back to a time.
func (r *reading) back(to time.Time) *reading {
	view := *r
	view.list, view.charges = r.list.back(to), r.charges.back(to)
	if !r.read() && view.read() {
		view.since = to // what was made before may be missing
	}
	return &view
}

// read reports whether both lists were read completely.
func (r *reading) read() bool { return r.list.err == nil && r.charges.err == nil }

// reader reads the list and the charges for all searches of an account, so that a thousand
// searches send no more requests than one.
type reader struct {
	provider provider.Provider
	now      func() time.Time
	echoes   *echoes

	mu     sync.Mutex
	kept   []*reading    // the latest, at most two
	flight chan struct{} // closed when the reading under way has ended; nil for none
	wanted time.Time     // the earliest time that a waiting search asks for
}

// read is a reading that began at notBefore or later, and goes back to since. If there is too much
// to read, one that goes back to needed counts as whole. It waits for readFor at most.
func (r *reader) read(ctx context.Context, since, needed, notBefore time.Time) (*reading, error) {
	stopped, enough := activity.GetWorkerStopChannel(ctx), time.After(readFor)
	for {
		r.mu.Lock()
		if last := r.last(); last != nil && !last.began.Before(notBefore) && !last.since.After(since) {
			r.mu.Unlock()
			return last.back(needed), nil
		}
		select {
		case <-stopped:
			r.mu.Unlock()
			return nil, errStopped
		default:
		}
		if r.wanted.IsZero() || since.Before(r.wanted) {
			r.wanted = since
		}
		flight := r.flight
		if flight == nil {
			flight = make(chan struct{})
			r.flight = flight
			since := r.wanted
			r.wanted = time.Time{}
			r.mu.Unlock()
			go r.fly(ctx, since, flight)
		} else {
			r.mu.Unlock()
		}
		select {
		case <-flight:
		case <-stopped:
		case <-enough:
			return nil, errReading
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

var (
	// errStopped: another worker reads on.
	errStopped = errors.New("the worker stops")

	// errReading: the next attempt finds what is being read.
	errReading = errors.New("a long list is still being read")
)

// readFor is how long a search waits for a reading. Short attempts learn soon what the reading has
// shown so far, and little is lost with a worker that is killed.
const readFor = 15 * time.Second

// longestReading bounds one reading: long lists at a slow provider take minutes.
const longestReading = 8 * time.Minute

// fly reads for all waiting searches. It continues after the search that started it has run out
// of time, and the next attempt finds its result.
func (r *reader) fly(ctx context.Context, since time.Time, flight chan struct{}) {
	stopped := activity.GetWorkerStopChannel(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestReading)
	defer cancel()
	go func() {
		select {
		case <-stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	reading := &reading{began: r.now(), since: since}
	reading.list = listed(ctx, r.provider, since, r.echoes)
	reading.charges = charged(ctx, r.provider, since)
	reading.ended = r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() == nil { // one that was cut says nothing
		r.kept = append(r.kept, reading)
		r.kept = slices.Clone(r.kept[max(0, len(r.kept)-2):])
	}
	r.flight = nil
	close(flight)
}

// restEach is the pause after a reading for each item in it, so that a long list is not read all
// the time: half a minute for 10,000 predictions and their charges.
const restEach = 3 * time.Millisecond / 2

// servesFor is how old a reading may be that a search begins with. One that took long, or is
// long, serves for a while, so that the provider has a pause.
func (r *reader) servesFor() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.last()
	if last == nil {
		return rereadAfter
	}
	took := last.ended.Sub(last.began)
	items := len(last.list.seen) + len(last.charges.seen)
	return max(rereadAfter, 2*took, took+time.Duration(items)*restEach)
}

func (r *reader) last() *reading {
	if len(r.kept) == 0 {
		return nil
	}
	return r.kept[len(r.kept)-1]
}

// before is the reading before the one given, if it is kept, for a search that looks back to
// a time.
func (r *reader) before(next *reading, to time.Time) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.kept, func(kept *reading) bool { return kept.began.Equal(next.began) }); i > 0 {
		return r.kept[i-1].back(to)
	}
	return nil
}

func listed(ctx context.Context, at provider.Provider, since time.Time, echoes *echoes) witness {
	read := &pages[provider.Prediction]{
		fetch: func(ctx context.Context, number, size int) (page[provider.Prediction], error) {
			got, err := at.List(ctx, provider.ListOptions{Page: number, PageSize: size, IncludeInputs: true})
			for _, prediction := range got.Items {
				echoes.note(prediction)
			}
			return page[provider.Prediction]{got.Items, got.Total, got.More}, err
		},
		id:      func(p provider.Prediction) string { return p.ID },
		created: func(p provider.Prediction) time.Time { return p.CreatedAt },
		since:   since,
	}
	all, err := read.read(ctx)
	seen := make([]sighting, len(all))
	for i, prediction := range all {
		seen[i] = sight(prediction)
	}
	return witness{seen: seen, err: err, reaches: read.reaches()}
}

func sight(p provider.Prediction) sighting {
	return sighting{id: p.ID, model: p.Model, created: p.CreatedAt, seed: seedOf(p.Input), ended: p.State.Terminal()}
}

// seedOf returns the seed in an input, as a whole number; "" if there is none. The provider may
// have rewritten it, as 7.0 or "7".
func seedOf(input json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil {
		return ""
	}
	var number json.Number
	if json.Unmarshal(fields["seed"], &number) != nil {
		return ""
	}
	if seed, err := number.Float64(); err == nil && seed == math.Trunc(seed) && math.Abs(seed) <= 1<<53 {
		return strconv.FormatInt(int64(seed), 10)
	}
	return number.String()
}

// charged reads all kinds of charges. Whatever names a prediction says that it was made, but
// a refund, which comes long after.
func charged(ctx context.Context, at provider.Provider, since time.Time) witness {
	read := &pages[provider.Charge]{
		fetch: func(ctx context.Context, number, size int) (page[provider.Charge], error) {
			got, err := at.Charges(ctx, provider.ChargesOptions{Page: number, PageSize: size})
			return page[provider.Charge]{got.Items, got.Total, got.More}, err
		},
		id:      func(c provider.Charge) string { return c.ID },
		created: func(c provider.Charge) time.Time { return c.CreatedAt },
		since:   since,
	}
	all, err := read.read(ctx)
	var seen []sighting
	for _, charge := range all {
		if charge.Kind != provider.ChargeRefund && charge.PredictionID != "" {
			seen = append(seen, sighting{id: charge.PredictionID, billed: charge.Model, created: charge.CreatedAt, charged: true, key: charge.Key})
		}
	}
	return witness{seen: seen, err: err, reaches: read.reaches()}
}
