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

// TestWitnessesThatContradictWhatIsKnown prove nothing: the worker knows a prediction of its
// own, and what is told of it, or not told, can't be.
func TestWitnessesThatContradictWhatIsKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tell func(s *scene)
		want wire.Conclusion
	}{
		"nothing speaks against them": {func(*scene) {}, wire.ConclusionAbsent},
		"both leave it out":           {func(s *scene) { s.list, s.charges = nil, nil }, wire.ConclusionUndecided},
		"it was deleted":              {func(s *scene) { s.list = nil }, wire.ConclusionAbsent},
		"the list is of another time zone": {func(s *scene) {
			s.make("p1", fluxDev, -time.Second)
			for i := range s.list {
				s.list[i].CreatedAt = s.list[i].CreatedAt.Add(-8 * time.Hour)
			}
		}, wire.ConclusionUndecided},
		"the charges are of another time zone": {func(s *scene) {
			s.make("p1", fluxDev, -time.Second)
			s.list = s.list[:1]
			for i := range s.charges {
				s.charges[i].CreatedAt = s.charges[i].CreatedAt.Add(-8 * time.Hour)
			}
		}, wire.ConclusionUndecided},
		"the charges are later": {func(s *scene) {
			s.charges[0].CreatedAt = s.charges[0].CreatedAt.Add(time.Minute)
		}, wire.ConclusionAbsent},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.submit("n0", fluxDev)
				c.tell(s)
				in := question(0)
				in.Began = time.Now()
				time.Sleep(settle + grace + 11*time.Minute)
				require.Equal(t, c.want, s.conclusion(in))
			})
		})
	}
}

// TestAKeyThatIsNotKnown: a worker that was killed took with it which key it had used. So a
// charge of another key than today's may be its submit's.
func TestAKeyThatIsNotKnown(t *testing.T) {
	t.Parallel()
	for known, want := range map[bool]wire.Conclusion{true: wire.ConclusionAbsent, false: wire.ConclusionUndecided} {
		t.Run(fmt.Sprint(known), func(t *testing.T) {
			stage(t, func(s *scene) {
				s.submit("n0", fluxDev)
				s.make("p1", fluxDev, -time.Second, byKey("the former"))
				in := question(0)
				in.Began, in.KeyKnown = time.Now(), known
				time.Sleep(settle + grace + time.Second)
				require.Equal(t, want, s.conclusion(in))
			})
		})
	}
}

// TestTheKeyOfAnotherWorker: while a key is replaced, workers have different ones for an
// account. How the provider names the one key says nothing of the other.
func TestTheKeyOfAnotherWorker(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]wire.Conclusion{"mine": wire.ConclusionAbsent, "theirs": wire.ConclusionUndecided, "": wire.ConclusionUndecided} {
		t.Run(key, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.options.Accounts[generation.DefaultAccount] = keyed{s.provider(), "mine"}
				s.make("p0", fluxDev, 0, byKey("of the other worker"))
				s.temporal.known["default-test-workflow-id"] = wire.KnownPredictions{Predictions: []wire.Known{
					{PredictionID: "p0", Nonce: "n0", Model: fluxDev, Answered: true, APIKey: key},
				}}
				in := question(0)
				in.Began, in.APIKeys = time.Now(), []string{"mine"}
				s.make("p1", fluxDev, -time.Second, byKey("of this worker"))
				time.Sleep(settle + grace + time.Second)
				require.Equal(t, want, s.conclusion(in))
			})
		})
	}
}

// TestServersWithDifferentClocks: what one server of the provider tells of its clock says
// nothing of the other's.
func TestServersWithDifferentClocks(t *testing.T) {
	const behind = 14 * time.Minute
	stage(t, func(s *scene) {
		submit, slow := s.provider().submit, false
		s.provider().submit = func(r provider.SubmitRequest) (provider.Prediction, error) {
			p, err := submit(r)
			if slow {
				p.CreatedAt = p.CreatedAt.Add(-behind)
				s.list[len(s.list)-1] = p
			}
			slow = !slow
			return p, err
		}
		for i := range 5 {
			s.submit(fmt.Sprint("n0", i), fluxDev)
			time.Sleep(time.Second)
		}
		in := question(0)
		in.Began = time.Now()
		s.make("p1", fluxDev, behind-time.Second)
		time.Sleep(settle + grace + time.Second)
		require.Equal(t, wire.ConclusionUndecided, s.conclusion(in))
	})
}

