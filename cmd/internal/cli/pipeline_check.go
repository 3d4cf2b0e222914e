package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// checked is a pipeline that was looked at with what a run would be given.
type checked struct {
	file   *file.File
	given  given
	plan   *plan.Plan
	report runwire.Report

	// missing are inputs that were not given, and taken to be right.
	missing []string
}

// check reads a file and looks for everything that is wrong with it and with the inputs, for
// a run with this budget beside the file's own, if any. Without complete, inputs that are not
// given are taken to be right.
func (p *program) check(ctx context.Context, c config.Config, args []string, budget *generation.USD, complete bool) (checked, error) {
	f, err := file.Read(args[0])
	if err != nil {
		return checked{}, failure(exitUsage, err)
	}
	result := checked{file: f}
	compiled, problems := f.Analyze()
	result.plan = compiled
	given, wrong := readInputs(f.Definition, args[1:])
	result.given = given
	bound, err := plan.Bind(f.Definition, given.values)
	var unbound pipeline.Problems
	errors.As(err, &unbound)
	for _, problem := range unbound {
		name := problem.Path[len(problem.Path)-1]
		_, isGiven := given.values[name]
		told := slices.ContainsFunc(wrong, func(other pipeline.Problem) bool { return slices.Equal(other.Path, problem.Path) })
		switch {
		case told:
		case isGiven || complete:
			wrong = append(wrong, problem)
		default:
			result.missing = append(result.missing, name)
		}
	}
	problems = append(problems, f.Locate(append(wrong, oversized(f.Definition, given.values)...))...)
	result.report, err = p.preflight(ctx, c, preflight.Run{Plan: compiled, Inputs: bound, Budget: budget != nil})
	if err != nil && !errors.Is(err, errNotChecked) {
		return result, failure(exitFailure, err)
	}
	p.warnOfUnanswered(result.report)
	problems = append(problems, f.Locate(result.report.Problems)...)
	file.Sort(problems)
	result.report.Problems = problems
	if len(problems) > 0 {
		return result, failure(exitUsage, problems)
	}
	return result, err
}

func (p *program) preflight(ctx context.Context, c config.Config, run preflight.Run) (runwire.Report, error) {
	accounts, err := p.checkable(c)
	if err == nil && len(accounts) == 0 {
		err = errNotChecked
	}
	if err != nil {
		return runwire.Report{}, err
	}
	return preflight.Check(ctx, accounts, run)
}

// checkable are the accounts with a key, by name.
func (p *program) checkable(c config.Config) (map[string]preflight.Account, error) {
	accounts := make(map[string]preflight.Account)
	for name, account := range c.Accounts {
		if account.APIKey == "" {
			continue
		}
		provider, err := wavespeed.New(wavespeed.Options{APIKey: account.APIKey, BaseURL: c.BaseURL, AllowHTTP: c.AllowHTTP})
		if err != nil {
			return nil, err
		}
		accounts[name] = preflight.Account{Provider: provider, Catalogue: keptCatalogue(p.cacheDir(), c.BaseURL, provider.Models)}
	}
	return accounts, nil
}

// warnOfUnanswered says what the provider did not answer.
func (p *program) warnOfUnanswered(report runwire.Report) {
	for _, u := range report.Unanswered {
		fmt.Fprintln(p.Err, "warning:", u)
	}
}

