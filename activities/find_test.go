package activities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	fluxDev = "wavespeed-ai/flux-dev"
	settle  = 2 * time.Minute
	grace   = time.Minute
)

// scene is an account as the witnesses show it, a namespace with other workflows, and a
// worker that searches. Its time is virtual.
type scene struct {
	t       *testing.T
	options activities.Options
	list    []provider.Prediction
	charges []provider.Charge

	listErr, chargesErr error
	temporal            *fakeTemporal

	env *testsuite.TestActivityEnvironment
}

func (s *scene) provider() *fake {
	return s.options.Accounts[generation.DefaultAccount].(*fake)
}

// catalogue has the provider know these models.
func (s *scene) catalogue(ids ...string) {
	for _, id := range ids {
		s.provider().models = append(s.provider().models, provider.Model{ID: id})
	}
}

func address(context.Context, wire.Target) (string, error) { return "https://hooks.test/a", nil }

// stage runs a test in virtual time.
func stage(t *testing.T, play func(*scene)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, temporal: &fakeTemporal{known: make(map[string]wire.KnownPredictions)}}
		s.options = forProvider(&fake{
			submit: func(r provider.SubmitRequest) (provider.Prediction, error) {
				p := provider.Prediction{ID: fmt.Sprintf("own%d", len(s.list)), Model: r.Model, State: provider.StateCreated, CreatedAt: time.Now()}
				s.list = append(s.list, p)
				return p, nil
			},
			result: func(id string) (provider.Prediction, error) {
				for _, p := range s.list {
					if p.ID == id {
						return p, nil
					}
				}
				return provider.Prediction{}, said(provider.NotFound, "Prediction not found.")
			},
			list: func(o provider.ListOptions) (provider.Page, error) {
				return provider.Page{Items: newest(s.list, o.Page, o.PageSize)}, s.listErr
			},
			charges: func(o provider.ChargesOptions) (provider.ChargePage, error) {
				if len(o.PredictionIDs) > 0 {
					return provider.ChargePage{Items: chargesOf(s.charges, o.PredictionIDs)}, s.chargesErr
				}
				return provider.ChargePage{Items: newest(s.charges, o.Page, o.PageSize)}, s.chargesErr
			},
		})
		play(s)
	})
}

// newest is a page of what was made in the order given.
func newest[T any](all []T, number, size int) (items []T) {
	for i := len(all) - 1 - (number-1)*size; i >= 0 && len(items) < size; i-- {
		items = append(items, all[i])
	}
	return items
}

func chargesOf(all []provider.Charge, ids []string) []provider.Charge {
	return slices.DeleteFunc(slices.Clone(all), func(c provider.Charge) bool { return !slices.Contains(ids, c.PredictionID) })
}

// make adds a prediction that is listed and charged, created so long ago.
func (s *scene) make(id, model string, ago time.Duration, change ...func(*provider.Prediction, *provider.Charge)) {
	created := time.Now().Add(-ago)
	p := provider.Prediction{ID: id, Model: model, State: provider.StateCompleted, CreatedAt: created}
	c := provider.Charge{ID: "c" + id, Kind: provider.ChargeDeduct, PredictionID: id, Model: model, CreatedAt: created, Key: provider.AccessKey{UUID: "ours"}}
	for _, f := range change {
		f(&p, &c)
	}
	s.list, s.charges = append(s.list, p), append(s.charges, c)
}

// crowd makes more predictions of others than a list is read of.
func (s *scene) crowd(ago time.Duration) {
	for i := range 26_000 {
		s.make(fmt.Sprint("theirs", i), fluxDev, ago)
	}
}

func byKey(uuid string) func(*provider.Prediction, *provider.Charge) {
	return func(_ *provider.Prediction, c *provider.Charge) { c.Key = provider.AccessKey{UUID: uuid} }
}

