package activities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// crowd lists 300 predictions of the submit's time, one of them its own.
func crowd(s *scene) {
	for i := range 300 {
		s.make(fmt.Sprint("other", i), fluxDev, 8*time.Minute-time.Duration(i)*time.Second)
		if i == 180 {
			s.make("p1", fluxDev, 8*time.Minute-time.Duration(i)*time.Second, seeded("n1"))
		}
	}
}

// TestOddPages: however the provider cuts the list into pages, it is read whole.
func TestOddPages(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]func(s *scene, o provider.ListOptions) provider.Page{
		"at most 50 on one": func(s *scene, o provider.ListOptions) provider.Page {
			return provider.Page{Items: newest(s.list, o.Page, min(o.PageSize, 50))}
		},
		"one is left out of each": func(s *scene, o provider.ListOptions) provider.Page {
			items := newest(s.list, o.Page, o.PageSize)
			if len(items) > 1 && items[len(items)-1].ID != "p1" {
				items = items[:len(items)-1]
			}
			return provider.Page{Items: items}
		},
		"others are made between two": func(s *scene, o provider.ListOptions) provider.Page {
			items := newest(s.list, o.Page, o.PageSize)
			for range 7 {
				s.make(fmt.Sprint("new", len(s.list)), fluxDev, 0)
			}
			return provider.Page{Items: items}
		},
		"others are deleted between two": func(s *scene, o provider.ListOptions) provider.Page {
			items := newest(s.list, o.Page, o.PageSize)
			s.list = slices.Delete(s.list, len(s.list)-5, len(s.list))
			return provider.Page{Items: items}
		},
		"in no order": func(s *scene, o provider.ListOptions) provider.Page {
			all := slices.Clone(s.list)
			slices.Reverse(all)
			return provider.Page{Items: newest(all, o.Page, o.PageSize)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				crowd(s)
				s.provider().list = func(o provider.ListOptions) (provider.Page, error) { return odd(s, o), nil }
				got := s.find(question(10 * time.Minute))
				require.NotNil(t, got)
				require.Equal(t, wire.ConclusionFound, got.Conclusion, got.Why)
				require.Equal(t, "p1", got.PredictionID)
			})
		})
	}
}

// TestLongLists are read whole, too, where a page holds 50 at most.
func TestLongLists(t *testing.T) {
	stage(t, func(s *scene) {
		s.make("p1", fluxDev, 9*time.Minute, seeded("n1"))
		for i := range 3000 {
			s.make(fmt.Sprint("other", i), fluxDev, 8*time.Minute)
		}
		s.charges = nil
		list := s.provider().list
		s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
			page, err := list(provider.ListOptions{Page: o.Page, PageSize: min(o.PageSize, 50)})
			total := len(s.list)
			page.Total = &total
			return page, err
		}
		got := s.find(question(10 * time.Minute))
		require.NotNil(t, got)
		require.Equal(t, "p1", got.PredictionID)
	})
}

// TestOthersAreMadeWhileTheListIsRead to its end: its total counts them, too.
func TestOthersAreMadeWhileTheListIsRead(t *testing.T) {
	stage(t, func(s *scene) {
		crowd(s)
		s.list = slices.DeleteFunc(s.list, func(p provider.Prediction) bool { return p.ID == "p1" })
		for _, p := range s.list {
			s.submitted("n"+p.ID, p.ID)
		}
		s.charges = nil
		s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
			id := fmt.Sprint("new", len(s.list))
			s.list = append(s.list, provider.Prediction{ID: id, Model: fluxDev, CreatedAt: time.Now()})
			s.submitted("n"+id, id)
			total := len(s.list)
			return provider.Page{Items: newest(s.list, o.Page, o.PageSize), Total: &total}, nil
		}
		require.Equal(t, wire.ConclusionAbsent, s.conclusion(question(10*time.Minute)))
	})
}

