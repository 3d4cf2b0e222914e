package setup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Command makes what the program needs in Temporal, if it is not there.
func Command(p *session.Program) *cobra.Command {
	var retention time.Duration
	var attributes []string
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Create the namespace and search attributes if they are missing",
		Long: `Create the namespace and search attributes if they are missing. You can run it repeatedly.
It does not create Temporal Cloud namespaces; it only checks that they exist. With
PIPELINE_SEARCH_ATTRIBUTES it also creates the search attributes of pipelines.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			wanted, err := parseAttributes(attributes)
			if err != nil {
				return exit.With(exit.Usage, err)
			}
			s, err := p.Open()
			if err != nil {
				return err
			}
			if s.Config.SearchAttributes {
				maps.Copy(wanted, pipelineAttributes)
			}
			if err := s.Connect(cmd.Context()); err != nil {
				return err
			}
			defer s.Client.Close()
			if err := createNamespace(cmd.Context(), s, retention); err != nil {
				return exit.With(exit.Failure, err)
			}
			return exit.With(exit.Failure, createAttributes(cmd.Context(), s, wanted))
		},
	}
	cmd.Flags().DurationVar(&retention, "retention", 7*24*time.Hour, "how long the namespace keeps closed runs; WaveSpeed keeps outputs for 7 days")
	cmd.Flags().StringArrayVar(&attributes, "search-attribute", nil, "a search attribute to create, such as Name=Keyword (repeatable)")
	return cmd
}

// pipelineAttributes are the search attributes that runs of pipelines may set.
var pipelineAttributes = map[string]enumspb.IndexedValueType{
	wire.AttributePipeline: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	wire.AttributeModels:   enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	wire.AttributeState:    enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	wire.AttributeCost:     enumspb.INDEXED_VALUE_TYPE_DOUBLE,
}

func createNamespace(ctx context.Context, s *session.Session, retention time.Duration) error {
	name := s.Options.Namespace
	_, err := s.Client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	var missing *serviceerror.NamespaceNotFound
	switch {
	case err == nil:
		fmt.Fprintf(s.Err, "namespace %s: already exists\n", name)
		return nil
	case !errors.As(err, &missing):
		return fmt.Errorf("namespace %s: %w", name, err)
	}
	_, err = s.Client.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("namespace %s: create: %w", name, err)
	}
	fmt.Fprintf(s.Err, "namespace %s: created, keeps closed runs for %v\n", name, retention)
	return nil
}

func createAttributes(ctx context.Context, s *session.Session, wanted map[string]enumspb.IndexedValueType) error {
	if len(wanted) == 0 {
		return nil
	}
	listed, err := s.Client.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.Options.Namespace})
	if err != nil {
		return fmt.Errorf("search attributes: %w", err)
	}
	missing := maps.Clone(wanted)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		present, ok := listed.GetCustomAttributes()[name]
		if !ok {
			continue
		}
		if present != wanted[name] {
			return fmt.Errorf("search attribute %s: exists with type %s; want %s", name, present, wanted[name])
		}
		delete(missing, name)
		fmt.Fprintf(s.Err, "search attribute %s: already exists\n", name)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = s.Client.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: s.Options.Namespace, SearchAttributes: missing})
	if err != nil {
		return fmt.Errorf("search attributes: create: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		fmt.Fprintf(s.Err, "search attribute %s: created as %s\n", name, missing[name])
	}
	return nil
}

func parseAttributes(pairs []string) (map[string]enumspb.IndexedValueType, error) {
	attributes := make(map[string]enumspb.IndexedValueType)
	for _, pair := range pairs {
		name, kind, ok := strings.Cut(pair, "=")
		value, err := enumspb.IndexedValueTypeFromString(kind)
		if !ok || name == "" || err != nil {
			return nil, fmt.Errorf("--search-attribute: %q does not have the form Name=Type; Type is Keyword, KeywordList, Text, Int, Double, Bool or Datetime", pair)
		}
		attributes[name] = value
	}
	return attributes, nil
}
