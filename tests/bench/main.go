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
	samples := flag.Int("samples", 600, "resumes measured at idle, of each kind")
	waiting := flag.Int("waiting", 10_000, "generations that wait at once; 0 leaves this part out")
	document := flag.String("write", "", "a document whose parts «bench» and «waiting» to write anew")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *document, sizes{*n, *rounds, *samples, *waiting}); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type sizes struct{ n, rounds, samples, waiting int }

func run(ctx context.Context, document string, size sizes) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	if err := measure(ctx, document, "bench", size, b.costs, b.throughput, b.resumes, b.signals); err != nil {
		return err
	}
	if size.waiting == 0 {
		return nil
	}
	return measure(ctx, document, "waiting", size, b.memory)
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
