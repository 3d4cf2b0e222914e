package save

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Saver saves outputs one after another, and keeps track of failures.
type Saver struct {
	*session.Session
	files *download.Client
	dir   string
	again string // the command to retry with
	saved int
	lost  []unsaved
}

// unsaved is an output that could not be saved, and why.
type unsaved struct {
	stem, from string
	err        error
}

// New is a saver into the directory of the flags, which it makes.
func New(s *session.Session, o Flags, again string) (*Saver, error) {
	if err := o.Prepare(); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	files, err := download.New(download.Options{
		BaseURL: s.Config.BaseURL, MaxBytes: int64(o.maxSize), Overwrite: o.overwrite,
	})
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	return &Saver{Session: s, files: files, dir: o.Output, again: again}, nil
}

// Save saves files, and says so.
func (s *Saver) Save(ctx context.Context, items []download.Item) {
	s.files.Save(ctx, s.dir, items, func(r download.Result) {
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

// SaveStatus saves the outputs of one generation, using stem for file names. Outputs that were
// too large for a history are fetched from the provider.
func (s *Saver) SaveStatus(ctx context.Context, status generation.Status, stem func(outputs, i int) string) {
	outputs, id := status.Outputs, status.PredictionID()
	if status.Omitted && len(outputs) == 0 {
		var err error
		if outputs, err = omitted(ctx, s.Session, status.Account, id); err != nil {
			s.lost = append(s.lost, unsaved{stem(1, 0), "prediction " + id, err})
			return
		}
	}
	s.Save(ctx, Named(outputs, id, stem))
}

// Named pairs a prediction's outputs with file names.
func Named(outputs []generation.Output, id string, stem func(outputs, i int) string) []download.Item {
	items := make([]download.Item, len(outputs))
	for i, output := range outputs {
		items[i] = download.Item{Stem: stem(len(outputs), i), Output: output, From: "prediction " + id}
	}
	return items
}

// maxUnsavedShown is how many failed outputs are listed.
const maxUnsavedShown = 20

// End returns an error if any output could not be saved.
func (s *Saver) End(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(s.Err, "Interrupted. Save the rest with: %s\n", s.again)
		return &exit.Error{Code: exit.Interrupted}
	case len(s.lost) == 0 && s.saved == 0:
		fmt.Fprintln(s.Err, "There are no outputs to save")
		return nil
	case len(s.lost) == 0:
		return nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d of %s could not be saved:", len(s.lost), screen.Plural(s.saved+len(s.lost), "output"))
	for _, u := range s.lost[:min(len(s.lost), maxUnsavedShown)] {
		fmt.Fprintf(&text, "\n%s%s: %v", u.stem, reasonIn(u.from), u.err)
	}
	if more := len(s.lost) - maxUnsavedShown; more > 0 {
		fmt.Fprintf(&text, "\n… and %d more", more)
	}
	fmt.Fprintf(&text, "\nRetry with: %s", s.again)
	return exit.With(exit.Unsaved, errors.New(text.String()))
}

func reasonIn(from string) string {
	if from == "" {
		return ""
	}
	return " (" + from + ")"
}
