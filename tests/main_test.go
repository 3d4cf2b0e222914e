// Package tests proves the system from outside: real Temporal, real HTTP, and the
// worker, the handler and the server as processes that are killed.
package tests

import (
	"os"
	"testing"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stack.StopShared()
	stack.Cleanup()
	os.Exit(code)
}

const model = "wavespeed-ai/flux-dev"

// still asks for one picture, with waits that suit a test. Its grace time is long
// enough for only the webhook to end it.
func still(prompt string) generation.Request {
	return generation.Request{
		Key:     "still",
		Model:   model,
		Input:   map[string]any{"prompt": prompt},
		Timeout: 3 * time.Minute,
		Timing: generation.Timing{
			Submit: 10 * time.Second,
			Settle: 3 * time.Second,
			Grace:  2 * time.Minute,
			Poll:   200 * time.Millisecond,
		},
	}
}

// soon is a grace time after which to poll without much ado.
func soon(request generation.Request) generation.Request {
	request.Timing.Grace = time.Second
	return request
}
