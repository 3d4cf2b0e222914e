package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// The troubles that a campaign makes.
const (
	workerKilled   = "worker killed (-9)"
	handlerKilled  = "handler killed (-9)"
	temporalKilled = "Temporal killed (-9)"
	workerStopped  = "worker stopped past the submit's time, then continued"
	workerCut      = "worker cut off from Temporal past the submit's time, then back"
	filmTerminated = "pipeline terminated with items in flight, then rerun"
	pagesChanged   = "pages of the provider's lists changed"
	toTemporal     = "connections to Temporal poisoned"
	toProvider     = "connections to the provider poisoned"
	toHandlers     = "connections to the handlers poisoned"
)

var troubles = []string{workerKilled, handlerKilled, temporalKilled, workerStopped, workerCut, filmTerminated, pagesChanged, toTemporal, toProvider, toHandlers}

// trouble kills, stops and cuts until it is told to end.
type trouble struct {
	system *system
	cut    time.Duration // for which a worker is cut off
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu      sync.Mutex
	counted map[string]int

	// busy is held while a process is being killed or stopped, so that one thing
	// happens to it at a time.
	busy sync.Mutex
}

func (s *system) newTrouble(cut time.Duration) *trouble {
	tr := &trouble{system: s, cut: cut, counted: map[string]int{}}
	tr.ctx, tr.cancel = context.WithCancel(context.Background())
	return tr
}

func (tr *trouble) start(seed uint64) {
	s := tr.system
	for i, t := range []struct {
		first, every time.Duration
		make         func(*rand.Rand)
	}{
		{1 * time.Second, 9 * time.Second, func(r *rand.Rand) { tr.kill(workerKilled, s.workers[r.IntN(workers)]) }},
		{2 * time.Second, 9 * time.Second, func(r *rand.Rand) { tr.kill(handlerKilled, s.handlers[r.IntN(handlers)]) }},
		{4 * time.Second, 30 * time.Second, func(*rand.Rand) { tr.killTemporal() }},
		{3 * time.Second, 40 * time.Second, func(r *rand.Rand) { tr.stop(s.workers[r.IntN(workers)]) }},
		{1 * time.Second, tr.cut, func(r *rand.Rand) { tr.cutOff(wireOf(r.IntN(workers))) }},
		{1 * time.Second, 6 * time.Second, tr.changePages},
		{1 * time.Second, 12 * time.Second, func(r *rand.Rand) { tr.poison(r, toTemporal, s.proxies["temporal"]) }},
		{2 * time.Second, 10 * time.Second, func(r *rand.Rand) { tr.poison(r, toProvider, s.proxies["provider"]) }},
		{3 * time.Second, 10 * time.Second, func(r *rand.Rand) { tr.poison(r, toHandlers, s.proxies["webhooks"]) }},
	} {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		tr.group.Go(func() {
			for wait := t.first; tr.wait(wait); wait = t.every/2 + rand.N(t.every) {
				t.make(r)
			}
		})
	}
}

// wait waits, and tells whether to continue.
func (tr *trouble) wait(d time.Duration) bool {
	select {
	case <-tr.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (tr *trouble) end() {
	tr.cancel()
	tr.group.Wait()
}

func (tr *trouble) counts() map[string]int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return maps.Clone(tr.counted)
}

func (tr *trouble) count(what string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.counted[what]++
}

func (tr *trouble) kill(what string, p *stack.Process) {
	tr.busy.Lock()
	defer tr.busy.Unlock()
	p.Kill()
	tr.wait(500 * time.Millisecond)
	p.Start()
	tr.count(what)
}

func (tr *trouble) killTemporal() {
	tr.system.temporal.Kill()
	tr.system.temporal.Start()
	tr.count(temporalKilled)
	tr.system.temporal.AwaitReady()
}

func (tr *trouble) stop(p *stack.Process) {
	tr.busy.Lock()
	defer tr.busy.Unlock()
	p.Signal(syscall.SIGSTOP)
	tr.wait(8 * time.Second)
	p.Signal(syscall.SIGCONT)
	tr.count(workerStopped)
}

// cutOff keeps a worker from Temporal, while it continues talking to the provider.
func (tr *trouble) cutOff(wire string) {
	proxy := tr.system.proxies[wire]
	for _, stream := range []string{"upstream", "downstream"} {
		toxic := fmt.Sprintf(`{"name":%q,"stream":%[1]q,"type":"timeout","attributes":{"timeout":0}}`, stream)
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			tr.system.t.Errorf("toxic %s: %v", toxic, err)
		}
	}
	whole := tr.wait(tr.cut)
	for _, stream := range []string{"upstream", "downstream"} {
		_ = proxy.Toxics.RemoveToxic(context.Background(), stream)
	}
	if whole {
		tr.count(workerCut)
	}
}

// toxics are ways in which a connection goes bad.
var toxics = []string{
	`{"type":"latency","attributes":{"latency":150,"jitter":100}}`,
	`{"type":"reset_peer","attributes":{"timeout":50}}`,
	`{"type":"timeout","attributes":{"timeout":500}}`,
	`{"type":"slow_close","attributes":{"delay":300}}`,
	`{"type":"slicer","attributes":{"average_size":64,"size_variation":32,"delay":500}}`,
	`{"type":"bandwidth","attributes":{"rate":200}}`,
	`{"type":"limit_data","attributes":{"bytes":3000}}`,
}

// poison puts one toxic on a proxy for a while, on one of its directions.
func (tr *trouble) poison(r *rand.Rand, what string, proxy *toxiproxy.Proxy) {
	toxic := toxics[r.IntN(len(toxics))]
	direction := []string{"upstream", "downstream"}[r.IntN(2)]
	toxic = fmt.Sprintf(`{"name":"trouble","stream":%q,"toxicity":0.7,%s`, direction, toxic[1:])
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		tr.system.t.Errorf("toxic %s: %v", toxic, err)
		return
	}
	tr.wait(time.Second + time.Duration(r.Int64N(int64(time.Second))))
	_ = proxy.Toxics.RemoveToxic(context.Background(), "trouble")
	tr.count(what)
}
