package activities_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestAYoungSearchDoesNotWaitForAnOldOne, which reads a long list on a busy account.
func TestAYoungSearchDoesNotWaitForAnOldOne(t *testing.T) {
	stage(t, func(s *scene) {
		for i := range 3000 {
			s.make(fmt.Sprint("theirs", i), fluxDev, time.Duration(3000-i)*time.Second, byKey("theirs"))
		}
		list := s.provider().list
		s.provider().list = func(o provider.ListOptions) (provider.Page, error) {
			time.Sleep(time.Second)
			return list(o)
		}
		acts, err := activities.New(s.options)
		require.NoError(t, err)
		activities.SetClient(acts, s.temporal)
		find := func(in wire.FindInput) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			env.SetTestTimeout(time.Hour)
			acts.Register(env)
			_, _ = env.ExecuteActivity(wire.FindName, in)
		}
		old := make(chan struct{})
		go func() {
			defer close(old)
			find(question(40 * time.Minute))
		}()
		synctest.Wait()
		began := time.Now()
		find(question(settle))
		took := time.Since(began)
		<-old
		require.Less(t, took, time.Since(began)/2)
	})
}