func withInput(input string) func(*provider.Prediction, *provider.Charge) {
	return func(p *provider.Prediction, _ *provider.Charge) { p.Input = json.RawMessage(input) }
}

// seeded repeats the seed that a submit with the nonce drew.
func seeded(nonce string) func(*provider.Prediction, *provider.Charge) {
	return withInput(fmt.Sprintf(`{"seed":%d,"prompt":"rewritten"}`, wire.Seed(nonce)))
}

// question is about a submit that ended so long ago.
func question(ago time.Duration) wire.FindInput {
	now := time.Now()
	return wire.FindInput{
		Key: "still", Model: fluxDev, Account: generation.DefaultAccount, Nonce: "n1", Seeded: true, KeyKnown: true,
		Began: now.Add(-ago - time.Minute), Ended: now.Add(-ago), Settle: settle, Grace: grace, Within: time.Hour,
	}
}

func (s *scene) environment() *testsuite.TestActivityEnvironment {
	if s.env != nil {
		return s.env
	}
	acts, err := activities.New(s.options)
	require.NoError(s.t, err)
	activities.SetClient(acts, s.temporal)
	var suite testsuite.WorkflowTestSuite
	s.env = suite.NewTestActivityEnvironment()
	acts.Register(s.env)
	s.env.SetTestTimeout(time.Hour)
	return s.env
}

// find asks once. It is nil where the search continues.
func (s *scene) find(in wire.FindInput) *wire.Found {
	s.t.Helper()
	value, err := s.environment().ExecuteActivity(wire.FindName, in)
	if err != nil {
		var failure *temporal.ApplicationError
		require.ErrorAs(s.t, err, &failure)
		require.False(s.t, failure.NonRetryable())
		return nil
	}
	var got wire.Found
	require.NoError(s.t, value.Get(&got))
	return &got
}

func (s *scene) conclusion(in wire.FindInput) wire.Conclusion {
	s.t.Helper()
	if found := s.find(in); found != nil {
		return found.Conclusion
	}
	return ""
}

// submit makes a submit of this worker's own, by which it learns.
func (s *scene) submit(nonce, model string) string {
	s.t.Helper()
	in := submitInput(`{}`)
	in.Nonce, in.Model = nonce, model
	value, err := s.environment().ExecuteActivity(wire.SubmitName, in)
	require.NoError(s.t, err)
	var got wire.Submitted
	require.NoError(s.t, value.Get(&got))
	s.charges = append(s.charges, provider.Charge{
		ID: "c" + got.PredictionID, Kind: provider.ChargeDeduct, PredictionID: got.PredictionID, Model: model, CreatedAt: s.list[len(s.list)-1].CreatedAt, Key: provider.AccessKey{UUID: "ours"},
	})
	return got.PredictionID
}

// submitted has another workflow tell that a prediction is its own.
func (s *scene) submitted(nonce, id string) {
	other := s.temporal.known["another"]
	other.Predictions = append(other.Predictions, wire.Known{PredictionID: id, Nonce: nonce, Model: fluxDev})
	s.temporal.known["another"] = other
}

