// Command bench measures generations beside the raw floor: a workflow of one
// activity and one signal, with the same client, worker options, provider and
// server. Rounds of both alternate, and figures are ratios of paired rounds, since
// machines are noisy.
//
// It prints Markdown; docs/performance.md holds one run of it.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/figures"
)

func main() {
	n := flag.Int("n", 200, "generations a round")
	rounds := flag.Int("rounds", 15, "rounds of each kind")
	samples := flag.Int("samples", 3000, "resumes measured at idle, of each kind, in five blocks")
	waiting := flag.Int("waiting", 100_000, "generations that wait at once; 0 leaves this part out")
	items := flag.Int("items", 10_000, "items of a large for_each; 0 leaves this part out")
	only := flag.String("only", "", "the one part to measure: bench, pipelines, waiting or limits")
	document := flag.String("write", "", `a document in which to update the parts "bench", "pipelines", "waiting" and "limits"`)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *document, *only, sizes{*n, *rounds, *samples, *waiting, *items}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type sizes struct{ n, rounds, samples, waiting, items int }

func run(ctx context.Context, document, only string, size sizes) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	type part = func(context.Context, io.Writer, sizes) error
	for _, of := range []struct {
		name  string
		parts []part
		size  int
	}{
		{"bench", []part{b.costs, b.throughput, b.resumes, b.signals}, 1},
		{"pipelines", []part{b.pipelineCosts, b.pipelineThroughput, b.fanOuts, b.itemCosts}, size.items},
		{"waiting", []part{b.memory}, size.waiting},
		{"limits", []part{b.limits}, 1},
	} {
		if of.size == 0 || only != "" && only != of.name {
			continue
		}
		if err := measure(ctx, document, of.name, size, of.parts...); err != nil {
			return err
		}
	}
	return nil
}

// measure prints what parts measure, and writes it into the document's part of that
// name.
func measure(ctx context.Context, document, name string, size sizes, parts ...func(context.Context, io.Writer, sizes) error) error {
	var printed bytes.Buffer
	for _, part := range parts {
		if err := part(ctx, io.MultiWriter(os.Stdout, &printed), size); err != nil {
			return err
		}
	}
	if document == "" {
		return nil
	}
	return figures.Write(document, name, printed.String())
}
