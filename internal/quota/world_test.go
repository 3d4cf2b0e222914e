package quota

import (
	"container/heap"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is a keeper, runs and a provider in virtual time. Messages take their time, and may be
// repeated or overtake each other.
type world struct {
	t      *testing.T
	random *rand.Rand
	now    time.Time
	events events
	number int

	keeper  *Keeper
	delay   time.Duration // the most that a message takes
	repeats bool
	lasts   func() time.Duration
	runs    []*modelRun

	running, mostRunning int
	starts               []time.Time
	messages             int
	timers               int // of the runs
	refuse               int // the provider refuses what is more than this; 0 for nothing
	refused              int
	trace                bool // log what happens
}

func (w *world) log(format string, args ...any) {
	if w.trace {
		w.t.Log(w.now.Format("04:05.000"), fmt.Sprintf(format, args...))
	}
}

type event struct {
	at     time.Time
	number int
	do     func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(a, b int) bool {
	return e[a].at.Before(e[b].at) || e[a].at.Equal(e[b].at) && e[a].number < e[b].number
}
func (e events) Swap(a, b int) { e[a], e[b] = e[b], e[a] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func newWorld(t *testing.T, seed uint64, limits Limits) *world {
	w := &world{
		t: t, random: rand.New(rand.NewPCG(seed, 0)), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		keeper: NewKeeper(), lasts: func() time.Duration { return 4 * time.Second },
	}
	w.keeper.Limits = limits
	return w
}

func (w *world) after(d time.Duration, do func()) {
	w.number++
	heap.Push(&w.events, event{w.now.Add(d), w.number, do})
}

// modelRun is a run that makes so many predictions, so many at once.
type modelRun struct {
	w      *world
	tenant *Tenant
	left   int
	busy   int
	atOnce int
	kind   Kind
	made   int
	done   time.Time
	ring   time.Time
	waits  []func() bool // submits without a slot
}

func (w *world) run(name string, items, atOnce int, change ...func(*Report)) *modelRun {
	introduction := Report{WorkflowID: name, RunID: name, Group: name}
	for _, f := range change {
		f(&introduction)
	}
	r := &modelRun{w: w, tenant: NewTenant(w.now, introduction), left: items, atOnce: atOnce}
	w.runs = append(w.runs, r)
	r.next()
	return r
}

// next puts as many submits in the queue as may run at once.
func (r *modelRun) next() {
	for r.left > 0 && r.busy < r.atOnce {
		r.left--
		r.busy++
		r.queue()
	}
	r.step()
}

func (r *modelRun) queue() {
	ticket := r.tenant.Queue(r.kind)
	r.waits = append(r.waits, func() bool {
		if ticket.Ready {
			r.w.submit(r, ticket)
		}
		return ticket.Ready
	})
}

func (r *modelRun) step() {
	r.tenant.Serve(r.w.now)
	ready := r.waits
	r.waits = nil
	for _, try := range ready {
		if !try() {
			r.waits = append(r.waits, try)
		}
	}
	if report, changed := r.tenant.Report(r.w.now); changed {
		r.w.messages++
		r.w.post(func() { r.w.report(report) })
	}
	if at := r.tenant.Due(r.w.now); !at.IsZero() && (r.ring.IsZero() || at.Before(r.ring)) {
		r.ring = at
		r.w.timers++
		r.w.after(at.Sub(r.w.now), func() {
			if !r.ring.Equal(at) {
				return // another is set
			}
			r.ring = time.Time{}
			r.tenant.Ring(r.w.now)
			r.step()
		})
	}
	if r.left == 0 && r.busy == 0 && r.done.IsZero() {
		r.done = r.w.now
	}
}

func (w *world) submit(r *modelRun, ticket *Ticket) {
	w.after(w.some(w.delay/4), func() {
		if w.refuse > 0 && w.running >= w.refuse {
			w.refused++
			w.after(w.some(w.delay/4), func() {
				ticket.Refused(Running, w.now.Add(time.Second))
				r.queue()
				r.step()
			})
			return
		}
		w.running++
		w.mostRunning = max(w.mostRunning, w.running)
		w.starts = append(w.starts, w.now)
		w.log("%s starts number %d", r.tenant.report.RunID, len(w.starts))
		w.after(w.some(w.delay/4), func() {
			ticket.Made(w.now, "")
			r.step()
		})
		w.after(w.delay/2+w.lasts(), func() {
			w.running--
			w.after(w.some(w.delay), func() {
				ticket.Ended(w.now)
				r.busy--
				r.made++
				r.next()
			})
		})
	})
}

func (w *world) some(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return time.Duration(w.random.Int64N(int64(most)))
}

func (w *world) post(do func()) {
	w.after(w.some(w.delay), do)
	if w.repeats && w.random.IntN(5) == 0 {
		w.after(w.some(4*w.delay), do)
	}
}

func (w *world) report(report Report) {
	w.log("report %d of %s since %d: seen %d, slots %d, over %v, running %d, waiting %d, posting %v, recent %d, gone %v", report.Seq, report.RunID, report.Since,
		report.Seen, report.Slots, report.Over, report.Running, report.InLine(), report.Posting, report.Recent.Count(Starts, w.now), report.Gone)
	w.keeper.Report(w.now, report)
	w.divide()
}

func (w *world) divide() {
	leases, again := w.keeper.Divide(w.now)
	for _, m := range leases {
		w.messages++
		w.log("lease of %s: %+v", m.RunID, m.Lease)
		w.post(func() {
			for _, r := range w.runs {
				if r.tenant.report.RunID == m.RunID {
					r.tenant.Grant(w.now, m.Lease)
					r.step()
				}
			}
		})
	}
	if !again.IsZero() {
		w.after(max(again.Sub(w.now), time.Second), w.divide)
	}
}

// until lets time pass until all runs are done, or for so long.
func (w *world) until(limit time.Duration) {
	end := w.now.Add(limit)
	for w.events.Len() > 0 && !w.events[0].at.After(end) {
		w.next()
		if w.done() {
			return
		}
	}
	w.now = end
}

// next lets time pass until the next event.
func (w *world) next() {
	next := heap.Pop(&w.events).(event)
	w.now = next.at
	next.do()
}

func (w *world) drain() {
	for w.events.Len() > 0 {
		w.next()
	}
}

func (w *world) done() bool {
	return !slices.ContainsFunc(w.runs, func(r *modelRun) bool { return r.done.IsZero() })
}

func (w *world) mostStarts() int {
	most := 0
	for i, from := range w.starts {
		n := 0
		for _, at := range w.starts[i:] {
			if at.Sub(from) < time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// drawn is a world with limits, runs, priorities and delays drawn from a seed.
func drawn(t *testing.T, seed uint64) *world {
	random := rand.New(rand.NewPCG(seed, 1))
	limits := Limits{Running: 1 + random.IntN(12)}
	if random.IntN(2) == 0 {
		limits[Starts] = 1 + random.IntN(30)
	}
	if random.IntN(4) == 0 {
		delete(limits, Running)
		limits[Starts] = 1 + random.IntN(30)
	}
	w := newWorld(t, seed, limits)
	w.delay, w.repeats = time.Duration(random.IntN(3000))*time.Millisecond, random.IntN(2) == 0
	w.lasts = func() time.Duration { return time.Second + time.Duration(random.IntN(8000))*time.Millisecond }
	for i := range 1 + random.IntN(6) {
		n, priority := 1+random.IntN(30), random.IntN(4)
		w.after(time.Duration(random.IntN(60))*time.Second, func() {
			w.run(fmt.Sprint("run", i), n, 1+random.IntN(20), func(r *Report) { r.Priority = priority })
		})
	}
	return w
}

// TestNeverMoreThanTheLimits, and nothing waits for ever, whatever becomes of the messages.
func TestNeverMoreThanTheLimits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(600) {
		w := drawn(t, seed)
		w.until(24 * time.Hour)
		for _, r := range w.runs {
			require.False(t, r.done.IsZero(), "seed %d: run %s has %d to go, %+v", seed, r.tenant.report.RunID, r.left+r.busy, r.tenant)
		}
		w.drain()
		w.now = w.now.Add(2 * time.Minute)
		w.divide() // as when somebody else reports
		w.drain()
		require.Empty(t, w.keeper.Holders, "seed %d: slots are held at the end", seed)
		if limit, limited := w.keeper.Limits.Of(Running); limited {
			require.LessOrEqual(t, w.mostRunning, limit, "seed %d", seed)
		}
		if limit, limited := w.keeper.Limits.Of(Starts); limited {
			require.LessOrEqual(t, w.mostStarts(), limit, "seed %d", seed)
		}
	}
}

// TestLimitsThatChange: once a lower limit has reached all, it holds, and after a pause all goes on.
func TestLimitsThatChange(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		w := drawn(t, seed)
		random := rand.New(rand.NewPCG(seed, 2))
		highest, at := 0, time.Duration(0)
		set := func(running int) func() {
			return func() {
				w.keeper.Limits = Limits{Running: running}
				w.divide()
			}
		}
		for range 10 {
			running := random.IntN(9)
			highest = max(highest, running)
			at += time.Duration(random.IntN(40)) * time.Second
			w.after(at, set(running))
		}
		if first, limited := w.keeper.Limits.Of(Running); limited {
			highest = max(highest, first)
			delete(w.keeper.Limits, Starts)
		} else {
			w.keeper.Limits = Limits{Running: highest}
		}
		w.after(at+time.Minute, set(3))
		w.until(24 * time.Hour)
		require.True(t, w.done(), "seed %d", seed)
		require.LessOrEqual(t, w.mostRunning, max(highest, 3), "seed %d", seed)
	}
}

// TestPausedStartsNothing once the pause has reached all.
func TestPausedStartsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, Limits{Running: 10})
	w.delay = 200 * time.Millisecond
	for i := range 5 {
		w.run(fmt.Sprint("run", i), 200, 100)
	}
	w.until(20 * time.Second)
	w.keeper.Limits = Limits{Running: 0}
	w.divide()
	w.until(time.Second)
	started := len(w.starts)
	w.until(30 * time.Minute)
	require.Len(t, w.starts, started)
	require.Zero(t, w.running)
	w.keeper.Limits = Limits{Running: 20}
	w.divide()
	w.until(time.Second)
	require.Equal(t, 20, w.running)
}

// TestKeepersThatForget: a keeper may know no more, or what was true a while ago. Then more may
// run than the limit, but nothing waits for ever, and soon all is well again.
func TestKeepersThatForget(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		w := drawn(t, seed)
		random := rand.New(rand.NewPCG(seed, 3))
		for range 3 {
			w.after(time.Duration(random.IntN(100))*time.Second, func() {
				if random.IntN(2) == 0 {
					limits := w.keeper.Limits
					w.keeper = NewKeeper()
					w.keeper.Limits = limits
					return
				}
				old := w.keeper.copy(t)
				w.after(time.Duration(random.IntN(20))*time.Second, func() {
					w.keeper = old
					w.keeper.Recovered()
					w.divide()
				})
			})
		}
		w.until(24 * time.Hour)
		for _, r := range w.runs {
			require.False(t, r.done.IsZero(), "seed %d: run %s has %d to go, %+v", seed, r.tenant.report.RunID, r.left+r.busy, r.tenant)
		}
	}
}

func (k *Keeper) copy(t *testing.T) *Keeper {
	encoded, err := json.Marshal(k)
	require.NoError(t, err)
	var c Keeper
	require.NoError(t, json.Unmarshal(encoded, &c))
	return &c
}

// TestSlotsAreUsed: the time is close to the ideal, with few messages.
func TestSlotsAreUsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits   Limits
		runs     int
		items    int
		lasts    time.Duration
		ideal    time.Duration
		share    float64
		messages float64 // per item
	}{
		"2 slots, 30 items of 4 s":      {Limits{Running: 2}, 1, 30, 4 * time.Second, time.Minute, 0.97, 0.2},
		"2 slots, four runs":            {Limits{Running: 2}, 4, 30, 4 * time.Second, 4 * time.Minute, 0.95, 1.5},
		"10 slots, four runs":           {Limits{Running: 10}, 4, 50, 4 * time.Second, 80 * time.Second, 0.9, 0.9},
		"300 slots, 1000 items of 30 s": {Limits{Running: 300, Images: 500}, 1, 1000, 30 * time.Second, 2 * time.Minute, 0.9, 0.1},
		"300 slots, four runs of 250":   {Limits{Running: 300, Images: 500}, 4, 250, 30 * time.Second, 2 * time.Minute, 0.85, 0.2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, c.limits)
			w.delay = 60 * time.Millisecond
			w.lasts = func() time.Duration { return c.lasts }
			began := w.now
			for i := range c.runs {
				w.run(fmt.Sprint("run", i), c.items, c.items).kind = Image
			}
			w.until(24 * time.Hour)
			require.True(t, w.done())
			took := w.now.Sub(began)
			n := float64(w.messages) / float64(c.runs*c.items)
			t.Logf("%s: %.2f of the ideal, %.2f messages an item", took, c.ideal.Seconds()/took.Seconds(), n)
			require.GreaterOrEqual(t, c.ideal.Seconds()/took.Seconds(), c.share)
			require.LessOrEqual(t, n, c.messages)
		})
	}
}

