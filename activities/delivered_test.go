package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestDeliveredPredictionOfAnotherKey: addresses leak, and whoever shares the account can have a
// prediction of the same model delivered to one. Its charge tells.
func TestDeliveredPredictionOfAnotherKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key   string
		known bool // with which key the submit was made
		want  wire.Conclusion
	}{
		"of our key":                                {"ours", true, wire.ConclusionFound},
		"of another key":                            {"theirs", true, wire.ConclusionAbsent},
		"of our key, perhaps made with another":     {"ours", false, wire.ConclusionFound},
		"of another key, perhaps made with that":    {"theirs", false, wire.ConclusionFound},
		"of a key that is not told, made with ours": {"", true, wire.ConclusionFound},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.submit("n0", fluxDev)
				in := question(0)
				in.Began, in.KeyKnown, in.Delivered = time.Now(), c.known, []string{"p1"}
				s.make("p1", fluxDev, -time.Minute, byKey(c.key))
				time.Sleep(settle + grace + time.Second)
				require.Equal(t, c.want, s.conclusion(in))
			})
		})
	}
}

// TestDeliveredWhileChargesAreDown: what a webhook named is not taken before its charge could be
// asked for, as long as that may still be told.
func TestDeliveredWhileChargesAreDown(t *testing.T) {
	t.Parallel()
	for _, kind := range []provider.Kind{provider.Failed, provider.Forbidden} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			stage(t, func(s *scene) {
				s.submit("n0", fluxDev)
				s.submit("n0", fluxDev)
				in := question(0)
				in.Began, in.Delivered = time.Now(), []string{"p1"}
				s.make("p1", fluxDev, -time.Minute)
				s.chargesErr = said(kind, "no")
				time.Sleep(time.Minute + time.Second)
				if kind == provider.Failed {
					require.Empty(t, s.conclusion(in), "it may answer again")
					time.Sleep(settle + grace)
				}
				require.Equal(t, wire.ConclusionFound, s.conclusion(in))
			})
		})
	}
}

// TestDeliveredWhileTheListIsDown: the prediction and its charge tell of it what whole lists would.
func TestDeliveredWhileTheListIsDown(t *testing.T) {
	t.Parallel()
	endless := func(provider.ListOptions) (provider.Page, error) {
		time.Sleep(time.Minute)
		return provider.Page{}, said(provider.Failed, "overloaded")
	}
	down := func(provider.ListOptions) (provider.Page, error) {
		return provider.Page{}, said(provider.Failed, "overloaded")
	}
	for name, list := range map[string]func(provider.ListOptions) (provider.Page, error){"no answer": endless, "an error": down} {
		for _, c := range []struct {
			model, key string
			want       wire.Conclusion
		}{
			{fluxDev, "ours", wire.ConclusionFound},
			{"an/alias", "ours", wire.ConclusionFound},
			{"another/model", "ours", ""},
			{fluxDev, "theirs", ""},
		} {
			t.Run(name+", "+c.model+" charged to "+c.key, func(t *testing.T) {
				stage(t, func(s *scene) {
					s.catalogue(fluxDev, "another/model")
					s.submit("n0", fluxDev)
					in := question(0)
					in.Began, in.Delivered = time.Now(), []string{"p1"}
					s.make("p1", c.model, time.Minute, byKey(c.key)) // before, so that its time does not tell
					s.provider().list = list
					time.Sleep(time.Minute)
					require.Empty(t, s.conclusion(in), "the charge may lag")
					time.Sleep(settle + grace)
					require.Equal(t, c.want, s.conclusion(in))
					time.Sleep(10 * time.Minute) // for what is still being read
				})
			})
		}
	}
}

// TestDeliveredAfterTheKeyWasReplaced: the submit used the former key, which its prediction was
// charged to; one that was charged to the key of today is another's.
func TestDeliveredAfterTheKeyWasReplaced(t *testing.T) {
	t.Parallel()
	for charged, want := range map[string]wire.Conclusion{"the former": wire.ConclusionFound, "ours": wire.ConclusionUndecided} {
		t.Run(charged, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.options.Accounts[generation.DefaultAccount] = keyed{s.provider(), "mine"}
				s.make("p0", fluxDev, 0)
				s.temporal.known["default-test-workflow-id"] = wire.KnownPredictions{Predictions: []wire.Known{
					{PredictionID: "p0", Nonce: "n0", Model: fluxDev, Answered: true, APIKey: "mine"},
				}}
				in := question(0)
				in.Began, in.APIKeys, in.Delivered = time.Now(), []string{"theirs"}, []string{"p1"}
				s.make("p1", fluxDev, -time.Second, byKey(charged))
				time.Sleep(settle + grace + time.Second)
				require.Equal(t, want, s.conclusion(in))
			})
		})
	}
}
