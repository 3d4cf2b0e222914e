package main

// fault is something that was wrong once, or that a promise excludes.
type fault struct {
	name    string
	shows   string // what a finding says
	changes []change
}

// change is a text of a file, which must stand there once, and what replaces it.
type change struct{ file, from, to string }

const (
	twice  = "billed twice"
	absent = "said to be absent"
	taken  = "its own"
	failed = "for no reason"
	silent = "could be told by"
	budget = "and its budget is"
	lost   = "has not got"
	over   = "predictions run"
)

// believed lets a reading be taken for whole, though it leaves out what was surely made.
var believed = change{"activities/conclusion.go", `		steady = steady && s.account.made.fault(now, s.in.Settle) == ""
`, ``}

// one is a fault of one place.
func one(name, shows, file, from, to string) fault {
	return fault{name, shows, []change{{file, from, to}}}
}

var faults = []fault{
	{"a worker hides the answer from its own search", absent, []change{
		{"activities/search.go", `if id := s.account.memory.prediction(s.in.Nonce); id != "" {`, `if id := ""; id != "" {`},
		{"activities/whose.go", `nonce != "" && nonce != s.in.Nonce {`, `nonce != "" {`},
	}},
	one("a listed input that differs is another's: a seed of -1 listed as drawn", absent,
		"activities/whose.go", `	return x.charged && s.in.KeyKnown`, `	if x.seed != "" && x.seed != strconv.FormatInt(wire.Seed(s.in.Nonce), 10) {
		return true
	}
	return x.charged && s.in.KeyKnown`),
	one("a prediction listed under another name is another's", absent,
		"activities/whose.go", `return s.catalogued[x.model] && s.account.names.other(model, x.model, x.created)`,
		`return x.model != "" && x.model != model && !s.account.names.same(model, x.model)`),
	one("a prediction without a listed input is another's", absent,
		"activities/whose.go", `	return x.charged && s.in.KeyKnown`, `	if x.seed == "" {
		return true
	}
	return x.charged && s.in.KeyKnown`),
	{"the list ends with the first page that is not full", absent, []change{
		{"activities/pages.go", `		case old && p.descends():
			return p.enough(got)`, `		case old && p.descends(), len(got.items) < size:
			return nil`},
		believed,
	}},
	{"an empty page ends the list, whatever its total", absent, []change{
		{"activities/pages.go", `	for try := 1; last.total != nil && *last.total != len(p.all); try++ {`, `	for try := 1; false; try++ {`},
		believed,
	}},
	{"silence proves absence before the settle time", absent, []change{
		{"activities/search.go", `func (s *search) settled() bool { return s.age >= s.in.Settle }`, `func (s *search) settled() bool { return true }`},
		{"activities/compare.go", `settled := s.settledAt()`, `settled := s.entered.Add(-time.Hour)`},
	}},
	one("the provider's clock is taken to be right within 30 s", absent,
		"activities/window.go", `uncalibrated = 15 * time.Minute`, `uncalibrated = 30 * time.Second`),
	one("the settle time is counted by the worker's clock", absent,
		"activities/search.go", `info.StartedTime.Sub(in.Ended)`, `a.options.Now().Sub(in.Ended)`),
	one("a worker that is behind Temporal submits nothing", failed,
		"activities/turn.go", `if timeLeft(info, in.Within) <= 0 {`, `if timeLeft(info, in.Within) <= 0 || entered.Before(info.StartedTime.Add(-2*time.Second)) {`),
	one("the one candidate is taken for ours", taken,
		"activities/conclusion.go", `infers := steady && s.account.exclusive && `, `infers := steady && `),
	one("two workers with identical requests take the same prediction", taken,
		"activities/owners.go", `	if !s.account.asked.begin(ctx) {
		return owners{others: silentOwners}
	}`, `	if true {
		return owners{asOf: s.account.asked.now()}
	}`),
	one("two seeds above 2^53 are taken for the same", taken,
		"internal/wire/fingerprint.go", `	decoder.UseNumber()
`, ``),
	one("an older prediction that is delivered is taken for ours", taken,
		"activities/window.go", `return !created.IsZero() && created.Before(w.opens)`, `return false`),
	one("a reset runs a submit again without searching", twice,
		"activities/turn.go", `if in.RunID != info.WorkflowExecution.RunID {`, `if false {`),
	one("a submit is posted again by the same worker", twice,
		"activities/memory.go", `		if p == nil {
			p = &post{done: make(chan struct{}), model: model, apiKey: apiKey}`, `		if true {
			p = &post{done: make(chan struct{}), model: model, apiKey: apiKey}`),
	{"a submit without an answer is repeated", twice, []change{
		{"workflows/submit.go", `	"TemporalTimeout:StartToClose",
`, ``},
		{"activities/turn.go", `foreign := info.Attempt > 1 && `, `foreign := false && `},
	}},
	one("doubt is taken for absence", absent,
		"activities/conclusion.go", `return undecided(s.doubt(now, possible), possible)`, `return answer{found: wire.Found{Conclusion: wire.ConclusionAbsent}, decided: true}`),
	one("a search concludes nothing from an exclusive key", silent,
		"activities/infer.go", `	if !s.sameKey() ||`, `	if true ||`),
	one("a search never proves absence", silent,
		"activities/conclusion.go", `return s.sameKey() && s.age+s.in.Ended.Sub(s.in.Began) < keptFor`, `return false`),
	one("a submit that was canceled is taken for one that was never sent", twice,
		"workflows/submit.go", `errors.As(err, &canceled) && neverSent(err, a.unsent)`, `errors.As(err, &canceled)`),
	one("a rerun forgets what was made before", twice,
		"internal/engine/recall.go", `		pages = append(pages, page)
`, ``),
	one("what a budget has reserved is not taken from it", budget,
		"internal/kernel/budget.go", `usd.Sub(usd.Sub(b.Limit, b.spent), b.reserved)`, `usd.Sub(b.Limit, b.spent)`),
	one("a slot is given to another run before it is returned", over,
		"internal/quota/divide.go", `		free -= h.held()
`, `		free -= min(h.held(), s.targets[i])
`),
	one("what runs on after its run has ended is not counted", over,
		"internal/quota/gone.go", `	for _, id := range g.Orphans {`, `	for _, id := range g.Orphans[:0] {`),
	one("the slots of a run that has ended are not free again", lost,
		"internal/quota/gone.go", `	if h == nil {
		return
	}
	if g.ResetTo`, `	if h == nil || g.ResetTo == "" {
		return
	}
	if g.ResetTo`),
}
