package activities_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const (
	early    = time.Minute  // the list may still lag
	late     = -time.Second // it had time to settle
	lastCall = -time.Second
)

// search looks for a submit of a minute ago whose list settles, and whose search
// ends, after the given times from now.
func search(settles, givesUp time.Duration) generation.FindInput {
	now := time.Now()
	return generation.FindInput{
		Key: "still", Model: "wavespeed-ai/flux-dev", Input: json.RawMessage(`{"prompt":"a lighthouse","seed":7}`),
		Account: generation.DefaultAccount, Nonce: "n1",
		Submitted: now.Add(-time.Minute), Settled: now.Add(settles), GiveUp: now.Add(givesUp),
	}
}

func listed(id, model, input string) wavespeed.Prediction {
	return wavespeed.Prediction{ID: id, Model: model, Input: json.RawMessage(input), CreatedAt: time.Now().Add(-50 * time.Second)}
}

func ours(id string) wavespeed.Prediction {
	return listed(id, "wavespeed-ai/flux-dev", `{"seed":7,"prompt":"a lighthouse","num_images":1}`)
}

func TestFind(t *testing.T) {
	t.Parallel()
	candidate := func(in generation.FindInput, id string) generation.FindInput { in.Candidate = id; return in }
	claimed := func(in generation.FindInput, ids ...string) generation.FindInput { in.Claimed = ids; return in }
	tooLate := ours("p1")
	tooLate.CreatedAt = time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		in   generation.FindInput
		list []wavespeed.Prediction
		want generation.Found // zero: look again
	}{
		"listed": {search(early, early), []wavespeed.Prediction{ours("p1")}, generation.Found{Verdict: generation.VerdictFound, PredictionID: "p1"}},
		"listed among others": {search(early, early), []wavespeed.Prediction{
			listed("p0", "wavespeed-ai/flux-dev", `{"prompt":"a harbour","seed":7}`), ours("p1"),
		}, generation.Found{Verdict: generation.VerdictFound, PredictionID: "p1"}},
		"not listed yet":     {search(early, early), nil, generation.Found{}},
		"never listed":       {search(late, early), nil, generation.Found{Verdict: generation.VerdictAbsent}},
		"only others listed": {search(late, early), []wavespeed.Prediction{listed("p0", "wavespeed-ai/flux-dev", `{"prompt":"a harbour","seed":7}`)}, generation.Found{Verdict: generation.VerdictAbsent}},
		"another's":          {claimed(search(late, early), "p1"), []wavespeed.Prediction{ours("p1")}, generation.Found{Verdict: generation.VerdictAbsent}},
		"made too late":      {search(late, early), []wavespeed.Prediction{tooLate}, generation.Found{Verdict: generation.VerdictAbsent}},
		"twice":              {search(late, early), []wavespeed.Prediction{ours("p1"), ours("p2")}, generation.Found{}},
		"twice to the end":   {search(late, lastCall), []wavespeed.Prediction{ours("p1"), ours("p2")}, generation.Found{Verdict: generation.VerdictAmbiguous}},
		"twice, one claimed": {claimed(search(early, early), "p2"), []wavespeed.Prediction{ours("p1"), ours("p2")}, generation.Found{Verdict: generation.VerdictFound, PredictionID: "p1"}},
		"inputs not listed":  {search(late, lastCall), []wavespeed.Prediction{listed("p1", "wavespeed-ai/flux-dev", ``)}, generation.Found{Verdict: generation.VerdictAmbiguous}},
		"another model's inputs not listed": {search(late, early), []wavespeed.Prediction{listed("p1", "wavespeed-ai/dia-tts", `null`)},
			generation.Found{Verdict: generation.VerdictAbsent}},
		"perhaps under an alias": {search(late, lastCall), []wavespeed.Prediction{listed("p1", "black-forest/flux", `{"prompt":"a lighthouse","seed":7}`)},
			generation.Found{Verdict: generation.VerdictAmbiguous}},
		"candidate listed": {candidate(search(early, early), "p1"), []wavespeed.Prediction{ours("p1"), ours("p2")},
			generation.Found{Verdict: generation.VerdictFound, PredictionID: "p1"}},
		"candidate with another input": {candidate(search(late, lastCall), "p1"), []wavespeed.Prediction{listed("p1", "wavespeed-ai/flux-dev", `{"prompt":"a harbour"}`)},
			generation.Found{Verdict: generation.VerdictForeign}},
		"candidate not listed yet": {candidate(search(early, early), "p1"), nil, generation.Found{}},
		"candidate never listed": {candidate(search(late, early), "p1"), nil,
			generation.Found{Verdict: generation.VerdictFound, PredictionID: "p1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &provider{list: func(o wavespeed.ListOptions) (wavespeed.Page, error) {
				require.True(t, o.IncludeInputs)
				require.Empty(t, o.Model, "a model may be listed under another name")
				return wavespeed.Page{Items: c.list}, nil
			}}
			value, err := execute(t, forProvider(p), generation.FindName, c.in)
			if c.want.Verdict == "" {
				var got *temporal.ApplicationError
				require.ErrorAs(t, err, &got)
				require.Equal(t, generation.ErrPending, got.Type())
				return
			}
			require.NoError(t, err)
			var got generation.Found
			require.NoError(t, value.Get(&got))
			require.Equal(t, c.want, got)
		})
	}
}

