package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// saving are the flags of commands that download outputs.
type saving struct {
	output    string
	overwrite bool
	maxSize   sizeFlag
}

func (o *saving) add(flags *pflag.FlagSet) {
	o.maxSize = download.DefaultMaxBytes
	flags.StringVarP(&o.output, "output", "o", "", "download the outputs into this `directory`; existing files are kept")
	flags.BoolVar(&o.overwrite, "overwrite", false, "with --output, replace files that have an output's name")
	flags.Var(&o.maxSize, "max-size", "with --output, the largest `size` of a file")
}

// sizeFlag is a number of bytes, such as 4GiB.
type sizeFlag int64

// String, Set and Type are those of a flag.
func (s *sizeFlag) String() string {
	return strings.ReplaceAll(download.FormatSize(int64(*s)), " ", "")
}

func (s *sizeFlag) Set(text string) error {
	n, err := download.ParseSize(text)
	*s = sizeFlag(n)
	return err
}

func (s *sizeFlag) Type() string { return "size" }

// prepare makes the directory and writes to it, before anything is paid for what could not
// be saved.
func (o saving) prepare() error {
	if o.output == "" {
		return nil
	}
	if err := os.MkdirAll(o.output, 0o750); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	probe, err := os.CreateTemp(o.output, ".partial-*")
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// saver saves outputs one after another, and remembers what it could not save.
type saver struct {
	*program
	config config.Config
	client *download.Client
	dir    string
	again  string // the command that tries again
	saved  int
	lost   []unsaved
}

// unsaved is an output that is not on the disk, and why.
type unsaved struct {
	stem, from string
	err        error
}

func (p *program) newSaver(c config.Config, o saving, again string) (*saver, error) {
	if err := o.prepare(); err != nil {
		return nil, failure(exitUsage, err)
	}
	client, err := download.New(download.Options{
		BaseURL: cmp.Or(c.BaseURL, wavespeed.DefaultBaseURL), MaxBytes: int64(o.maxSize), Overwrite: o.overwrite,
	})
	if err != nil {
		return nil, failure(exitUsage, err)
	}
	return &saver{program: p, config: c, client: client, dir: o.output, again: again}, nil
}

func (s *saver) save(ctx context.Context, items []download.Item) {
	s.client.Save(ctx, s.dir, items, func(r download.Result) {
		if r.Err != nil {
			s.lost = append(s.lost, unsaved{r.Stem, r.From, r.Err})
			return
		}
		s.saved++
		switch {
		case r.Existing:
			fmt.Fprintf(s.Err, "%s is already saved\n", r.Path)
		case r.Taken != "":
			fmt.Fprintf(s.Err, "saved %s (%s is another file)\n", r.Path, r.Taken)
		default:
			fmt.Fprintf(s.Err, "saved %s\n", r.Path)
		}
	})
}

// saveStatus saves the outputs of one generation, which stem names. Outputs that were too
// large for a history are fetched by the prediction's id.
func (s *saver) saveStatus(ctx context.Context, status generation.Status, stem func(outputs, i int) string) {
	outputs, id := status.Outputs, status.PredictionID()
	if status.Omitted && len(outputs) == 0 {
		var err error
		if outputs, err = s.omitted(ctx, s.config, status.Account, id); err != nil {
			s.lost = append(s.lost, unsaved{stem(1, 0), "prediction " + id, err})
			return
		}
	}
	s.save(ctx, named(outputs, id, stem))
}

// named are the outputs of a prediction with the names of their files.
func named(outputs []generation.Output, id string, stem func(outputs, i int) string) []download.Item {
	items := make([]download.Item, len(outputs))
	for i, output := range outputs {
		items[i] = download.Item{Stem: stem(len(outputs), i), Output: output, From: "prediction " + id}
	}
	return items
}

// maxUnsavedShown is how many outputs that could not be saved are named.
const maxUnsavedShown = 20

// end fails if an output is missing. All others are saved by then.
func (s *saver) end(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(s.Err, "Interrupted. Save the rest with: %s\n", s.again)
		return &codedError{code: exitInterrupted}
	case len(s.lost) == 0 && s.saved == 0:
		fmt.Fprintln(s.Err, "There are no outputs to save")
		return nil
	case len(s.lost) == 0:
		return nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d of %s could not be saved:", len(s.lost), plural(s.saved+len(s.lost), "output"))
	for _, u := range s.lost[:min(len(s.lost), maxUnsavedShown)] {
		fmt.Fprintf(&text, "\n%s%s: %v", u.stem, reasonIn(u.from), u.err)
	}
	if more := len(s.lost) - maxUnsavedShown; more > 0 {
		fmt.Fprintf(&text, "\n… and %d more", more)
	}
	fmt.Fprintf(&text, "\nTry again with: %s", s.again)
	return failure(exitUnsaved, errors.New(text.String()))
}

func reasonIn(from string) string {
	if from == "" {
		return ""
	}
	return " (" + from + ")"
}

const (
	// maxOmittedBytes bounds an answer with outputs that were too large for a history.
	maxOmittedBytes = 512 << 20

	// omittedAttempts is how often such an answer is requested.
	omittedAttempts = 4
)

// omitted fetches the outputs of a prediction that were too large for a history.
func (p *program) omitted(ctx context.Context, c config.Config, account, id string) ([]generation.Output, error) {
	if account == "" {
		account = generation.DefaultAccount
	}
	key := c.Accounts[account].APIKey
	if key == "" {
		return nil, fmt.Errorf("it is too large for a workflow's history; to fetch it, set %s", config.KeyVariable(account))
	}
	provider, err := wavespeed.New(wavespeed.Options{APIKey: key, BaseURL: c.BaseURL, AllowHTTP: c.AllowHTTP, MaxResponseBytes: maxOmittedBytes, Timeout: 10 * time.Minute})
	if err != nil {
		return nil, err
	}
	var prediction wavespeed.Prediction
	for attempt := range omittedAttempts {
		if attempt > 0 {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Second << (attempt - 1)):
			}
		}
		prediction, err = provider.Result(ctx, id)
		var refused *wavespeed.Error
		if err == nil || errors.As(err, &refused) && refused.Status() >= 400 && refused.Status() < 500 && refused.Status() != 429 {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	outputs := make([]generation.Output, len(prediction.Outputs))
	for i, output := range prediction.Outputs {
		outputs[i] = generation.Output(output)
	}
	if len(outputs) == 0 {
		return nil, errors.New("WaveSpeed has no outputs of it any more")
	}
	return outputs, nil
}
