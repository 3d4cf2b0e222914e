package cli

import (
	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/reference"
)

// schema prints the JSON Schemas of workflow requests.
func schema(p *session.Program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a workflow's request",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, workflow := range []struct {
		name, of string
		schema   func() []byte
	}{
		{"generate", "wavespeed.Generate", reference.Generate},
		{"pipeline", "wavespeed.Pipeline", reference.Pipeline},
	} {
		cmd.AddCommand(&cobra.Command{
			Use: workflow.name, Short: "Print the JSON Schema of a request to " + workflow.of, Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := p.Out.Write(workflow.schema())
				return exit.With(exit.Failure, err)
			},
		})
	}
	return cmd
}