// TestFind: what the witnesses show of a submit that ended ten minutes ago, and the conclusion.
func TestFind(t *testing.T) {
	t.Parallel()
	const ago = 8 * time.Minute // within the submit's time
	for name, c := range map[string]struct {
		tell func(*scene, *wire.FindInput)
		want wire.Conclusion // "" to look again
	}{
		"nothing is listed or charged": {func(*scene, *wire.FindInput) {}, wire.ConclusionAbsent},
		"the lists may lag":            {func(_ *scene, in *wire.FindInput) { in.Settle = time.Hour }, ""},

		"our seed is echoed": {func(s *scene, _ *wire.FindInput) { s.make("p1", fluxDev, ago, seeded("n1")) }, wire.ConclusionFound},
		"our seed is echoed while the lists may lag": {func(s *scene, in *wire.FindInput) {
			in.Settle = time.Hour
			s.make("p1", fluxDev, ago, seeded("n1"))
		}, wire.ConclusionFound},
		"our seed is echoed on a list that is too long": {func(s *scene, in *wire.FindInput) {
			in.Settle = time.Hour
			s.crowd(20 * time.Minute)
			s.make("p1", fluxDev, ago, seeded("n1"))
		}, wire.ConclusionFound},
		"our seed is echoed on a list that is too long, and later": { // by a re-run of ours, which may be missing
			func(s *scene, in *wire.FindInput) {
				in.Settle = time.Hour
				s.crowd(20 * time.Minute)
				s.make("p1", fluxDev, -2*time.Hour, seeded("n1"))
			}, ""},
		"our seed is echoed among others, under another name": {func(s *scene, _ *wire.FindInput) {
			s.make("p0", fluxDev, ago, seeded("n0"))
			s.make("p1", "flux/renamed", ago, seeded("n1"))
		}, wire.ConclusionFound},
		"our seed is echoed twice": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, ago, seeded("n1"))
			s.make("p2", fluxDev, ago, seeded("n1"))
		}, wire.ConclusionUndecided},
		"the seed is the caller's own": {func(s *scene, in *wire.FindInput) {
			in.Seeded = false
			s.make("p1", fluxDev, ago, seeded("n1"))
		}, wire.ConclusionUndecided},

		"an equal input": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, ago, withInput(`{"prompt":"a lighthouse"}`))
		}, wire.ConclusionUndecided},
		"another input": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, ago, withInput(`{"prompt":"a harbour"}`))
		}, wire.ConclusionUndecided},
		"no input":      {func(s *scene, _ *wire.FindInput) { s.make("p1", fluxDev, ago) }, wire.ConclusionUndecided},
		"another model": {func(s *scene, _ *wire.FindInput) { s.make("p1", "a/b", ago) }, wire.ConclusionUndecided},
		"only listed": {func(s *scene, _ *wire.FindInput) { // its charge may lag
			s.make("p1", fluxDev, ago)
			s.charges = nil
		}, ""},
		"only charged": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, ago)
			s.list = nil
		}, wire.ConclusionUndecided},
		"listed without a time": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, ago, func(p *provider.Prediction, c *provider.Charge) {
				p.CreatedAt, c.CreatedAt = time.Time{}, time.Time{}
			})
		}, wire.ConclusionUndecided},
		"older than the clocks may differ": {func(s *scene, _ *wire.FindInput) { s.make("p1", fluxDev, time.Hour) }, wire.ConclusionAbsent},
		"a little older":                   {func(s *scene, _ *wire.FindInput) { s.make("p1", fluxDev, 20*time.Minute) }, wire.ConclusionUndecided},
		"younger by hours":                 {func(s *scene, _ *wire.FindInput) { s.make("p1", fluxDev, -2*time.Hour) }, wire.ConclusionUndecided},

		"another submit's of this run": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, ago)
			s.temporal.known["default-test-workflow-id"] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: "p1", Nonce: "n0", Model: fluxDev, Answered: true}}}
		}, wire.ConclusionAbsent},
		"another workflow's": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, ago)
			s.temporal.known["another"] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: "p1", Nonce: "n0", Model: fluxDev, Answered: true}}}
		}, wire.ConclusionAbsent},

		"the list is forbidden":     {func(s *scene, _ *wire.FindInput) { s.listErr = said(provider.Forbidden, "no") }, wire.ConclusionUndecided},
		"the charges are forbidden": {func(s *scene, _ *wire.FindInput) { s.chargesErr = said(provider.Forbidden, "no") }, wire.ConclusionUndecided},
		"the charges are missing":   {func(s *scene, _ *wire.FindInput) { s.chargesErr = said(provider.NotFound, "no") }, wire.ConclusionUndecided},
		"the list is down":          {func(s *scene, _ *wire.FindInput) { s.listErr = said(provider.Failed, "") }, ""},
		"the charges are down":      {func(s *scene, _ *wire.FindInput) { s.chargesErr = said(provider.Failed, "") }, ""},
		"the list is down until the deadline": {func(s *scene, in *wire.FindInput) {
			s.listErr, in.Within = said(provider.Failed, ""), 0
		}, ""},
		"the list is down long after the deadline": {func(s *scene, in *wire.FindInput) {
			s.listErr, in.Within = said(provider.Failed, ""), -2*time.Minute
		}, wire.ConclusionUndecided},
		"forbidden charges, within the grace time": {func(s *scene, in *wire.FindInput) {
			s.chargesErr, in.Grace = said(provider.Forbidden, "no"), time.Hour
		}, ""},

		"made a week ago":           {func(s *scene, in *wire.FindInput) { in.Began = time.Now().Add(-7 * 24 * time.Hour) }, wire.ConclusionUndecided},
		"made with another API key": {func(s *scene, in *wire.FindInput) { in.APIKeys = []string{"another"} }, wire.ConclusionUndecided},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				in := question(10 * time.Minute)
				c.tell(s, &in)
				got := s.find(in)
				if c.want == "" {
					require.Nil(t, got)
					return
				}
				require.NotNil(t, got)
				require.Equal(t, c.want, got.Conclusion, got.Why)
				switch got.Conclusion {
				case wire.ConclusionFound:
					require.Equal(t, "p1", got.PredictionID)
				case wire.ConclusionUndecided:
					require.NotEmpty(t, got.Why)
				}
			})
		})
	}
}

