package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
)

// generateOptions are the flags of generate.
type generateOptions struct {
	input string
	id    string
	wait  bool
	json  bool
	saving

	request generation.Request
}

func (p *program) generate() *cobra.Command {
	var o generateOptions
	cmd := &cobra.Command{
		Use:   "generate MODEL [key=value …]",
		Short: "Start a generation, and wait for it or fetch its result later",
		Long: `Start a generation, and wait for it or fetch its result later.

A value that is JSON (true, 5, ["a","b"], {"x":1}) is taken as such, and otherwise as
text. A value @FILE uploads the file and stands for its address.

  wavespeed-temporal generate wavespeed-ai/flux-dev prompt="a cat in the rain" --wait
  wavespeed-temporal generate wavespeed-ai/real-esrgan image=@cat.png --wait --output out
  wavespeed-temporal generate wavespeed-ai/flux-dev --input input.json --json --wait

With --wait, Ctrl-C only stops watching: the generation continues. Without it, the command
prints a workflow id. Use that to fetch the result:

  wavespeed-temporal generate status ID
  wavespeed-temporal generate result ID --output out

` + exitCodes,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if hint := commandHint(cmd, args[0]); hint != "" {
				return failure(exitUsage, fmt.Errorf("%q is neither a command nor a model%s", args[0], hint))
			}
			c, _, err := p.load(config.Need{})
			if err != nil {
				return err
			}
			o.request.Model = args[0]
			return p.runGenerate(cmd.Context(), c, o, args[1:])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&o.input, "input", "i", "", "object to begin the input with: a `file` of JSON or YAML, or - for standard input")
	flags.BoolVarP(&o.wait, "wait", "w", false, "wait for the result and show progress; --output waits too")
	flags.BoolVar(&o.json, "json", false, "print the result, or what was started, as one JSON object")
	o.saving.add(flags)
	flags.StringVar(&o.id, "id", "", "workflow id; a run that has it and still goes on is joined, not doubled (default a new one)")
	flags.StringVar(&o.request.Key, "key", "", "the generation's name in the Temporal UI")
	flags.StringVar(&o.request.Account, "account", "", "the account with which to submit (default \"default\")")
	flags.StringVar(&o.request.Adopt, "adopt", "", "await this prediction instead of submitting one")
	flags.DurationVar(&o.request.Timeout, "timeout", 0, "bound for the whole generation (default 6h)")
	flags.IntVar(&o.request.MaxPredictions, "max-predictions", 0, "how many predictions to pay for at most if they fail (default 1)")
	flags.StringVar((*string)(&o.request.OnUnknown), "on-unknown", "", "fail, resubmit, or ask a person (see resolve), when nothing can tell whether a submit was accepted (default fail)")
	cmd.AddCommand(p.generateStatus(), p.generateResult(), p.generateList(), p.generateCancel())
	return cmd
}

// commandHint asks whether a command was meant by what is not a model of any vendor.
func commandHint(cmd *cobra.Command, name string) string {
	if strings.Contains(name, "/") {
		return ""
	}
	var names []string
	for _, command := range cmd.Commands() {
		names = append(names, command.Name())
	}
	return nearest.Hint(name, names)
}

func (p *program) runGenerate(ctx context.Context, c config.Config, o generateOptions, pairs []string) error {
	if err := o.prepare(); err != nil {
		return failure(exitUsage, err)
	}
	input, err := p.readInput(ctx, c, o, pairs)
	if err != nil {
		return failure(exitUsage, err)
	}
	if o.request.Input, err = p.checkGeneration(ctx, c, o.request, input); err != nil {
		return err
	}
	if err := o.request.Validate(); err != nil {
		return failure(exitUsage, err)
	}
	temporalClient, options, err := p.dial(ctx)
	if err != nil {
		return err
	}
	defer temporalClient.Close()
	run, err := p.startGenerate(ctx, temporalClient, c, o)
	if err != nil {
		return failure(exitFailure, err)
	}
	p.announce(c, options.Namespace, run)
	if o.wait || o.output != "" {
		return p.await(ctx, session{config: c, client: temporalClient, options: options}, run, o)
	}
	fmt.Fprintf(p.Err, "Fetch its result with: wavespeed-temporal generate result %s\n", run.GetID())
	if o.json {
		return p.printJSON(started{WorkflowID: run.GetID(), RunID: run.GetRunID()})
	}
	return nil
}

// started is what generate prints as JSON when it does not wait.
type started struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// memoModel is the memo with the model, by which lists show it.
const memoModel = "model"

