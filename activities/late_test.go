package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestTasksThatComeLateTogether: a process that was stopped before its first submit gets all
// tasks late that were given to it meanwhile. Temporal has given each of them up.
func TestTasksThatComeLateTogether(t *testing.T) {
	stage(t, func(s *scene) {
		s.options.Now = func() time.Time { return time.Now().Add(5 * time.Minute) }
		for i := range 3 {
			in := submitInput(`{}`)
			in.Nonce = fmt.Sprint("n", i)
			_, err := s.environment().ExecuteActivity(wire.SubmitName, in)
			require.ErrorContains(t, err, "too late")
		}
		require.Empty(t, s.list)
	})
}

// TestAClockThatIsAhead: once Temporal has said that a task counts, others that seem as late
// do, too.
func TestAClockThatIsAhead(t *testing.T) {
	stage(t, func(s *scene) {
		s.options.Now = func() time.Time { return time.Now().Add(5 * time.Minute) }
		s.temporal.alive = true
		s.submit("n0", fluxDev)
		s.temporal.alive = false
		s.submit("n1", fluxDev)
		require.Len(t, s.list, 2)
	})
}

// TestAWorkerThatGetsSlower: tasks that each come a little later than the one before it are
// late in the end.
func TestAWorkerThatGetsSlower(t *testing.T) {
	stage(t, func(s *scene) {
		late := time.Duration(0)
		s.options.Now = func() time.Time { return time.Now().Add(late) }
		for i := range 10 {
			in := submitInput(`{}`)
			in.Nonce = fmt.Sprint("n", i)
			_, err := s.environment().ExecuteActivity(wire.SubmitName, in)
			if late > 2*time.Second {
				require.ErrorContains(t, err, "too late")
			} else {
				require.NoError(t, err)
			}
			late += 1500 * time.Millisecond
		}
		require.Len(t, s.list, 2)
	})
}
