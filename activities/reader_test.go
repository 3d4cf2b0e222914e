package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestAYoungSearchDoesNotWaitForAnOldOne, which reads a long list on a busy account.
func TestAYoungSearchDoesNotWaitForAnOldOne(t *testing.T) {
	stage(t, func(s *scene) {
		for i := range 4000 {
			s.make(fmt.Sprint("theirs", i), fluxDev, time.Duration(4000-i)*time.Second, byKey("theirs"))
		}
		list := s.provider().list
		s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
			time.Sleep(600 * time.Millisecond)
			return list(o)
		}
		_, err := s.environment().ExecuteActivity(wire.FindName, question(40*time.Minute))
		require.ErrorContains(t, err, stillRead)
		_, err = s.environment().ExecuteActivity(wire.FindName, question(settle))
		require.Error(t, err)
		require.NotContains(t, err.Error(), stillRead)
		time.Sleep(time.Minute) // for what is still being read
	})
}

const stillRead = "a long list is still being read"

// TestSearchesDoNotWaitForALongReading: an attempt ends soon, and says what it waits for, or takes
// what the list has shown until then.
func TestSearchesDoNotWaitForALongReading(t *testing.T) {
	t.Parallel()
	for name, shown := range map[string]bool{"nothing shown yet": false, "its seed shown already": true} {
		t.Run(name, func(t *testing.T) {
			stage(t, func(s *scene) {
				for i := range 3000 {
					s.make(fmt.Sprint("theirs", i), fluxDev, time.Second)
				}
				if shown {
					s.make("p1", fluxDev, time.Second, seeded("n1"))
				}
				list := s.provider().list
				s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
					time.Sleep(5 * time.Second)
					return list(o)
				}
				began := time.Now()
				found, err := s.environment().ExecuteActivity(wire.FindName, question(settle))
				require.Less(t, time.Since(began), 20*time.Second)
				if shown {
					var got wire.Found
					require.NoError(t, err)
					require.NoError(t, found.Get(&got))
					require.Equal(t, "p1", got.PredictionID)
				} else {
					require.ErrorContains(t, err, stillRead)
				}
				time.Sleep(5 * time.Minute) // for what is still being read
			})
		})
	}
}
