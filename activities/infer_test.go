package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestInferAmongUnknownSubmits: of an exclusive key, each charge has a submit. Where there is
// only one way to give the charges to submits, the search knows its own, although others of
// other workflows are unknown, too.
func TestInferAmongUnknownSubmits(t *testing.T) {
	t.Parallel()
	const earlier = 12 * time.Minute // before the submit began
	for name, c := range map[string]struct {
		other func(s *scene, u *wire.UnknownSubmit) // what another workflow tells of one
		want  string                                // the prediction found; "" for undecided
	}{
		"it may have made it": {func(*scene, *wire.UnknownSubmit) {}, ""},
		"another was inferred for it": {func(s *scene, u *wire.UnknownSubmit) {
			s.make("p2", fluxDev, 0)
			u.PredictionID = "p2"
		}, "p1"},
		"it was inferred for it":           {func(_ *scene, u *wire.UnknownSubmit) { u.PredictionID = "p1" }, ""},
		"it began when this one was there": {func(_ *scene, u *wire.UnknownSubmit) { u.Began = u.Began.Add(15 * time.Minute) }, "p1"},
		"it must have made an older one": {func(s *scene, u *wire.UnknownSubmit) {
			s.make("p0", fluxDev, earlier)
			u.Began = u.Began.Add(-earlier)
		}, "p1"},
		"it may have made an older one, as another may": {func(s *scene, u *wire.UnknownSubmit) {
			s.make("p0", fluxDev, earlier)
			u.Began = u.Began.Add(-earlier)
			v := *u
			v.Nonce = "n3"
			s.temporal.known["a third"] = wire.KnownPredictions{Unknown: []wire.UnknownSubmit{v}}
		}, ""},
		"it was given up long ago": {func(_ *scene, u *wire.UnknownSubmit) {
			u.Began, u.Ended = u.Began.Add(-time.Hour), u.Began.Add(-40*time.Minute)
		}, "p1"},
		"it was given up a while ago": {func(_ *scene, u *wire.UnknownSubmit) {
			u.Began, u.Ended = u.Began.Add(-time.Hour), u.Began.Add(-5*time.Minute)
		}, ""},
		"another run knows of no accept": {func(s *scene, _ *wire.UnknownSubmit) {
			s.temporal.known["a rerun"] = wire.KnownPredictions{Absent: []string{"n2"}}
		}, "p1"},
	} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				s.options.ExclusiveKeys = true
				s.submit("n0", fluxDev)
				in := question(0)
				in.Began = time.Now()
				other := wire.UnknownSubmit{Nonce: "n2", Model: fluxDev, Began: in.Began}
				c.other(s, &other)
				s.make("p1", fluxDev, 0)
				s.temporal.known["another"] = wire.KnownPredictions{Unknown: []wire.UnknownSubmit{other}}
				got := s.find(in)
				for got == nil {
					time.Sleep(20 * time.Second)
					got = s.find(in)
				}
				require.Equal(t, c.want, got.PredictionID, got.Why)
			})
		})
	}
}

// TestInferAfterTheDeadline: a worker that looks for the first time at the deadline has seen nothing
// before it asked the other workflows, so it looks again.
func TestInferAfterTheDeadline(t *testing.T) {
	stage(t, func(s *scene) {
		s.options.ExclusiveKeys = true
		s.submit("n0", fluxDev)
		in := question(settle + grace)
		in.Within = 0
		s.make("p1", fluxDev, settle+grace)
		require.Nil(t, s.find(in))
		time.Sleep(45 * time.Second)
		got := s.find(in)
		require.NotNil(t, got)
		require.Equal(t, "p1", got.PredictionID, got.Why)
	})
}

// TestChargesThatLag: a prediction that is listed but not charged yet may turn out to belong to
// another.
func TestChargesThatLag(t *testing.T) {
	stage(t, func(s *scene) {
		s.submit("n0", fluxDev)
		in := question(0)
		time.Sleep(settle + grace)
		s.make("p1", fluxDev, settle, byKey("theirs"))
		charges := s.charges
		s.charges = charges[:1]
		require.Empty(t, s.conclusion(in))
		s.charges = charges
		time.Sleep(5 * time.Second)
		require.Equal(t, wire.ConclusionAbsent, s.conclusion(in))
	})
}
