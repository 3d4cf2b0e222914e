package simulation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// owner is who submitted: the ledger knows it by a way that the product does not have.
type owner struct {
	Workflow, Run, Activity, Key, Nonce string
	Leased                              bool // it had a slot of the account's limits
}

// task tells activities apart.
func (o owner) task() string { return o.Run + "/" + o.Activity }

func (o owner) String() string { return o.Workflow + "/" + o.Key }

type ownerKey struct{}

func ownerOf(ctx context.Context) owner {
	o, _ := ctx.Value(ownerKey{}).(owner)
	return o
}

// tagging notes in an activity's context whose submit it is, and in the books which
// searches have looked.
type tagging struct {
	interceptor.WorkerInterceptorBase
	process string
	books   *books
}

func (t *tagging) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	tagger := &tagger{tagging: t}
	tagger.Next = next
	return tagger
}

type tagger struct {
	interceptor.ActivityInboundInterceptorBase
	*tagging
}

func (t *tagger) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	o := owner{Workflow: info.WorkflowExecution.ID, Run: info.WorkflowExecution.RunID, Activity: info.ActivityID}
	for _, arg := range in.Args {
		switch arg := arg.(type) {
		case wire.SubmitInput:
			o.Key, o.Nonce, o.Leased = arg.Key, arg.Nonce, arg.Leased
		case *wire.SubmitInput:
			o.Key, o.Nonce, o.Leased = arg.Key, arg.Nonce, arg.Leased
		default:
			o.Key = fmt.Sprintf("%T", arg)
		}
	}
	began := time.Now()
	result, err := t.Next.ExecuteActivity(context.WithValue(ctx, ownerKey{}, o), in)
	if err == nil || strings.Contains(err.Error(), "is not known yet") {
		t.noteLook(in.Args, began)
	}
	return result, err
}

func (t *tagger) noteLook(args []any, began time.Time) {
	for _, arg := range args {
		switch find := arg.(type) {
		case wire.FindInput:
			t.books.looked(look{find.Nonce, t.process, began})
		case *wire.FindInput:
			t.books.looked(look{find.Nonce, t.process, began})
		}
	}
}
