package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	readyTimeout  = 60 * time.Second
	readyInterval = 10 * time.Millisecond
)

// awaitFrontend returns once a client can start workflows in every namespace.
func awaitFrontend(ctx context.Context, frontend string, namespaces []string) error {
	conn, err := grpc.NewClient("passthrough:///"+frontend, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("cannot reach the frontend: %w", err)
	}
	defer func() { _ = conn.Close() }()
	for _, namespace := range namespaces {
		if err := await(ctx, func(ctx context.Context) error { return probe(ctx, conn, namespace) }); err != nil {
			return fmt.Errorf("namespace %s does not serve: %w", namespace, err)
		}
	}
	return nil
}

// awaitUI returns once the web UI answers and reaches the frontend.
func awaitUI(ctx context.Context, url string) error {
	if err := await(ctx, func(ctx context.Context) error { return probeUI(ctx, url) }); err != nil {
		return fmt.Errorf("the web UI does not serve: %w", err)
	}
	return nil
}

// probe requests a workflow that doesn't exist. The not-found answer involves the frontend, the
// namespace, the history service with its shard, and the database.
func probe(ctx context.Context, conn grpc.ClientConnInterface, namespace string) error {
	_, err := workflowservice.NewWorkflowServiceClient(conn).DescribeWorkflowExecution(ctx,
		&workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: namespace,
			Execution: &commonpb.WorkflowExecution{WorkflowId: "devserver-readiness-probe"},
		})
	var notFound *serviceerror.NotFound
	if err = serviceerror.FromStatus(status.Convert(err)); errors.As(err, &notFound) {
		return nil
	}
	return err
}

func probeUI(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v1/system-info", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", response.Status)
	}
	return nil
}

// await calls f until it succeeds, the context ends or it takes too long.
func await(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		err := f(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(readyInterval):
		}
	}
}