// TestFindAfterOwnSubmits: a worker that has made submits of its own knows its clock, its
// key and the names of its models.
func TestFindAfterOwnSubmits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		other func(s *scene)
		want  wire.Conclusion
	}{
		"of the other key":          {func(s *scene) { s.make("p1", fluxDev, -time.Second, byKey("theirs")) }, wire.ConclusionAbsent},
		"of our key":                {func(s *scene) { s.make("p1", fluxDev, -time.Second) }, wire.ConclusionUndecided},
		"of a key that is not told": {func(s *scene) { s.make("p1", fluxDev, -time.Second, byKey("")) }, wire.ConclusionUndecided},
		"of another model":          {func(s *scene) { s.catalogue("a/b"); s.make("p1", "a/b", -time.Second) }, wire.ConclusionAbsent},
		"made before the submit":    {func(s *scene) { s.make("p1", fluxDev, 12*time.Minute) }, wire.ConclusionAbsent},
		"made when it was":          {func(s *scene) { s.make("p1", fluxDev, time.Second) }, wire.ConclusionUndecided},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				c.other(s)
				s.submit("n0", fluxDev)
				in := question(0)
				in.Began = time.Now()
				time.Sleep(2 * time.Second)
				s.submit("n2", fluxDev)
				time.Sleep(settle + grace + time.Second)
				require.Equal(t, c.want, s.conclusion(in))
			})
		})
	}
}

// TestWhatAWebhookToldTeachesNothing: its address may have leaked, so it may be another's,
// with another key and another name.
func TestWhatAWebhookToldTeachesNothing(t *testing.T) {
	stage(t, func(s *scene) {
		s.make("p0", fluxDev, 0, byKey("theirs"))
		s.temporal.known["default-test-workflow-id"] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: "p0", Nonce: "n0", Model: fluxDev}}}
		s.make("p1", fluxDev, -time.Second)
		in := question(0)
		in.Began = time.Now()
		time.Sleep(settle + grace + time.Second)
		require.Equal(t, wire.ConclusionUndecided, s.conclusion(in))
	})
}

// TestARenamedModelIsDoubt: its own name was not seen, so another name excludes nothing.
func TestARenamedModelIsDoubt(t *testing.T) {
	stage(t, func(s *scene) {
		s.submit("n0", fluxDev)
		s.list[0].Model = "flux/renamed"
		s.make("p1", "flux/renamed", -time.Second)
		in := question(0)
		in.Began = time.Now()
		time.Sleep(settle + grace + time.Second)
		require.Equal(t, wire.ConclusionUndecided, s.conclusion(in))
	})
}

