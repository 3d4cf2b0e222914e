package pipelines

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

func graph(p *session.Program) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "graph FILE", Short: "Draw a pipeline, as text or Mermaid", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := file.Read(args[0])
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			if err := f.Check(); err != nil {
				return exit.With(exit.Usage, err)
			}
			plan, err := plan.Compile(f.Definition)
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			switch format {
			case "text":
				_, err = fmt.Fprint(p.Out, plan.Text())
			case "mermaid":
				_, err = fmt.Fprint(p.Out, plan.Mermaid())
			default:
				return exit.With(exit.Usage, fmt.Errorf("--format: %q is neither text nor mermaid", format))
			}
			return exit.With(exit.Failure, err)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or mermaid")
	return cmd
}