// TestPagesFailNowAndThen: a failing page doesn't lose those read before.
func TestPagesFailNowAndThen(t *testing.T) {
	stage(t, func(s *scene) {
		crowd(s)
		list, asked := s.provider().list, 0
		s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
			if asked++; asked%2 == 0 {
				return provider.Page{}, said(provider.Failed, "overloaded")
			}
			return list(o)
		}
		got := s.find(question(10 * time.Minute))
		require.NotNil(t, got)
		require.Equal(t, "p1", got.PredictionID)
	})
}

// TestPagesThatContradictThemselves prove nothing.
func TestPagesThatContradictThemselves(t *testing.T) {
	t.Parallel()
	one, more := 1, true
	for name, tell := range map[string]func(s *scene){
		"no items, and a total of 1": func(s *scene) {
			s.provider().list = func(provider.ListOptions) (provider.Page, error) { return provider.Page{Total: &one}, nil }
		},
		"no charges, and there are more": func(s *scene) {
			s.provider().charges = func(provider.ChargesOptions) (provider.ChargePage, error) {
				return provider.ChargePage{More: &more}, nil
			}
		},
		"another list each time": func(s *scene) {
			asked := 0
			s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
				if o.Page > 1 {
					return provider.Page{}, nil
				}
				asked++
				return provider.Page{Items: []provider.Prediction{{ID: fmt.Sprint("p", asked), CreatedAt: time.Now().Add(-8 * time.Minute)}}}, nil
			}
		},
		"a list without an end": func(s *scene) {
			s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
				items := make([]provider.Prediction, o.PageSize)
				for i := range items {
					items[i] = provider.Prediction{ID: fmt.Sprint("p", (o.Page-1)*o.PageSize+i), CreatedAt: time.Now()}
				}
				return provider.Page{Items: items}, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				tell(s)
				got := s.find(question(10 * time.Minute))
				if got != nil {
					require.Equal(t, wire.ConclusionUndecided, got.Conclusion)
				}
			})
		})
	}
}

// TestClocksApart: with the worker and the provider each ten minutes off, submits are made,
// what was made before is not taken for theirs, and what was made since is.
func TestClocksApart(t *testing.T) {
	t.Parallel()
	offsets := []time.Duration{-10 * time.Minute, 0, 10 * time.Minute}
	for _, workerOff := range offsets {
		for _, providerOff := range offsets {
			t.Run(fmt.Sprint("worker ", workerOff, ", provider ", providerOff), func(t *testing.T) {
				stage(t, func(s *scene) {
					s.options.Now = func() time.Time { return time.Now().Add(workerOff) }
					s.temporal.alive = true
					submit := s.provider().submit
					s.provider().submit = func(r provider.SubmitRequest) (provider.Prediction, error) {
						p, err := submit(r)
						s.list[len(s.list)-1].CreatedAt = s.list[len(s.list)-1].CreatedAt.Add(providerOff)
						p.CreatedAt = p.CreatedAt.Add(providerOff)
						return p, err
					}
					s.make("before", fluxDev, 12*time.Minute-providerOff)
					s.submit("n0", fluxDev)
					in := question(0)
					in.Began = time.Now()
					time.Sleep(settle + grace + time.Second)
					require.Equal(t, wire.ConclusionAbsent, s.conclusion(in))
					s.make("since", fluxDev, -providerOff)
					time.Sleep(10 * time.Second)
					require.Equal(t, wire.ConclusionUndecided, s.conclusion(in))
				})
			})
		}
	}
}

// TestALateTaskIsAskedAbout: a worker that slept must not send what Temporal has given up.
func TestALateTaskIsAskedAbout(t *testing.T) {
	t.Parallel()
	for _, alive := range []bool{true, false} {
		t.Run(fmt.Sprint("alive: ", alive), func(t *testing.T) {
			stage(t, func(s *scene) {
				late := time.Duration(0)
				s.options.Now = func() time.Time { return time.Now().Add(late) }
				s.submit("n0", fluxDev)
				late, s.temporal.alive = 5*time.Minute, alive
				in := submitInput(`{}`)
				_, err := s.environment().ExecuteActivity(wire.SubmitName, in)
				require.Equal(t, alive, err == nil)
				require.Len(t, s.provider().submits, map[bool]int{true: 2, false: 1}[alive])
			})
		})
	}
}