// TestAModelUnderSeveralNames: a prediction of ours was listed under the model's own name, but
// others may be listed under another.
func TestAModelUnderSeveralNames(t *testing.T) {
	t.Parallel()
	const alias, other, third = "flux/backend-2", "a/b", "a/c"
	for name, c := range map[string]struct {
		listed string // the unknown one
		known  string // another prediction of ours; "" for none
		down   bool   // the catalogue can't be read
		want   wire.Conclusion
	}{
		"another model of the catalogue":      {listed: other, want: wire.ConclusionAbsent},
		"no model of the catalogue":           {listed: alias, want: wire.ConclusionUndecided},
		"no catalogue":                        {listed: other, down: true, want: wire.ConclusionUndecided},
		"of ours, one has this name":          {listed: other, known: other, want: wire.ConclusionUndecided},
		"of ours, one has yet another name":   {listed: other, known: third, want: wire.ConclusionUndecided},
		"of ours, one has a name of no model": {listed: other, known: alias, want: wire.ConclusionUndecided},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.catalogue(fluxDev, other, third)
				if c.down {
					s.provider().modelsErr = said(provider.Failed, "")
				}
				s.make("p1", c.listed, -time.Second)
				if c.known != "" {
					s.submit("n0", fluxDev)
					s.list[len(s.list)-1].Model = c.known
				}
				in := question(0)
				in.Began = time.Now()
				time.Sleep(2 * time.Second)
				s.submit("n2", fluxDev)
				time.Sleep(settle + grace + time.Second)
				require.Equal(t, c.want, s.conclusion(in))
			})
		})
	}
}

// TestMemoryComesFirst: what this worker submitted it knows, whatever the lists show.
func TestMemoryComesFirst(t *testing.T) {
	stage(t, func(s *scene) {
		id := s.submit("n1", fluxDev)
		s.list, s.charges = nil, nil
		got := s.find(question(time.Hour))
		require.NotNil(t, got)
		require.Equal(t, id, got.PredictionID)
		require.False(t, got.Inferred)
	})
}