func TestFindReadsAllPages(t *testing.T) {
	t.Parallel()
	p := &provider{list: func(o wavespeed.ListOptions) (wavespeed.Page, error) {
		var page wavespeed.Page
		for i := range o.PageSize {
			id := fmt.Sprintf("page%d-%d", o.Page, i)
			page.Items = append(page.Items, listed(id, "wavespeed-ai/flux-dev", `{"prompt":"a harbour"}`))
		}
		if o.Page == 3 {
			page.Items = []wavespeed.Prediction{ours("p1"), listed("page2-0", "wavespeed-ai/flux-dev", `{}`)}
		}
		return page, nil
	}}
	value, err := execute(t, forProvider(p), generation.FindName, search(early, early))
	require.NoError(t, err)
	var got generation.Found
	require.NoError(t, value.Get(&got))
	require.Equal(t, "p1", got.PredictionID)
}

func TestAListThatCannotBeReadProvesNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(wavespeed.ListOptions) (wavespeed.Page, error){
		"down": func(wavespeed.ListOptions) (wavespeed.Page, error) { return wavespeed.Page{}, status(503, "") },
		"down on the second page": func(o wavespeed.ListOptions) (wavespeed.Page, error) {
			if o.Page > 1 {
				return wavespeed.Page{}, errors.New("reset")
			}
			return wavespeed.Page{Items: make([]wavespeed.Prediction, o.PageSize)}, nil
		},
		"endless": func(o wavespeed.ListOptions) (wavespeed.Page, error) {
			return wavespeed.Page{Items: make([]wavespeed.Prediction, o.PageSize)}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := execute(t, forProvider(&provider{list: answer}), generation.FindName, search(late, lastCall))
			var got *temporal.ApplicationError
			require.ErrorAs(t, err, &got)
			require.Equal(t, generation.ErrUnavailable, got.Type())
			require.False(t, got.NonRetryable())
		})
	}
}

// TestFindAsksAgainForAPage: of a hundred pages one fails now and then, and all must be
// read.
func TestFindAsksAgainForAPage(t *testing.T) {
	t.Parallel()
	asked := map[int]int{}
	p := &provider{list: func(o wavespeed.ListOptions) (wavespeed.Page, error) {
		if asked[o.Page]++; asked[o.Page] < 3 {
			return wavespeed.Page{}, status(503, "")
		}
		if o.Page == 1 {
			return wavespeed.Page{Items: make([]wavespeed.Prediction, o.PageSize)}, nil
		}
		return wavespeed.Page{Items: []wavespeed.Prediction{ours("p1")}}, nil
	}}
	value, err := execute(t, forProvider(p), generation.FindName, search(early, early))
	require.NoError(t, err)
	var got generation.Found
	require.NoError(t, value.Get(&got))
	require.Equal(t, "p1", got.PredictionID)
	require.Equal(t, map[int]int{1: 3, 2: 3}, asked)
}

// TestFindLooksWhereTheSubmitCanBe, and for a candidate everywhere since.
func TestFindLooksWhereTheSubmitCanBe(t *testing.T) {
	t.Parallel()
	for candidate, bounded := range map[string]bool{"": true, "p1": false} {
		var asked wavespeed.ListOptions
		p := &provider{list: func(o wavespeed.ListOptions) (wavespeed.Page, error) {
			asked = o
			return wavespeed.Page{Items: []wavespeed.Prediction{ours("p1")}}, nil
		}}
		in := search(early, early)
		in.Candidate = candidate
		_, err := execute(t, forProvider(p), generation.FindName, in)
		require.NoError(t, err)
		require.True(t, asked.CreatedAfter.Before(in.Submitted))
		require.Equal(t, bounded, asked.CreatedBefore.Equal(in.Settled), candidate)
	}
}