// TestRunsTakeTurns, so equal ones are equally far.
func TestRunsTakeTurns(t *testing.T) {
	t.Parallel()
	for _, slots := range []int{1, 2, 3, 4, 5, 6, 7, 10} {
		t.Run(fmt.Sprint(slots), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, Limits{Running: slots})
			w.delay = 50 * time.Millisecond
			for i := range 4 {
				w.run(fmt.Sprint("run", i), 200, 100)
			}
			for w.events.Len() > 0 && w.least() < 20 {
				w.next()
			}
			t.Log(w.least(), w.most(), "messages per item", float64(w.messages)/float64(len(w.starts)))
			require.LessOrEqual(t, w.most()-w.least(), max(2, w.most()/10))
		})
	}
}

func (w *world) least() int {
	least := w.runs[0].made
	for _, r := range w.runs {
		least = min(least, r.made)
	}
	return least
}

func (w *world) most() (most int) {
	for _, r := range w.runs {
		most = max(most, r.made)
	}
	return most
}

// TestAFewBesideMany: a run of 3 items does not wait for one of 1,000.
func TestAFewBesideMany(t *testing.T) {
	t.Parallel()
	for _, slots := range []int{2, 10, 100, 300} {
		w := newWorld(t, 1, Limits{Running: slots})
		w.delay = 50 * time.Millisecond
		w.run("many", 1000, 1000)
		w.until(30 * time.Second)
		began := w.now
		few := w.run("few", 3, 3)
		for few.done.IsZero() {
			w.next()
		}
		ideal := time.Duration((3+slots-1)/slots) * 4 * time.Second
		t.Log(slots, few.done.Sub(began), ideal)
		require.Less(t, few.done.Sub(began), 5*ideal/2)
	}
}

