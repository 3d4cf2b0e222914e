package markdown_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
)

func outputs(values ...any) []generation.Output {
	list := make([]generation.Output, len(values))
	for i, value := range values {
		list[i], _ = json.Marshal(value)
	}
	return list
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a still":                    "a still",
		"a|b":                        `a\|b`,
		"a\nb\r\tc\x00":              "a b  c ",
		"**bold** _it_ `code` ~no~":  "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~no\\~",
		"[a](https://evil.test)":     `\[a\](https://evil.test)`,
		"<img src=x>":                `\<img src=x\>`,
		`\| # !`:                     `\\\| \# \!`,
		"é – 😀":                      "é – 😀",
		"\x1b[2J\u009b1m\u202ex\x7f": ` \[2J 1m x `,
	} {
		require.Equal(t, want, markdown.Escape(text))
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	const long = "https://cdn.test/a-name-that-is-longer-than-what-is-shown.png"
	for name, c := range map[string]struct {
		outputs []generation.Output
		want    string
	}{
		"none":                {nil, "–"},
		"one":                 {outputs("https://cdn.test/a/1.png"), "[1.png](https://cdn.test/a/1.png)"},
		"query":               {outputs("https://cdn.test/1.png?x=1&y=2"), "[1.png](https://cdn.test/1.png?x=1&y=2)"},
		"object":              {outputs(map[string]any{"url": "https://cdn.test/2.glb"}), "[2.glb](https://cdn.test/2.glb)"},
		"letters of markdown": {outputs("https://cdn.test/a_b*c.png"), `[a\_b\*c.png](https://cdn.test/a_b*c.png)`},
		"long name":           {outputs(long), "[output 0](" + long + ")"},
		"text":                {outputs("a better prompt", "https://cdn.test/1.png"), "output 0 [1.png](https://cdn.test/1.png)"},
		"other schemes":       {outputs("javascript:alert(1)"), "output 0"},
		"many":                {outputs("https://c.test/0", "https://c.test/1", "https://c.test/2", "https://c.test/3", "https://c.test/4", "https://c.test/5"), "[0](https://c.test/0) [1](https://c.test/1) [2](https://c.test/2) [3](https://c.test/3) and 2 more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, markdown.Links(c.outputs, nil))
		})
	}
}

// TestLinksByKey: the files of items mostly have the same names.
func TestLinksByKey(t *testing.T) {
	t.Parallel()
	all := outputs("https://cdn.test/a/1.png", "https://cdn.test/b/1.png", "a text", "https://cdn.test/c/1.png")
	require.Equal(t, `[mug\|ivory](https://cdn.test/a/1.png) [`+strings.Repeat("x", 37)+`…](https://cdn.test/b/1.png) poem [1.png](https://cdn.test/c/1.png)`,
		markdown.Links(all, []string{"mug|ivory", strings.Repeat("x", 99), "poem"}))
	whole := question()
	whole.Show, whole.ShowKeys = []string{"https://cdn.test/1.png", "a text"}, []string{"still", "poem"}
	whole.Choices = []json.RawMessage{json.RawMessage(`"https://cdn.test/a/1.png"`), json.RawMessage(`"https://cdn.test/b/1.png"`)}
	whole.ChoiceKeys = []string{"styles[ink]", ""}
	require.Contains(t, markdown.Question(whole), "- [still](https://cdn.test/1.png)\n- poem: a text\n"+
		"- choice 0: [styles\\[ink\\]](https://cdn.test/a/1.png)\n- choice 1: [1.png](https://cdn.test/b/1.png)\n")
}