func (p *program) pipelineValidate() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "validate FILE [name=value …]", Short: "Say everything that is wrong with a pipeline, and what it would cost", Args: cobra.MinimumNArgs(1),
		Long: `Say everything that is wrong with a pipeline, with file, line and column: its form,
references, types, cycles; and, with an API key, models that do not exist, inputs that a
model's own schema refuses, prices and the balance. Nothing is submitted. Exits with 2 if
anything is wrong. Inputs that are not given are taken to be right.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := p.load(config.Need{})
			if err != nil {
				return err
			}
			result, err := p.check(cmd.Context(), c, args, nil, false)
			if err == nil {
				if err = failure(exitUsage, covered(result.report.Estimate, pipeline.Request{Pipeline: result.file.Definition})); err != nil {
					result.report.Problems = pipeline.Problems{{Message: err.Error()}}
				}
			}
			result.report.Shapes = nil // they are for the run
			if asJSON && result.file != nil {
				if printErr := p.printJSON(result.report); printErr != nil {
					return printErr
				}
				if len(result.report.Problems) > 0 {
					return &codedError{code: exitUsage}
				}
			}
			if err != nil && !errors.Is(err, errNotChecked) {
				return err
			}
			if !asJSON {
				fmt.Fprintf(p.Out, "%s is valid: %s%s\n", args[0], plural(len(result.plan.Steps), "step"), costText(result.report.Estimate))
				p.tellMissing(result)
			}
			if err != nil {
				fmt.Fprintln(p.Err, "warning:", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print problems and estimate as one JSON object")
	return cmd
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// tellMissing says what was not looked at.
func (p *program) tellMissing(result checked) {
	if len(result.missing) > 0 {
		fmt.Fprintf(p.Err, "Not given, and taken to be right: %s. What depends on it is not checked or priced.\n", strings.Join(result.missing, ", "))
	}
}

func costText(e *pipeline.Estimate) string {
	if e == nil {
		return ""
	}
	return ", " + e.Text() + balanceText(e.Balance)
}

// oversized says that a run is too large to start.
func oversized(d pipeline.Definition, inputs map[string]any) pipeline.Problems {
	encoded, err := json.Marshal(pipeline.Request{Pipeline: d, Inputs: inputs})
	if err != nil || len(encoded) <= runwire.MaxRunBytes {
		return nil
	}
	return pipeline.Problems{runwire.TooLarge(len(encoded))}
}

func (p *program) pipelinePrice() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "price FILE [name=value …]", Short: "Estimate what a run will cost, by step", Args: cobra.MinimumNArgs(1),
		Long: `Estimate what a run will cost, by the provider's own prices:
a range, where the run decides which steps run and for how many items. The upper end
includes fallback models. Where nothing bounds a price, the estimate says "at least".`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := p.load(config.Need{})
			if err != nil {
				return err
			}
			result, err := p.check(cmd.Context(), c, args, nil, false)
			if errors.Is(err, errNotChecked) {
				return failure(exitUsage, errors.New("prices are asked for with an API key: set WAVESPEED_API_KEY"))
			}
			if err != nil {
				return err
			}
			if asJSON {
				err = p.printJSON(result.report.Estimate)
			} else {
				err = p.printEstimate(result.report.Estimate)
				p.tellMissing(result)
			}
			return failure(exitFailure, cmp.Or(err, unpriced(result.report.Estimate)))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the estimate as one JSON object")
	return cmd
}

// unpriced is the error of an estimate that lacks prices.
func unpriced(e *pipeline.Estimate) error {
	n := 0
	for _, step := range e.Steps {
		if step.Unpriced != "" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("no price can be had for %s", plural(n, "step"))
}

func (p *program) printEstimate(e *pipeline.Estimate) error {
	table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STEP\tMODEL\tITEMS\tEACH\tTOTAL\t")
	for _, step := range e.Steps {
		items, each, total, note := itemsText(step), step.Each.String(), totalText(step), ""
		switch {
		case step.Unpriced != "":
			each, total, note = "?", "?", step.Unpriced
		case step.Unknown:
			note = "only the run knows the number of items"
		case step.AtLeast:
			note = "the price depends on an earlier step's output"
		case step.Items == 0 && step.MostItems == 0:
			note = "not run: its if is false, or it has no items"
		case step.Sampled > 0:
			note = fmt.Sprintf("by %d of the items", step.Sampled)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", step.ID, step.Model, items, each, total, note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	text := "\nTotal: " + e.Text() + "."
	if e.Balance != nil {
		text += " The balance is " + e.Balance.String() + "."
	}
	_, err := fmt.Fprintln(p.Out, text)
	return err
}

func itemsText(step pipeline.StepEstimate) string {
	switch {
	case step.Unknown:
		return fmt.Sprintf("%d or more", step.Items)
	case step.MostItems > 0:
		return fmt.Sprintf("%d to %d", step.Items, step.MostItems)
	default:
		return fmt.Sprint(step.Items)
	}
}

func totalText(step pipeline.StepEstimate) string {
	switch most, known := step.Upper(); {
	case !known:
		return step.Total.String() + " or more"
	case most != step.Total:
		return step.Total.String() + " to " + most.String()
	default:
		return step.Total.String()
	}
}

func (p *program) pipelineGraph() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "graph FILE", Short: "Draw a pipeline, as text or Mermaid", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := file.Read(args[0])
			if err != nil {
				return failure(exitUsage, err)
			}
			plan, err := f.Compile()
			if err != nil {
				return failure(exitUsage, err)
			}
			switch format {
			case "text":
				_, err = fmt.Fprint(p.Out, plan.Text())
			case "mermaid":
				_, err = fmt.Fprint(p.Out, plan.Mermaid())
			default:
				return failure(exitUsage, fmt.Errorf("--format: %q is neither text nor mermaid", format))
			}
			return failure(exitFailure, err)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or mermaid")
	return cmd
}
