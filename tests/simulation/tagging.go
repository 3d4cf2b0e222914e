package simulation

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// owner is who submitted: the ledger knows it by a way that the product does not have.
type owner struct{ Workflow, Run, Activity, Key, Nonce string }

// task tells activities apart.
func (o owner) task() string { return o.Run + "/" + o.Activity }

func (o owner) String() string { return o.Workflow + "/" + o.Key }

type ownerKey struct{}

func ownerOf(ctx context.Context) owner {
	o, _ := ctx.Value(ownerKey{}).(owner)
	return o
}

// tagging notes in an activity's context whose submit it is.
type tagging struct {
	interceptor.WorkerInterceptorBase
}

func (*tagging) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	tagger := new(tagger)
	tagger.Next = next
	return tagger
}

type tagger struct {
	interceptor.ActivityInboundInterceptorBase
}

func (t *tagger) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	o := owner{Workflow: info.WorkflowExecution.ID, Run: info.WorkflowExecution.RunID, Activity: info.ActivityID}
	for _, arg := range in.Args {
		switch arg := arg.(type) {
		case generation.SubmitInput:
			o.Key, o.Nonce = arg.Key, arg.Nonce
		case *generation.SubmitInput:
			o.Key, o.Nonce = arg.Key, arg.Nonce
		default:
			o.Key = fmt.Sprintf("%T", arg)
		}
	}
	return t.Next.ExecuteActivity(context.WithValue(ctx, ownerKey{}, o), in)
}