// TestFindWithWebhooks: a webhook at the submit's own address is strong evidence, and makes
// absence impossible.
func TestFindWithWebhooks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tell func(*scene, *wire.FindInput)
		want wire.Conclusion
	}{
		"in doubt only about time, before the lists have settled": {func(s *scene, in *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute)
			in.Settle = time.Hour
		}, ""},
		"in doubt only about time": {func(s *scene, _ *wire.FindInput) { s.make("p1", fluxDev, 8*time.Minute) }, wire.ConclusionFound},
		"with another input": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute, withInput(`{"prompt":"a harbour"}`))
		}, wire.ConclusionFound},
		"with another model": {func(s *scene, _ *wire.FindInput) { s.make("p1", "flux/renamed", 8*time.Minute) }, wire.ConclusionFound},
		"while others are possible": {func(s *scene, _ *wire.FindInput) {
			s.make("p0", fluxDev, 8*time.Minute)
			s.make("p1", fluxDev, 8*time.Minute)
		}, wire.ConclusionFound},
		"while the charges are forbidden": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute)
			s.chargesErr = said(provider.Forbidden, "no")
		}, wire.ConclusionFound},
		"while both are forbidden": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute)
			s.listErr, s.chargesErr = said(provider.Forbidden, "no"), said(provider.Forbidden, "no")
		}, wire.ConclusionFound},
		"that does not exist":                     {func(*scene, *wire.FindInput) {}, ""},
		"that does not exist, until the deadline": {func(_ *scene, in *wire.FindInput) { in.Within = 0 }, wire.ConclusionUndecided},
		"made long before":                        {func(s *scene, _ *wire.FindInput) { s.make("p1", fluxDev, time.Hour) }, wire.ConclusionAbsent},
		"two of them": {func(s *scene, in *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute)
			s.make("p2", fluxDev, 8*time.Minute)
			in.Delivered, in.Within = append(in.Delivered, "p2"), 0
		}, wire.ConclusionUndecided},
		"charged to another key than ours": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute, byKey("theirs"))
			s.make("p0", fluxDev, 2*time.Hour) // which tells our key
			s.temporal.known["default-test-workflow-id"] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: "p0", Nonce: "n0", Model: fluxDev, Answered: true}}}
		}, wire.ConclusionAbsent},
		"two of them, one another's": {func(s *scene, in *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute)
			s.make("p2", fluxDev, time.Hour)
			in.Delivered = append(in.Delivered, "p2")
		}, wire.ConclusionFound},
		"that another workflow submitted": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute)
			s.temporal.known["another"] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: "p1", Nonce: "n9", Model: fluxDev, Answered: true}}}
		}, wire.ConclusionAbsent},
		"that another workflow may have submitted": {func(s *scene, _ *wire.FindInput) {
			s.make("p1", fluxDev, 8*time.Minute)
			s.temporal.silent = "another"
		}, wire.ConclusionFound},
		"and another with our seed": {func(s *scene, in *wire.FindInput) {
			s.make("p0", fluxDev, 8*time.Minute)
			s.make("p1", fluxDev, 8*time.Minute, seeded("n1"))
			in.Delivered = []string{"p0"}
		}, wire.ConclusionFound},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.options.WebhookURL = address
				in := question(10 * time.Minute)
				in.Delivered = []string{"p1"}
				c.tell(s, &in)
				got := s.find(in)
				if c.want == "" {
					require.Nil(t, got)
					return
				}
				require.NotNil(t, got)
				require.Equal(t, c.want, got.Conclusion, got.Why)
				if got.Conclusion == wire.ConclusionFound {
					require.Equal(t, "p1", got.PredictionID)
				}
			})
		})
	}
}

// TestFindWaitsForWebhooks: a listed prediction may still be running, and its webhook will
// tell.
func TestFindWaitsForWebhooks(t *testing.T) {
	stage(t, func(s *scene) {
		s.options.WebhookURL = address
		s.make("p1", fluxDev, time.Minute)
		s.list[0].State = provider.StateProcessing
		in := question(10 * time.Minute)
		require.Empty(t, s.conclusion(in))
		time.Sleep(20 * time.Minute)
		require.Empty(t, s.conclusion(in), "it still runs")
		s.list[0].State = provider.StateCompleted
		time.Sleep(10 * time.Second)
		require.Empty(t, s.conclusion(in), "its webhook may be on its way")
		time.Sleep(grace)
		require.Equal(t, wire.ConclusionUndecided, s.conclusion(in))
	})
}

// TestAbsentWhileOthersGoOn: other workers' generations keep coming. What one of them is
// known to have made is not this submit's, and what is made after the lists have settled may
// lag in them.
func TestAbsentWhileOthersGoOn(t *testing.T) {
	t.Parallel()
	for name, others := range map[string]int{"a few": 3, "more than are asked at once": 1000} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.options.WebhookURL = address
				s.submit("n0", fluxDev)
				in := question(0)
				time.Sleep(settle + grace)
				make := func(i int, ago time.Duration) {
					id := fmt.Sprint("p", i)
					s.make(id, fluxDev, ago)
					s.list[len(s.list)-1].State = provider.StateProcessing
					s.temporal.known[id] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: id, Nonce: "n" + id, Model: fluxDev}}}
				}
				for i := range others {
					make(i, settle)
				}
				looks := 1
				for ; s.conclusion(in) != wire.ConclusionAbsent; looks++ {
					require.Less(t, looks, 20)
					time.Sleep(10 * time.Second)
					make(others+looks, 0)
					make(others+looks+100, 5*time.Second) // it was there before, and was not listed
				}
				require.Equal(t, others > 200, looks > 1)
			})
		})
	}
}

