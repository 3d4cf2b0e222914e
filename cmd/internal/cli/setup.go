package cli

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
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// setup makes what the program needs in Temporal, if it is not there.
func (p *program) setup() *cobra.Command {
	var retention time.Duration
	var attributes []string
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Create the namespace and search attributes, where they are missing",
		Long: `Create the namespace and search attributes, where they are missing. It may run
as often as one likes. Temporal Cloud's namespaces are made elsewhere; there it
only looks whether the namespace exists. With PIPELINE_SEARCH_ATTRIBUTES it creates those
of pipelines too.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			wanted, err := parseAttributes(attributes)
			if err != nil {
				return failure(exitUsage, err)
			}
			settings, _, err := p.load(config.Need{})
			if err != nil {
				return err
			}
			if settings.SearchAttributes {
				maps.Copy(wanted, pipelineAttributes)
			}
			c, options, err := p.dial(cmd.Context())
			if err != nil {
				return err
			}
			defer c.Close()
			if err := p.setupNamespace(cmd.Context(), c, options.Namespace, retention); err != nil {
				return failure(exitFailure, err)
			}
			return failure(exitFailure, p.setupAttributes(cmd.Context(), c, options.Namespace, wanted))
		},
	}
	cmd.Flags().DurationVar(&retention, "retention", 7*24*time.Hour, "how long the namespace keeps closed runs; WaveSpeed keeps outputs for 7 days")
	cmd.Flags().StringArrayVar(&attributes, "search-attribute", nil, "a search attribute to create, as Name=Keyword (repeatable)")
	return cmd
}

// pipelineAttributes are the search attributes that runs of pipelines may set.
var pipelineAttributes = map[string]enumspb.IndexedValueType{
	pipeline.AttributePipeline: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	pipeline.AttributeModels:   enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	pipeline.AttributeState:    enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	pipeline.AttributeCost:     enumspb.INDEXED_VALUE_TYPE_DOUBLE,
}

func (p *program) setupNamespace(ctx context.Context, c client.Client, name string, retention time.Duration) error {
	_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	var missing *serviceerror.NamespaceNotFound
	switch {
	case err == nil:
		fmt.Fprintf(p.Err, "namespace %s: is there\n", name)
		return nil
	case !errors.As(err, &missing):
		return fmt.Errorf("namespace %s: %w", name, err)
	}
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("namespace %s: create: %w", name, err)
	}
	fmt.Fprintf(p.Err, "namespace %s: created, keeps closed runs for %v\n", name, retention)
	return nil
}

func (p *program) setupAttributes(ctx context.Context, c client.Client, namespace string, wanted map[string]enumspb.IndexedValueType) error {
	if len(wanted) == 0 {
		return nil
	}
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
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
			return fmt.Errorf("search attribute %s: is there as %s, and not as %s", name, present, wanted[name])
		}
		delete(missing, name)
		fmt.Fprintf(p.Err, "search attribute %s: is there\n", name)
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	if err != nil {
		return fmt.Errorf("search attributes: create: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		fmt.Fprintf(p.Err, "search attribute %s: created as %s\n", name, missing[name])
	}
	return nil
}

func parseAttributes(pairs []string) (map[string]enumspb.IndexedValueType, error) {
	attributes := make(map[string]enumspb.IndexedValueType)
	for _, pair := range pairs {
		name, kind, ok := strings.Cut(pair, "=")
		value, err := enumspb.IndexedValueTypeFromString(kind)
		if !ok || name == "" || err != nil {
			return nil, fmt.Errorf("--search-attribute: %q is not of the form Name=Type, with Keyword, KeywordList, Text, Int, Double, Bool or Datetime", pair)
		}
		attributes[name] = value
	}
	return attributes, nil
}
