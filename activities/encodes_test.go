package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// failing encodes nothing at first, as a codec does whose key server starts.
type failing struct {
	converter.DataConverter
	failures int
}

func (f *failing) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	if f.failures--; f.failures >= 0 {
		return nil, errors.New("the key server does not answer")
	}
	return f.DataConverter.ToPayloads(values...)
}

// submitEncoded runs a submit in a process that can encode its result after some failures.
func submitEncoded(t *testing.T, failures int) (submits int, err error) {
	t.Helper()
	p := accepting()
	options := forProvider(p)
	codec := &failing{converter.GetDefaultDataConverter(), failures}
	options.Converter = func() converter.DataConverter { return codec }
	acts, err := activities.New(options)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment().SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&hurried{}}})
	acts.Register(env)
	_, err = env.ExecuteActivity(wire.SubmitName, submitInput(`{}`))
	return len(p.submits), err
}

// hurried gives activities a few seconds.
type hurried struct {
	interceptor.WorkerInterceptorBase
	interceptor.ActivityInboundInterceptorBase
}

func (*hurried) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	inbound := new(hurried)
	inbound.Next = next
	return inbound
}

func (h *hurried) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	return h.Next.ExecuteActivity(ctx, in)
}

func TestAwaitCodec(t *testing.T) {
	t.Parallel()
	submits, err := submitEncoded(t, 1)
	require.NoError(t, err)
	require.Equal(t, 1, submits)
}

// TestCodecFails: the error does not look like a refusal, is not tried again, and has nothing to
// be encoded.
func TestCodecFails(t *testing.T) {
	t.Parallel()
	submits, err := submitEncoded(t, 1_000_000)
	require.Equal(t, 1, submits)
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(err))
	require.True(t, failure.NonRetryable())
	require.False(t, failure.HasDetails())
}
