package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// outcome is what became of one generation, or of one frame of a film.
type outcome struct {
	name     string // in the prompt
	workflow string
	drawn    bool // the submit draws a seed if it can

	url          string
	predictionID string // "" if not known
	err          error
}

// report is what came of all generations.
type report struct {
	total, completed, lost, stuck, paidTwice, wrong, forged int

	// undecided ended with SubmitUnknown: nobody could tell. The second is those in which
	// somebody could: a webhook was delivered, or the list showed the seed.
	undecided, undecidedDespite int

	failed map[string]int
	ledger int
	others int
	faults map[wavespeedtest.Kind]int
	took   time.Duration
	slots  slots
}

// judge holds results against the ledger.
func judge(s *system, outcomes []outcome) report {
	r := report{total: len(outcomes), failed: map[string]int{}, faults: s.simulator.Counts().Faults}
	owner := map[string]string{}
	paid := map[string][]wavespeedtest.Entry{}
	for _, entry := range s.simulator.Ledger() {
		if entry.Other {
			r.others++
			continue
		}
		r.ledger++
		name := nameIn(entry.Input)
		owner[entry.PredictionID] = name
		paid[name] = append(paid[name], entry)
	}
	for _, o := range outcomes {
		entries := paid[o.name]
		if len(entries) > 1 {
			r.paidTwice += len(entries) - 1
			s.t.Logf("paid twice: %s of %s: %v, %v", o.name, o.workflow, o.err, ids(entries))
		}
		var failure *temporal.ApplicationError
		switch {
		case errors.Is(o.err, errStuck):
			s.t.Logf("stuck: %s of %s, ended %v: %v: %s", o.name, o.workflow, s.closed(o.workflow), ids(entries), s.waitsFor(o.workflow))
			r.stuck++
		case o.err == nil:
			r.completed++
			if strings.Contains(o.url, "forged") {
				r.forged++
			}
			if !o.isOf(owner) {
				s.t.Logf("wrong output: %s of %s: %s, %v", o.name, o.workflow, o.url, ids(entries))
				r.wrong++
			}
		case errors.As(o.err, &failure) && generation.ErrorTypeOf(failure) == generation.ErrorTypeSubmitUnknown:
			r.undecided++
			s.t.Logf("undecided: %s of %s: %v, %v", o.name, o.workflow, o.err, ids(entries))
			if why := s.couldDecide(o, entries); why != "" {
				s.t.Logf("undecided though %s", why)
				r.undecidedDespite++
			}
		case errors.As(o.err, &failure) && strings.HasPrefix(failure.Type(), "wavespeed."):
			s.t.Logf("failed: %s of %s: %v", o.name, o.workflow, o.err)
			r.failed[failure.Type()]++
		default:
			s.t.Logf("lost: %s of %s: %v", o.name, o.workflow, o.err)
			r.lost++
		}
	}
	return r
}

// isOf tells whether the output is that of a prediction which was submitted for it.
func (o outcome) isOf(owner map[string]string) bool {
	_, path, _ := strings.Cut(o.url, "/outputs/")
	id, _, _ := strings.Cut(path, "/")
	return owner[id] == o.name && (o.predictionID == "" || o.predictionID == id)
}

// couldDecide says what told whose the predictions are; "" if nothing did.
func (s *system) couldDecide(o outcome, entries []wavespeedtest.Entry) string {
	ended := s.closed(o.workflow)
	for _, entry := range entries {
		if o.drawn && !wire.LeavesSeed(entry.Input) { // without a catalogue none is drawn
			return "the list showed its seed"
		}
		for _, delivery := range entry.Deliveries {
			if delivery.Fault == "" && delivery.StatusCode/100 == 2 && delivery.At.Before(ended) {
				return "its webhook was delivered"
			}
		}
	}
	return ""
}

// closed is when a workflow ended.
func (s *system) closed(workflow string) time.Time {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		described, err := s.client.DescribeWorkflow(ctx, workflow, "")
		if err == nil {
			return described.RawResponse.GetWorkflowExecutionInfo().GetCloseTime().AsTime()
		}
		if pause(ctx) != nil {
			return time.Now()
		}
	}
}

// waitsFor is what holds up a workflow's activities.
func (s *system) waitsFor(workflow string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	described, err := s.client.DescribeWorkflow(ctx, workflow, "")
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, pending := range described.RawResponse.GetPendingActivities() {
		all = append(all, fmt.Sprintf("%s, attempt %d: %s", pending.GetActivityType().GetName(), pending.GetAttempt(), pending.GetLastFailure().GetMessage()))
	}
	return strings.Join(all, "; ")
}

func ids(entries []wavespeedtest.Entry) (all []string) {
	for _, entry := range entries {
		all = append(all, fmt.Sprintf("%s at %s", entry.PredictionID, entry.At.Format(time.TimeOnly)))
	}
	return all
}

func (r report) table(trouble map[string]int) string {
	var text strings.Builder
	row := func(name string, value any) { fmt.Fprintf(&text, "| %s | %v |\n", name, value) }
	text.WriteString("| | |\n| --- | --- |\n")
	row("generations, two fifths of them in pipelines", r.total)
	row("completed", r.completed)
	for _, kind := range slices.Sorted(maps.Keys(r.failed)) {
		row("failed with "+kind, r.failed[kind])
	}
	row("accepted and billed, by the ledger", r.ledger)
	row("other people's predictions on the account", r.others)
	row("undecided: `wavespeed.SubmitUnknown`", r.undecided)
	row("**undecided, though a webhook was delivered or the seed was listed**", r.undecidedDespite)
	row("**lost**", r.lost)
	row("**stuck**", r.stuck)
	row("**paid twice**", r.paidTwice)
	row("**wrong output**", r.wrong)
	row("**forged accepted**", r.forged)
	if r.slots.limit > 0 {
		r.slots.rows(row)
	}
	row("time", fmt.Sprintf("%.0f s, %.1f a second", r.took.Seconds(), float64(r.total)/r.took.Seconds()))
	text.WriteString("\n| what happened | how often |\n| --- | --- |\n")
	for _, fault := range mix {
		row(string(fault.Kind), r.faults[fault.Kind])
	}
	for _, what := range troubles {
		row(what, trouble[what])
	}
	return text.String()
}