// TestAResetSearchesFirst: the activity of a run that was reset may have been made by the
// run before.
func TestAResetSearchesFirst(t *testing.T) {
	stage(t, func(s *scene) {
		in := submitInput(`{}`)
		in.RunID = "another"
		_, err := s.environment().ExecuteActivity(wire.SubmitName, in)
		var failure *temporal.ApplicationError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(failure))
		var lost wire.Lost
		require.NoError(t, failure.Details(&lost))
		require.False(t, lost.Over, "the other run's may still be under way")
		require.Empty(t, s.provider().submits)
	})
}

// TestALostSubmitIsNotMadeAgain by the worker that made it.
func TestALostSubmitIsNotMadeAgain(t *testing.T) {
	stage(t, func(s *scene) {
		s.provider().submit = func(provider.SubmitRequest) (provider.Prediction, error) {
			return provider.Prediction{}, &provider.Error{Op: "submit"}
		}
		for range 3 {
			_, err := s.environment().ExecuteActivity(wire.SubmitName, submitInput(`{}`))
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(failure))
		}
		require.Len(t, s.provider().submits, 1)
	})
}

// TestDrawnSeeds: a submit carries a seed by which its prediction can be known, where the
// model takes one and the caller leaves it open.
func TestDrawnSeeds(t *testing.T) {
	t.Parallel()
	takes := `{"properties":{"seed":{"type":"integer","minimum":-1,"maximum":2147483647}}}`
	drawn := wire.Seed("n1")
	for name, c := range map[string]struct{ schema, input, want string }{
		"no seed":         {takes, `{"prompt":"a <lighthouse>"}`, fmt.Sprintf(`{"seed":%d,"prompt":"a <lighthouse>"}`, drawn)},
		"no fields":       {takes, ` {} `, fmt.Sprintf(`{"seed":%d}`, drawn)},
		"any seed":        {takes, `{"seed":-1,"n":9007199254740993}`, fmt.Sprintf(`{"seed":%d,"n":9007199254740993}`, drawn)},
		"null":            {takes, `{"seed":null}`, fmt.Sprintf(`{"seed":%d}`, drawn)},
		"a seed":          {takes, `{"seed":7}`, `{"seed":7}`},
		"a text":          {takes, `{"seed":"-1"}`, `{"seed":"-1"}`},
		"no such field":   {`{"properties":{"prompt":{"type":"string"}}}`, `{"prompt":"a"}`, `{"prompt":"a"}`},
		"too small":       {`{"properties":{"seed":{"type":"integer","maximum":65535}}}`, `{}`, `{}`},
		"no integer":      {`{"properties":{"seed":{"type":"string"}}}`, `{}`, `{}`},
		"unlimited":       {`{"properties":{"seed":{"type":"integer"}}}`, `{}`, fmt.Sprintf(`{"seed":%d}`, drawn)},
		"no schema":       {``, `{}`, `{}`},
		"a broken schema": {`{`, `{}`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.provider().models = []provider.Model{{ID: fluxDev, Schema: json.RawMessage(c.schema)}}
				_, err := s.environment().ExecuteActivity(wire.SubmitName, submitInput(c.input))
				require.NoError(t, err)
				sent, err := json.Marshal(s.provider().submits[0].Input)
				require.NoError(t, err)
				require.JSONEq(t, c.want, string(sent))
			})
		})
	}
}

// TestWithoutACatalogueSubmitsGoWithoutASeed and don't wait for it one after the other.
func TestWithoutACatalogueSubmitsGoWithoutASeed(t *testing.T) {
	stage(t, func(s *scene) {
		s.provider().modelsErr = context.DeadlineExceeded
		began := time.Now()
		for i := range 20 {
			in := submitInput(`{}`)
			in.Nonce = fmt.Sprint("n", i)
			_, err := s.environment().ExecuteActivity(wire.SubmitName, in)
			require.NoError(t, err)
		}
		require.Less(t, time.Since(began), 10*time.Second)
	})
}

