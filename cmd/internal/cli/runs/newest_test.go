package runs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
)

// TestRecent: of many thousand executions, only those in the shortest sufficient period are
// read.
func TestRecent(t *testing.T) {
	t.Parallel()
	c := mocks.NewClient(t)
	counts := []int64{3, 49, 50}
	for _, n := range counts {
		c.On("CountWorkflow", mock.Anything, mock.MatchedBy(func(r *workflowservice.CountWorkflowExecutionsRequest) bool {
			return strings.HasPrefix(r.GetQuery(), "all AND StartTime >= '")
		})).Return(&workflowservice.CountWorkflowExecutionsResponse{Count: n}, nil).Once()
	}
	query, err := recent(t.Context(), &session.Session{Client: c}, "all", 50)
	require.NoError(t, err)
	require.Regexp(t, `^all AND StartTime >= '\S+Z'$`, query)

	few := mocks.NewClient(t)
	few.On("CountWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.CountWorkflowExecutionsResponse{Count: 9}, nil)
	query, err = recent(t.Context(), &session.Session{Client: few}, "all", 50)
	require.NoError(t, err)
	require.Equal(t, "all", query)
}
