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

// TestASearchEndsWithItsWorker, and leaves the reading to another one.
func TestASearchEndsWithItsWorker(t *testing.T) {
	stage(t, func(s *scene) {
		s.provider().list = func(provider.ListOptions) (provider.Page, error) {
			time.Sleep(10 * time.Second)
			return provider.Page{}, nil
		}
		stopped := make(chan struct{})
		s.environment().SetWorkerStopChannel(stopped)
		time.AfterFunc(time.Second, func() { close(stopped) })
		began := time.Now()
		_, err := s.environment().ExecuteActivity(wire.FindName, question(settle))
		require.ErrorContains(t, err, "the worker stops")
		require.Equal(t, time.Second, time.Since(began))
		time.Sleep(time.Minute) // for the page that is still being read
	})
}

// TestALongListIsNotReadAllTheTime: after one of 3,000 predictions and their charges, searches do
// without another for nine seconds.
func TestALongListIsNotReadAllTheTime(t *testing.T) {
	stage(t, func(s *scene) {
		for i := range 3000 {
			s.make(fmt.Sprint("theirs", i), fluxDev, time.Second)
		}
		pages, list := 0, s.provider().list
		s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
			pages++
			return list(o)
		}
		in := question(settle / 2) // so that one reading serves
		require.Nil(t, s.find(in))
		read := pages
		time.Sleep(8 * time.Second)
		require.Nil(t, s.find(in))
		require.Equal(t, read, pages)
		time.Sleep(2 * time.Second)
		require.Nil(t, s.find(in))
		require.Greater(t, pages, read)
	})
}