// TestASeedWrittenAnew is the same seed.
func TestASeedWrittenAnew(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]wire.Conclusion{
		`{"seed":%d}`: wire.ConclusionFound, `{"seed":"%d"}`: wire.ConclusionFound, `{"seed":%d.0}`: wire.ConclusionFound,
		`{"seed":%de0}`: wire.ConclusionFound, `{"seed":"%d.0"}`: wire.ConclusionFound,
		`{"seed":%d.5}`: wire.ConclusionUndecided, `{"seed":"x%d"}`: wire.ConclusionUndecided, `{"Seed":%d}`: wire.ConclusionUndecided,
	} {
		t.Run(format, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.make("p1", fluxDev, 8*time.Minute, withInput(fmt.Sprintf(format, wire.Seed("n1"))))
				s.make("p2", fluxDev, 8*time.Minute)
				require.Equal(t, want, s.conclusion(question(10*time.Minute)))
			})
		})
	}
}

// TestAModelThatWasRenamedSince: that an older prediction keeps its name says nothing.
func TestAModelThatWasRenamedSince(t *testing.T) {
	stage(t, func(s *scene) {
		s.submit("n0", fluxDev)
		s.make("p1", "flux/renamed", -time.Second)
		in := question(0)
		in.Began = time.Now()
		time.Sleep(settle + grace + time.Second)
		require.Equal(t, wire.ConclusionUndecided, s.conclusion(in))
	})
}

// TestChargesWithNamesOfTheirOwn: what a model is called in the list says nothing of how it is
// billed.
func TestChargesWithNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	const family, other = "flux/family", "a/b"
	for billed, want := range map[string]wire.Conclusion{family: wire.ConclusionUndecided, fluxDev: wire.ConclusionUndecided, other: wire.ConclusionAbsent} {
		t.Run(billed, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.catalogue(fluxDev, family, other)
				s.submit("n0", fluxDev)
				if billed == family {
					s.charges[0].Model = family
				}
				in := question(0)
				in.Began = time.Now()
				s.make("p1", billed, -time.Second)
				s.list = s.list[:1] // it is not listed yet
				time.Sleep(2 * time.Second)
				s.submit("n2", fluxDev)
				if billed == family {
					s.charges[len(s.charges)-1].Model = family
				}
				time.Sleep(settle + grace + time.Second)
				require.Equal(t, want, s.conclusion(in))
			})
		})
	}
}

// TestAChargeOfAnotherKind says that its prediction was made, too.
func TestAChargeOfAnotherKind(t *testing.T) {
	stage(t, func(s *scene) {
		s.make("p1", fluxDev, 8*time.Minute, func(_ *provider.Prediction, c *provider.Charge) { c.Kind = "hold" })
		s.list = nil
		require.Equal(t, wire.ConclusionUndecided, s.conclusion(question(10*time.Minute)))
	})
}

// TestAnotherSeedIsDoubt: the prediction of somebody who has the address is not taken while
// its own may still be listed.
func TestAnotherSeedIsDoubt(t *testing.T) {
	stage(t, func(s *scene) {
		s.submit("n0", fluxDev)
		in := question(0)
		in.Began, in.Delivered = time.Now(), []string{"p2"}
		s.make("p2", fluxDev, -10*time.Second, withInput(`{"seed":7}`))
		time.Sleep(time.Minute)
		require.Nil(t, s.find(in))
		s.make("p1", fluxDev, 50*time.Second, seeded("n1"))
		time.Sleep(3 * time.Second)
		found := s.find(in)
		require.NotNil(t, found)
		require.Equal(t, "p1", found.PredictionID)
	})
}

// TestPagesThatAreCutShort: ten items, of a hundred that were asked for, are not all.
func TestPagesThatAreCutShort(t *testing.T) {
	stage(t, func(s *scene) {
		s.submit("n0", fluxDev)
		s.make("p1", fluxDev, -time.Second)
		for i := range 11 {
			s.submit(fmt.Sprint("m", i), fluxDev)
		}
		s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
			items := newest(s.list, o.Page, o.PageSize)
			return provider.Page{Items: items[:min(len(items), 10)]}, nil
		}
		s.provider().charges = func(o provider.ChargesOptions) (provider.ChargePage, error) {
			items := newest(s.charges, o.Page, o.PageSize)
			return provider.ChargePage{Items: items[:min(len(items), 10)]}, nil
		}
		in := question(0)
		in.Began = time.Now()
		time.Sleep(settle + grace + 11*time.Minute)
		require.Equal(t, wire.ConclusionUndecided, s.conclusion(in))
	})
}
