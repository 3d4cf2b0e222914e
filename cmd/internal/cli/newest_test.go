package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"
)

// TestRecent: of many thousand executions, those of the shortest time that has enough are
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
	query, err := session{client: c}.recent(t.Context(), "all", 50)
	require.NoError(t, err)
	require.Regexp(t, `^all AND StartTime >= '\S+Z'$`, query)

	few := mocks.NewClient(t)
	few.On("CountWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.CountWorkflowExecutionsResponse{Count: 9}, nil)
	query, err = session{client: few}.recent(t.Context(), "all", 50)
	require.NoError(t, err)
	require.Equal(t, "all", query)
}