// TestAbsentAmongManyWorkflows by polling alone: the search does not give up while it can
// ask others.
func TestAbsentAmongManyWorkflows(t *testing.T) {
	stage(t, func(s *scene) {
		for i := range 500 {
			id := fmt.Sprint("p", i)
			s.make(id, fluxDev, 10*time.Minute)
			s.temporal.known[id] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: id, Nonce: "n" + id, Model: fluxDev}}}
		}
		in := question(10 * time.Minute)
		require.Empty(t, s.conclusion(in))
		require.Empty(t, s.conclusion(in))
		require.Equal(t, wire.ConclusionAbsent, s.conclusion(in))
	})
}

// TestAMisdirectedWebhook names a prediction of another submit of the same workflow, which
// another worker made.
func TestAMisdirectedWebhook(t *testing.T) {
	stage(t, func(s *scene) {
		s.options.WebhookURL = address
		s.submit("n0", fluxDev)
		in := question(0)
		in.Began = time.Now()
		time.Sleep(10 * time.Second)
		s.make("p2", fluxDev, 0)
		s.temporal.known["default-test-workflow-id"] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: "p2", Nonce: "n2", Model: fluxDev}}}
		in.Delivered = []string{"p2"}
		require.Empty(t, s.conclusion(in))
		time.Sleep(settle + grace)
		require.Equal(t, wire.ConclusionAbsent, s.conclusion(in))
	})
}

// TestKeptDeliveries came while no run was open.
func TestKeptDeliveries(t *testing.T) {
	stage(t, func(s *scene) {
		s.make("p1", fluxDev, 8*time.Minute)
		s.temporal.kept = map[string]wire.Signal{wire.DeliveryIDs("n1")[0]: {Nonce: "n1", Outcome: wire.Outcome{PredictionID: "p1"}}}
		in := question(10 * time.Minute)
		in.Earlier = true
		got := s.find(in)
		require.NotNil(t, got)
		require.Equal(t, "p1", got.PredictionID)
	})
}

