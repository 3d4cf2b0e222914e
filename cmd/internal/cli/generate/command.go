package generate

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/save"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
)

// options are the flags of generate.
type options struct {
	input string
	id    string
	wait  bool
	json  bool
	save.Flags

	request generation.Request
}

// Command is generate, with all that is below it.
func Command(p *session.Program) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "generate MODEL [key=value …]",
		Short: "Start a generation, and wait for it or fetch its result later",
		Long: `Start a generation, and wait for it or fetch its result later.

A value is parsed as JSON if possible (true, 5, ["a","b"], {"x":1}), and is text otherwise.
A value @FILE uploads the file and becomes its URL.

  wavespeed-temporal generate wavespeed-ai/flux-dev prompt="a cat in the rain" --wait
  wavespeed-temporal generate wavespeed-ai/real-esrgan image=@cat.png --wait --output out
  wavespeed-temporal generate wavespeed-ai/flux-dev --input input.json --json --wait

With --wait, Ctrl-C only stops watching: the generation continues. Without it, the command
prints a workflow id. Use that to fetch the result:

  wavespeed-temporal generate status ID
  wavespeed-temporal generate result ID --output out

` + exit.Codes,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if hint := commandHint(cmd, args[0]); hint != "" {
				return exit.With(exit.Usage, fmt.Errorf("%q is neither a command nor a model%s", args[0], hint))
			}
			s, err := p.Open()
			if err != nil {
				return err
			}
			o.request.Model = args[0]
			return start(cmd.Context(), s, o, args[1:])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&o.input, "input", "i", "", "JSON or YAML `file` with the input object, or - for standard input; key=value pairs override its fields")
	flags.BoolVarP(&o.wait, "wait", "w", false, "wait for the result and show progress; --output waits too")
	flags.BoolVar(&o.json, "json", false, "print the result, or the ids of the started run, as one JSON object")
	o.Flags.Add(flags)
	flags.StringVar(&o.id, "id", "", "workflow id; if a run with this id is still open, join it instead of starting another (default a new id)")
	flags.StringVar(&o.request.Key, "key", "", "the generation's name in the Temporal UI")
	flags.StringVar(&o.request.Account, "account", "", "account to submit with (default \"default\")")
	flags.StringVar(&o.request.Adopt, "adopt", "", "await this prediction instead of submitting one")
	flags.DurationVar(&o.request.Timeout, "timeout", 0, "timeout for the whole generation (default 6h)")
	flags.IntVar(&o.request.MaxPredictions, "max-predictions", 0, "maximum number of predictions to pay for if they fail (default 1)")
	flags.StringVar((*string)(&o.request.OnUnknown), "on-unknown", "", "what to do when it is unknown whether a submit was accepted: fail, resubmit, or ask a person (see resolve) (default fail)")
	flags.StringVar((*string)(&o.request.OnInsufficientCredits), "on-insufficient-credits", "", "what to do when the balance does not cover the submit: fail, or wait for a top-up until the timeout (default fail)")
	cmd.AddCommand(statusCommand(p), resultCommand(p), listCommand(p), cancelCommand(p))
	return cmd
}

// commandHint suggests a command when the argument doesn't look like a model.
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