// TestURLsThatAreMoreThanURLs: what a model gives is not trusted to be one.
func TestURLsThatAreMoreThanURLs(t *testing.T) {
	t.Parallel()
	for _, end := range []string{
		")", "(", "<", ">", "|", "`", `"`, " ", "\n", `\`, "\r", "\t", "\v", "\x00", "\x1b", ` "title")`, "\r\n| a | b |", ") **bold** [x](https://evil.test",
	} {
		got := markdown.Links(outputs("https://cdn.test/1.png"+end), nil)
		require.Equal(t, "output 0 (query `wavespeed.status`)", got, "%q", end)
	}
}

func question() generation.ApprovalStatus {
	return generation.ApprovalStatus{
		Key: "review", Needed: 2, Deadline: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), OnDeadline: generation.VerdictReject,
		Decisions: []generation.Decision{{Verdict: generation.VerdictApprove, By: "art"}},
	}
}

func TestQuestion(t *testing.T) {
	t.Parallel()
	require.Equal(t, "**Decide: review**\n\n\nUpdate `wavespeed.decide` with `{\"verdict\": \"approve\", \"by\": \"…\"}`: approve or reject; 1 of 2 needed; after 2026-01-02 03:04 UTC: reject.\n\nDecided so far: art: approve\n\n", markdown.Question(question()))
	whole := question()
	whole.Note = "still was to be regenerated, and failed: no *red*"
	whole.Message, whole.Approvers, whole.Regenerable = "Is it *good*?", []string{"art", "b|c"}, []string{"still", "clip_2"}
	first, second := 0, 1
	whole.Decisions[0].Choice = &first
	whole.Show = []string{"https://cdn.test/1.png", "a text"}
	whole.Choices = []json.RawMessage{json.RawMessage(`"https://cdn.test/2.png"`), json.RawMessage(`{"n":1}`)}
	require.Equal(t, "**Decide: review** – Is it \\*good\\*?\n\n"+
		"**Asked again:** still was to be regenerated, and failed: no \\*red\\*\n\n"+
		"- [1.png](https://cdn.test/1.png)\n- a text\n- choice 0: [2.png](https://cdn.test/2.png)\n- choice 1: {\"n\":1}\n"+
		"\nUpdate `wavespeed.decide` with `{\"verdict\": \"approve\", \"choice\": 0, \"by\": \"…\"}`: approve, reject or regenerate still, clip\\_2; 1 of 2 needed from art, b\\|c; after 2026-01-02 03:04 UTC: reject.\n\nDecided so far: art: approve 0\n\n", markdown.Question(whole))
	whole.Decisions = append(whole.Decisions, generation.Decision{Verdict: generation.VerdictApprove, By: "b|c", Choice: &second})
	require.Contains(t, markdown.Question(whole), "; 1 of 2 needed", "two want one each")
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	second := 1
	require.Equal(t, `art: approve 1 (no \*red\*), somebody: reject at 2026-01-02 03:04 UTC, b\|c: regenerate clip\_2`, markdown.Decisions([]generation.Decision{
		{Verdict: generation.VerdictApprove, By: "art", Choice: &second, Comment: "no *red*"},
		{Verdict: generation.VerdictReject, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{Verdict: generation.VerdictRegenerate, By: "b|c", Regenerate: "clip_2"},
	}))
	many := markdown.Decisions(slices.Repeat([]generation.Decision{{Verdict: generation.VerdictApprove, By: strings.Repeat("b", 1000), Comment: strings.Repeat("c", 1000)}}, 50))
	require.Contains(t, many, "40 before, ")
	require.Less(t, len(many), 2000, "it must leave room for the rest of the details")
}

// TestQuestionsAreBounded: Temporal keeps 20 kB of details.
func TestQuestionsAreBounded(t *testing.T) {
	t.Parallel()
	whole := question()
	whole.Message = strings.Repeat("x\n", 5000)
	for i := range 1000 {
		whole.Show = append(whole.Show, fmt.Sprintf("text %d %s", i, strings.Repeat("y", 1000)))
		whole.Choices = append(whole.Choices, json.RawMessage(`"`+strings.Repeat("z", 1000)+`"`))
	}
	got := markdown.Question(whole)
	require.Less(t, len(got), 15_000)
	require.Equal(t, 2, strings.Count(got, "… and 980 more: query `wavespeed.approvals`"))
}