// TestExclusiveKeys: with an exclusive key, a charge that belongs to no other submit belongs to
// this one.
func TestExclusiveKeys(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shared bool
		tell   func(*scene, *wire.FindInput)
		want   string // the prediction found; "" for undecided
	}{
		"one is left":                           {tell: func(*scene, *wire.FindInput) {}, want: "p1"},
		"the key is shared":                     {shared: true, tell: func(*scene, *wire.FindInput) {}},
		"two are left":                          {tell: func(s *scene, _ *wire.FindInput) { s.make("p2", fluxDev, 0) }},
		"one is left that no key is told of":    {tell: func(s *scene, _ *wire.FindInput) { s.make("p2", fluxDev, 0, byKey("")) }, want: "p1"},
		"one is left and one is of another key": {tell: func(s *scene, _ *wire.FindInput) { s.make("p2", fluxDev, 0, byKey("theirs")) }, want: "p1"},
		"another workflow made the other": {tell: func(s *scene, _ *wire.FindInput) {
			s.make("p2", fluxDev, 0)
			s.temporal.known["another"] = wire.KnownPredictions{Predictions: []wire.Known{{PredictionID: "p2", Nonce: "n2", Model: fluxDev}}}
		}, want: "p1"},
		"another workflow has an unknown submit too": {tell: func(s *scene, _ *wire.FindInput) {
			s.temporal.known["another"] = wire.KnownPredictions{Unknown: []wire.UnknownSubmit{{Nonce: "n2", Model: fluxDev, Began: time.Now()}}}
		}},
		"two are left for two that ask for the same": {tell: func(s *scene, in *wire.FindInput) {
			s.make("p2", fluxDev, 0)
			in.Twins = []wire.Twin{{Nonce: "n2"}}
		}, want: "p1"},
		"two are left, one of them a twin's": {tell: func(s *scene, in *wire.FindInput) {
			s.make("p2", fluxDev, 0)
			in.Twins = []wire.Twin{{Nonce: "n2", PredictionID: "p1"}}
		}, want: "p2"},
		"another workflow does not answer": {tell: func(s *scene, _ *wire.FindInput) {
			s.temporal.silent, s.temporal.ran = "another", wire.SubmitName
		}},
		"another program's workflow does not answer": {tell: func(s *scene, _ *wire.FindInput) {
			s.temporal.silent, s.temporal.ran = "another", "SendMail"
		}, want: "p1"},
		"another workflow was deleted": {tell: func(s *scene, _ *wire.FindInput) { s.temporal.gone = "another" }},
		"it is so old that others may have been deleted": {tell: func(_ *scene, in *wire.FindInput) {
			in.Began = in.Began.Add(-13 * time.Hour)
		}},
		"another workflow cannot be replayed": {tell: func(s *scene, _ *wire.FindInput) {
			s.temporal.ran = wire.SubmitName
			s.temporal.refuses = map[string]string{"another": "[TMPRL1100] nondeterministic workflow: history event ActivityTaskScheduled, replay command StartTimer"}
		}},
		"another workflow knows nothing of generations": {tell: func(s *scene, _ *wire.FindInput) {
			s.temporal.refuses = map[string]string{
				"in Go": "unknown queryType wavespeed.known. KnownQueryTypes=[__stack_trace]", "in TypeScript": "Workflow did not register a handler for wavespeed.known. Registered queries: []",
				"in Python": "Query handler for 'wavespeed.known' expected but not found, known queries: []", "in Java": "Unknown query type: wavespeed.known, knownTypes=[]",
			}
		}, want: "p1"},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.options.ExclusiveKeys = !c.shared
				s.submit("n0", fluxDev)
				s.make("p1", fluxDev, 0)
				in := question(0)
				in.Began = time.Now()
				c.tell(s, &in)
				time.Sleep(settle + time.Second)
				require.Empty(t, s.conclusion(in), "another workflow may have started just now")
				time.Sleep(grace)
				got := s.find(in)
				for range 15 { // one that does not answer is waited for
					if got == nil {
						time.Sleep(time.Minute)
						got = s.find(in)
					}
				}
				require.NotNil(t, got)
				require.Equal(t, c.want, got.PredictionID)
				require.Equal(t, c.want != "", got.Inferred)
			})
		})
	}
}

// TestAnInferredPredictionExcludesNothing: one wrong guess would make its true owner absent.
func TestAnInferredPredictionExcludesNothing(t *testing.T) {
	stage(t, func(s *scene) {
		s.options.ExclusiveKeys = true
		s.submit("n0", fluxDev)
		s.make("p1", fluxDev, 0)
		in := question(0)
		in.Began = time.Now()
		time.Sleep(settle + grace + time.Second)
		s.conclusion(in)
		time.Sleep(time.Minute)
		require.Equal(t, wire.ConclusionFound, s.conclusion(in))
		in.Nonce, in.Twins = "n2", nil
		require.NotEqual(t, wire.ConclusionAbsent, s.conclusion(in))
	})
}

// TestSearchesShareReadings: a thousand of them ask no more often than one.
func TestSearchesShareReadings(t *testing.T) {
	stage(t, func(s *scene) {
		asked := 0
		list := s.provider().list
		s.provider().list = func(o provider.ListOptions) (provider.Page, error) { asked++; return list(o) }
		for i := range 100 {
			in := question(10 * time.Minute)
			in.Nonce = fmt.Sprint("n", i)
			require.Equal(t, wire.ConclusionAbsent, s.conclusion(in))
		}
		require.Less(t, asked, 10)
	})
}