// TestAListTooLongToBeReadWhole tells a search that need not look back beyond what was read.
func TestAListTooLongToBeReadWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ago  time.Duration
		want wire.Conclusion
	}{
		"of a submit that is newer than what was read":     {3 * time.Minute, wire.ConclusionAbsent},
		"of a submit that may be older than what was read": {80 * time.Minute, wire.ConclusionUndecided},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				for i := range 6_000 {
					s.make(fmt.Sprint("old", i), fluxDev, 104*time.Minute-time.Duration(i)*time.Second, byKey("theirs"))
				}
				s.submit("n0", fluxDev) // which tells the offset of the clocks, and our key
				s.charges = append(s.charges, provider.Charge{ID: "c0", Kind: provider.ChargeDeduct, PredictionID: s.list[len(s.list)-1].ID, Model: fluxDev, CreatedAt: time.Now(), Key: provider.AccessKey{UUID: "ours"}})
				s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
					return provider.Page{Items: newest(s.list, o.Page, min(o.PageSize, 20))}, nil
				}
				got := s.find(question(test.ago))
				for range 20 {
					if got != nil {
						break
					}
					time.Sleep(30 * time.Second)
					got = s.find(question(test.ago))
				}
				require.NotNil(t, got)
				require.Equal(t, test.want, got.Conclusion, got.Why)
			})
		})
	}
}

// TestLooksAfterTheDeadline are short, and what takes longer is read on for the next one.
func TestLooksAfterTheDeadline(t *testing.T) {
	stage(t, func(s *scene) {
		s.provider().list = func(provider.ListOptions) (provider.Page, error) {
			time.Sleep(40 * time.Second)
			return provider.Page{}, nil
		}
		in := question(10 * time.Minute)
		in.Within = 0
		began := time.Now()
		require.Nil(t, s.find(in))
		require.LessOrEqual(t, time.Since(began), 15*time.Second)
		got := s.find(in)
		for ; got == nil && time.Since(began) < 10*time.Minute; got = s.find(in) {
			time.Sleep(30 * time.Second)
		}
		time.Sleep(2 * time.Minute) // for what is still being read
		require.NotNil(t, got)
	})
}

// TestASeedThatAnUnfinishedReadingHasShown is the submit's own: on a busy account others bury it
// before the list can be read whole.
func TestASeedThatAnUnfinishedReadingHasShown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		copied bool // somebody has made another with the seed at about that time
		of     string
		found  bool
	}{
		"its own":          {false, "n1", true},
		"with a copy":      {true, "n1", false},
		"another submit's": {false, "n2", false},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.make("p1", fluxDev, 2*time.Minute, seeded(test.of))
				if test.copied {
					s.make("copy", fluxDev, time.Second, seeded(test.of))
				}
				list := s.provider().list
				s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
					if o.Page > 1 {
						return provider.Page{}, said(provider.Failed, "overloaded")
					}
					return list(o)
				}
				in := question(90 * time.Second)
				for i := range 200 { // as many as make it read another page
					s.make(fmt.Sprint("older", i), fluxDev, time.Hour)
				}
				slices.Reverse(s.list)
				got := s.find(in)
				require.Nil(t, got, "its list is not read whole")
				s.crowd(0)
				for range 20 {
					if got != nil {
						break
					}
					time.Sleep(30 * time.Second)
					got = s.find(in)
				}
				if !test.found {
					require.True(t, got == nil || got.Conclusion != wire.ConclusionFound)
					return
				}
				require.NotNil(t, got)
				require.Equal(t, wire.ConclusionFound, got.Conclusion, got.Why)
				require.Equal(t, "p1", got.PredictionID)
			})
		})
	}
}
