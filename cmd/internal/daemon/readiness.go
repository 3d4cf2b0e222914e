package daemon

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// readiness reports whether this process can work now.
type readiness struct {
	ready  atomic.Bool
	client client.Client
}

const readyTimeout = 2 * time.Second

func (r *readiness) serve(w http.ResponseWriter, request *http.Request) {
	ctx, cancel := context.WithTimeout(request.Context(), readyTimeout)
	defer cancel()
	switch {
	case !r.ready.Load():
		http.Error(w, "not ready: starting or stopping", http.StatusServiceUnavailable)
	case checkHealth(ctx, r.client) != nil:
		http.Error(w, "not ready: Temporal does not answer", http.StatusServiceUnavailable)
	default:
		_, _ = w.Write([]byte("ready\n"))
	}
}

func checkHealth(ctx context.Context, c client.Client) error {
	_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

func describeNamespace(ctx context.Context, c client.Client, name string) error {
	_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	return err
}