func (p *program) startGenerate(ctx context.Context, c client.Client, settings config.Config, o generateOptions) (client.WorkflowRun, error) {
	id := o.id
	if id == "" {
		id = "generate-" + uuid.NewString()
	}
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                settings.TaskQueue,
		StaticSummary:                            o.request.Model,
		Memo:                                     map[string]any{memoModel: o.request.Model},
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, generation.WorkflowName, o.request)
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &taken) {
		return p.join(ctx, c, id, taken.RunId)
	}
	return run, err
}

// join takes the run that has the id already, if it is a generation that goes on.
func (p *program) join(ctx context.Context, c client.Client, id, runID string) (client.WorkflowRun, error) {
	described, err := c.DescribeWorkflowExecution(ctx, id, runID)
	if err != nil {
		return nil, err
	}
	info := described.GetWorkflowExecutionInfo()
	switch {
	case info.GetType().GetName() != generation.WorkflowName:
		return nil, fmt.Errorf("--id: %s is a run of %s; nothing was submitted", id, info.GetType().GetName())
	case info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return nil, fmt.Errorf("--id: %s has ended; nothing was submitted. Choose another id for another generation", id)
	}
	fmt.Fprintf(p.Err, "%s goes on already: joined, and nothing submitted\n", id)
	return c.GetWorkflow(ctx, id, runID), nil
}

// announce says on standard error what was started and where to see it.
func (p *program) announce(c config.Config, namespace string, run client.WorkflowRun) {
	fmt.Fprintf(p.Err, "workflow %s, run %s\n", run.GetID(), run.GetRunID())
	if c.UIURL != "" {
		fmt.Fprintf(p.Err, "%s/namespaces/%s/workflows/%s/%s\n", c.UIURL, namespace, run.GetID(), run.GetRunID())
	}
}

// await shows progress until the run has ended, and then what came of it.
func (p *program) await(ctx context.Context, s session, run client.WorkflowRun, o generateOptions) error {
	progress := newProgress(p.Err, s.options.FailureConverter, time.Now())
	progress.follow(ctx, s.client, run)
	var result generation.Result
	err := run.Get(ctx, &result)
	if err == nil {
		progress.show("completed, prediction " + result.PredictionID)
	}
	progress.end()
	if ctx.Err() != nil {
		fmt.Fprintf(p.Err, "No longer watching; the generation goes on. Fetch its result with: wavespeed-temporal generate result %s\n", run.GetID())
		return &codedError{code: exitInterrupted}
	}
	if err != nil {
		return p.ended(err, o)
	}
	if o.json {
		if err := p.printJSON(result); err != nil {
			return err
		}
	} else {
		for _, output := range result.Outputs {
			fmt.Fprintln(p.Out, output)
		}
	}
	return p.saveGeneration(ctx, s, run, result, o)
}

// saveGeneration saves a generation's outputs, if that was asked for. Their names hold the
// prediction's id, so different generations have different files.
func (p *program) saveGeneration(ctx context.Context, s session, run client.WorkflowRun, result generation.Result, o generateOptions) error {
	again := fmt.Sprintf("wavespeed-temporal generate result %s --output ", run.GetID())
	if o.output == "" {
		if result.Omitted {
			fmt.Fprintf(p.Err, "The outputs are too large for a workflow's history. Fetch them with: %sDIR\n", again)
		}
		return nil
	}
	saver, err := p.newSaver(s.config, o.saving, again+shellQuote(o.output))
	if err != nil {
		return err
	}
	status := generation.Status{Account: result.Account, Outputs: result.Outputs, Omitted: result.Omitted, Attempts: []*generation.Attempt{{PredictionID: result.PredictionID}}}
	saver.saveStatus(ctx, status, func(_, i int) string { return download.Stem(result.Key, result.PredictionID, strconv.Itoa(i)) })
	return saver.end(ctx)
}

// ended chooses the exit code for a run that ended without a result.
func (p *program) ended(err error, o generateOptions) error {
	code := exitCode(err)
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		return failure(code, err)
	}
	if o.json {
		var status generation.Status
		_ = application.Details(&status)
		if printErr := p.printJSON(failed{application.Type(), application.Message(), status}); printErr != nil {
			return printErr
		}
	}
	return failure(code, errors.New(application.Message()))
}

// failed is what generate prints as JSON when there is no result.
type failed struct {
	Error   string            `json:"error"`
	Message string            `json:"message"`
	Status  generation.Status `json:"status"`
}
