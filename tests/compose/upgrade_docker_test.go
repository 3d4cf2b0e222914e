//go:build docker

package compose

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

func (p *project) client() client.Client {
	p.t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:" + p.ports["TEMPORAL_PORT"]})
	require.NoError(p.t, err)
	return c
}

// testUpgrade replaces worker and webhook while 200 generations wait for predictions
// that take longer than that.
func (p *project) testUpgrade(t *testing.T) {
	const n = 200
	q := p.of(t)
	q.env = append(q.env, "SIMULATOR_DURATION=90s")
	q.up()
	before := q.accepted()
	c := q.client()
	defer c.Close()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("upgrade-%d", i)
		_, err := c.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: ids[i], TaskQueue: "wavespeed"}, generation.WorkflowName,
			generation.Request{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": ids[i]}})
		require.NoError(t, err)
	}
	stack.Eventually(t, "not all are accepted", func() bool { return q.accepted() == before+n })

	output, err := exec.Command("docker", "build", "--quiet", "--label", "upgrade=yes", "--tag", "wavespeed-temporal:next", stack.Root()).CombinedOutput()
	require.NoError(t, err, "%s", output)
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "--force", "wavespeed-temporal:next").Run() })
	q.env = append(q.env, "WAVESPEED_TEMPORAL_VERSION=next")
	q.up("--no-deps", "worker", "webhook")
	require.Equal(t, "yes", inspect(t, q.container("worker", 0), `{{index .Config.Labels "upgrade"}}`))

	q.awaitCompleted(ids)
	require.Equal(t, before+n, q.accepted(), "the ledger")
}

// TestAirGapped: the whole stack works in networks without a way out.
func TestAirGapped(t *testing.T) {
	override := filepath.Join(t.TempDir(), "air-gapped.yml")
	require.NoError(t, os.WriteFile(override, []byte("networks:\n  default: {internal: true}\n"), 0o600))
	p := newProject(t, "gap", override)
	p.run("build")
	p.up()
	require.Equal(t, wire.ViaWebhook, p.generate().Via)
}