// TestLearning finds the limit with few refusals.
func TestLearning(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 2, 3, 10, 100, 300} {
		w := newWorld(t, 1, nil)
		w.keeper.Learn()
		w.delay, w.refuse = 50*time.Millisecond, limit
		n := max(10*limit, 20)
		w.run("run", n, n)
		w.until(24 * time.Hour)
		require.True(t, w.done())
		t.Log(limit, "learned", w.keeper.Learned.Limits[Running], "refused", w.refused, "of", n, "took", w.runs[0].done)
		require.LessOrEqual(t, w.refused, n/5)
		require.Equal(t, limit, w.keeper.Learned.Limits[Running])
	}
}

// TestFewTimers: a run that the minute bounds waits for several submits at once, and loses little
// by that.
func TestFewTimers(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{5, 10, 30} {
		for name, limits := range map[string]Limits{"starts": {Starts: limit}, "both": {Running: limit + 1, Starts: limit}} {
			t.Run(fmt.Sprint(limit, " ", name), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, 1, limits)
				w.delay = 2 * time.Second // submits are answered within one
				began := w.now
				w.run("run", 20*limit, 20*limit)
				w.until(24 * time.Hour)
				require.True(t, w.done())
				used := 20 * Minute.Seconds() / w.now.Sub(began).Seconds()
				each := float64(w.timers) / float64(20*limit)
				t.Logf("%.2f of the minutes, %.2f timers an item", used, each)
				require.LessOrEqual(t, each, 0.25)
				require.GreaterOrEqual(t, used, 0.98)
				require.LessOrEqual(t, w.mostStarts(), limit)
			})
		}
	}
}
