package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const (
	listPageSize = 100
	maxListPages = 100

	// clockSkew is how far the provider's clock may differ from the server's.
	clockSkew = 30 * time.Second
)

// Find looks once for the prediction of an unknown submit in the provider's list,
// and returns a verdict or an error after which Temporal asks again.
//
// The list knows no reference of ours, and may lag. So a prediction is the
// submit's only if it is the one candidate that was created in its time with its
// model and its input and is not known to be another generation's; and a submit is
// absent only if nothing that could be its prediction is listed once the list has
// had time to settle.
func (a *Activities) Find(ctx context.Context, in generation.FindInput) (generation.Found, error) {
	provider, err := a.provider(ctx, in.Account)
	if err != nil {
		return generation.Found{}, err
	}
	ctx, cancel := withMargin(ctx)
	defer cancel()
	began := time.Now()
	what := fmt.Sprintf("generation %q: the list of predictions", in.Key)
	listed, err := list(ctx, provider, window(in))
	if err != nil {
		return generation.Found{}, readError(ctx, what, err)
	}
	found, sure := a.judge(in, listed, began)
	if !sure {
		return generation.Found{}, pending(what + " does not tell yet whether the submit was accepted")
	}
	if found.Verdict == generation.VerdictFound {
		a.claims.add(in.Nonce, found.PredictionID)
	}
	return found, nil
}

// judge gives the verdict of one complete list, or false to look again later.
func (a *Activities) judge(in generation.FindInput, listed []wavespeed.Prediction, now time.Time) (generation.Found, bool) {
	if in.Candidate != "" {
		return judgeCandidate(in, listed, now)
	}
	var same, possible []string
	for _, prediction := range listed {
		if prediction.CreatedAt.After(in.Settled) || a.claims.has(prediction.ID) || slices.Contains(in.Claimed, prediction.ID) {
			continue
		}
		switch compare(in, prediction) {
		case sameSubmit:
			same = append(same, prediction.ID)
		case cannotTell:
			possible = append(possible, prediction.ID)
		}
	}
	switch {
	case len(same) == 1 && len(possible) == 0:
		return generation.Found{Verdict: generation.VerdictFound, PredictionID: same[0]}, true
	case len(same)+len(possible) == 0:
		return generation.Found{Verdict: generation.VerdictAbsent}, !now.Before(in.Settled)
	default:
		return generation.Found{Verdict: generation.VerdictAmbiguous}, !now.Before(in.GiveUp)
	}
}

// judgeCandidate believes the webhook that named the candidate, unless the list
// contradicts it. A candidate that is not listed is waited for as long as the list
// may lag.
func judgeCandidate(in generation.FindInput, listed []wavespeed.Prediction, now time.Time) (generation.Found, bool) {
	found := generation.Found{Verdict: generation.VerdictFound, PredictionID: in.Candidate}
	i := slices.IndexFunc(listed, func(p wavespeed.Prediction) bool { return p.ID == in.Candidate })
	if i < 0 {
		return found, !now.Before(in.Settled)
	}
	if compare(in, listed[i]) == otherSubmit {
		found = generation.Found{Verdict: generation.VerdictForeign}
	}
	return found, true
}

type likeness int

const (
	otherSubmit likeness = iota
	sameSubmit
	cannotTell
)

// compare tells whether a listed prediction can be the submit's. A model may be
// listed under another name than it was submitted under, and inputs may not be
// listed at all: then it cannot tell.
func compare(in generation.FindInput, prediction wavespeed.Prediction) likeness {
	sameModel := prediction.Model == in.Model
	switch {
	case len(prediction.Input) == 0 || string(prediction.Input) == "null":
		if sameModel {
			return cannotTell
		}
		return otherSubmit
	case !contains(prediction.Input, in.Input):
		return otherSubmit
	case !sameModel:
		return cannotTell
	default:
		return sameSubmit
	}
}

// contains tells whether every field of part stands in whole with the same value;
// the provider adds its defaults to what was submitted.
func contains(whole, part json.RawMessage) bool {
	wholeFields, err := fields(whole)
	if err != nil {
		return false
	}
	partFields, err := fields(part)
	if err != nil {
		return false
	}
	for name, value := range partFields {
		if !reflect.DeepEqual(wholeFields[name], value) {
			return false
		}
	}
	return true
}

func fields(object json.RawMessage) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	var decoded map[string]any
	err := decoder.Decode(&decoded)
	return decoded, err
}

// window bounds the list to when the submit can have been accepted. A candidate may
// be any prediction at all.
func window(in generation.FindInput) wavespeed.ListOptions {
	options := wavespeed.ListOptions{PageSize: listPageSize, IncludeInputs: true, CreatedAfter: in.Submitted.Add(-clockSkew)}
	if in.Candidate == "" {
		options.CreatedBefore = in.Settled
	}
	return options
}

// list reads all pages.
func list(ctx context.Context, provider Provider, options wavespeed.ListOptions) ([]wavespeed.Prediction, error) {
	var listed []wavespeed.Prediction
	seen := make(map[string]bool)
	for options.Page = 1; options.Page <= maxListPages; options.Page++ {
		answer, err := listPage(ctx, provider, options)
		if err != nil {
			return nil, err
		}
		for _, prediction := range answer.Items {
			// A prediction that is made between two pages moves others onto the next.
			if !seen[prediction.ID] {
				seen[prediction.ID] = true
				listed = append(listed, prediction)
			}
		}
		if len(answer.Items) < listPageSize {
			return listed, nil
		}
	}
	return nil, fmt.Errorf("more than %d predictions since %s: too many to look through", maxListPages*listPageSize, options.CreatedAfter.UTC().Format(time.RFC3339))
}

const (
	pageTries = 3
	pagePause = 200 * time.Millisecond
)

// listPage asks again for a page where the provider erred: of the many pages of a busy
// account one or the other fails, and all must be read in one go.
func listPage(ctx context.Context, provider Provider, options wavespeed.ListOptions) (wavespeed.Page, error) {
	for try := 1; ; try++ {
		page, err := provider.List(ctx, options)
		var failure *wavespeed.Error
		if err == nil || try == pageTries || !errors.As(err, &failure) || failure.StatusCode < http.StatusInternalServerError {
			return page, err
		}
		select {
		case <-ctx.Done():
			return page, err
		case <-time.After(time.Duration(try) * pagePause):
		}
	}
}
