package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestGenerateChecksBeforeItPays, as pipelines do.
func TestGenerateChecksBeforeItPays(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	for want, args := range map[string][]string{
		"input.promt: wavespeed-ai/flux-dev has no such field; did you mean prompt?":                                           {model, "promt=a cat", "prompt=a dog"},
		`model: WaveSpeedAI has no model "flux-dev"; did you mean wavespeed-ai/flux-dev?`:                                      {"flux-dev", "prompt=a cat"},
		`"wavespeed-ai/flux-devv"; did you mean wavespeed-ai/flux-dev?`:                                                        {"wavespeed-ai/flux-devv", "prompt=a cat"},
		"input: lacks prompt (wavespeed-ai/flux-dev)":                                                                          {model, "size=512*512"},
		"input.num_images: is of type string, and must be integer":                                                             {model, "prompt=a cat", "num_images=two"},
		`input.prompt: is of type number, and must be string (wavespeed-ai/flux-dev). For a string, add quotes: prompt='"…"'`:  {model, "prompt=1984"},
		`input.prompt: is of type boolean, and must be string (wavespeed-ai/flux-dev). For a string, add quotes: prompt='"…"'`: {model, "prompt=true"},
		"input.image: must be a URL; got girl.png (wavespeed-ai/image-upscaler). Upload it with":                               {"wavespeed-ai/image-upscaler", "image=girl.png"},
		"Upload it with image=@./cat.png":                                                                                      {"wavespeed-ai/image-upscaler", "image=./cat.png"},
		"input.image: must be a URL; got an empty string":                                                                      {"wavespeed-ai/image-upscaler", "image="},
		"input.enable_sync_mode: a generation waits without holding a connection":                                              {model, "prompt=x", "enable_sync_mode=true"},
	} {
		code, _, problems := s.run(t, append([]string{"generate"}, args...)...)
		require.Equal(t, 2, code, problems)
		require.Contains(t, problems, "nothing was submitted:\n")
		require.Contains(t, problems, want)
	}
	require.Empty(t, s.Simulator.Ledger())

	code, _, problems := s.run(t, "generate", "wavespeed-ai/image-upscaler", `image={"url":" https://x.test/cat.png "}`, "--wait")
	require.Zero(t, code, problems)
	require.Contains(t, string(s.Simulator.Ledger()[0].Input), `"image":"https://x.test/cat.png"`)
	code, _, problems = s.run(t, "generate", model, `prompt="1984"`, "--wait")
	require.Zero(t, code, problems)
	require.Contains(t, string(s.Simulator.Ledger()[1].Input), `"prompt":"1984"`)
}

// TestLocalFilesAreNotPaidFor, however a run gets them. validate and run agree.
func TestLocalFilesAreNotPaidFor(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	const step = "model: wavespeed-ai/image-upscaler, input: {image: "
	constant := written(t, "film.yaml", "steps: {larger: {"+step+"./cat.png}}}")
	given := written(t, "film.yaml", "inputs: {photo: string}\nsteps: {larger: {"+step+"'${{ inputs.photo }}'}}}")
	rows := written(t, "film.yaml", "inputs: {rows: array}\nsteps: {larger: {for_each: '${{ inputs.rows }}', "+step+"'${{ item.photo }}'}}}")
	table := written(t, "rows.csv", "sku,photo\na,https://x.test/a.png\nb,b.png\n")
	for want, args := range map[string][]string{
		constant + ":1:62: steps.larger.input.image: must be a URL; got ./cat.png (wavespeed-ai/image-upscaler). To upload it, declare an input of type file": {constant},
		"steps.larger.input.image: must be a URL; got girl.png":      {given, "photo=girl.png"},
		"steps.larger.input.image: item 1: must be a URL; got b.png": {rows, "rows=@" + table},
	} {
		var said []string
		for _, command := range []string{"validate", "run"} {
			code, _, problems := s.run(t, append([]string{"pipeline", command}, args...)...)
			require.Equal(t, 2, code, problems)
			require.Contains(t, problems, want)
			said = append(said, problems)
		}
		require.Equal(t, said[0], said[1])
	}
	require.Empty(t, s.Simulator.Ledger())
}

// TestKeptModelsAreFetchedAgain if the requested model is missing.
func TestKeptModelsAreFetchedAgain(t *testing.T) {
	t.Parallel()
	var models atomic.Value
	models.Store(`[{"model_id":"a/b"}]`)
	var reads atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/models") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		reads.Add(1)
		fmt.Fprintf(w, `{"code":200,"message":"success","data":%s}`, models.Load())
	}))
	t.Cleanup(server.Close)
	cache := t.TempDir()
	validate := func(model string) (int, string) {
		l := &line{env: []string{"WAVESPEED_API_KEY=k", "WAVESPEED_BASE_URL=" + server.URL, "XDG_CACHE_HOME=" + cache}}
		return l.run(t.Context(), "pipeline", "validate", written(t, "film.yaml", "steps: {still: {model: "+model+"}}")), l.err.String()
	}
	code, said := validate("a/b")
	require.Zero(t, code, said)
	models.Store(`[{"model_id":"a/b"},{"model_id":"a/new"}]`)
	files, err := filepath.Glob(filepath.Join(cache, "wavespeed-temporal", "models-*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	some := time.Now().Add(-10 * time.Minute)
	require.NoError(t, os.Chtimes(files[0], some, some))
	code, said = validate("a/b")
	require.Zero(t, code, said)
	require.EqualValues(t, 1, reads.Load(), "what was kept is enough")
	code, said = validate("a/new")
	require.Zero(t, code, said)
	require.EqualValues(t, 2, reads.Load())
	code, said = validate("a/new")
	require.Zero(t, code, said)
	require.EqualValues(t, 2, reads.Load(), "what was fetched is kept")
}

// TestTablesWithoutRows are rejected, because they would produce nothing.
func TestTablesWithoutRows(t *testing.T) {
	t.Parallel()
	film := written(t, "film.yaml", "inputs: {rows: array}\nsteps: {a: {for_each: '${{ inputs.rows }}', model: a/b, input: {prompt: x}}}\n")
	for _, text := range []string{"sku,title\n", "sku,title", "sku\r\n\r\n"} {
		l := &line{}
		require.Equal(t, 2, l.run(t.Context(), "pipeline", "validate", film, "rows=@"+written(t, "rows.csv", text)))
		require.Contains(t, l.err.String(), "rows.csv: has a header but no rows")
	}
}

// TestRunsThatAreTooLarge are rejected by validate and by run.
func TestRunsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	many := written(t, "film.yaml", "inputs: {rows: array}\nsteps: {a: {for_each: '${{ inputs.rows }}', model: wavespeed-ai/flux-dev, input: {prompt: x}}}\n")
	rows := written(t, "rows.json", "["+strings.Repeat("1,", 20_000)+"1]")
	large := written(t, "film.yaml", "inputs: {a: string, b: string}\nsteps: {a: {model: wavespeed-ai/flux-dev, input: {prompt: '${{ inputs.a + inputs.b }}'}}}\n")
	text := written(t, "text.txt", strings.Repeat("x", 1_000_000))
	for want, args := range map[string][]string{
		"steps.a.for_each.items: gives 20001 items, and a step has at most 20000; give each run a part of the list": {many, "rows=@" + rows},
		"more than 1900000; pass files as URLs": {large, "a=@" + text, "b=@" + text},
	} {
		for _, command := range []string{"validate", "run"} {
			code, _, said := s.run(t, append([]string{"pipeline", command}, args...)...)
			require.Equal(t, 2, code, said)
			require.Contains(t, said, want)
		}
	}
	require.Empty(t, s.Simulator.Ledger())
}

// TestValidateAndRunAgree on whether a balance covers a run.
func TestValidateAndRunAgree(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{Balance: 0.1}}})
	film := written(t, "film.yaml", filmFile)
	for _, command := range []string{"validate", "run"} {
		code, _, said := s.run(t, "pipeline", command, film)
		require.Equal(t, 2, code, said)
		require.Contains(t, said, "the balance of $0.10 does not cover the estimate of about $0.212: top up, or set a --budget")
	}
	code, out, _ := s.run(t, "pipeline", "validate", film, "--json")
	require.Equal(t, 2, code)
	require.Contains(t, out, "does not cover the estimate")
	code, _, said := s.run(t, "pipeline", "run", film, "--budget", "0.05", "--detach")
	require.Zero(t, code, said)
	require.Contains(t, said, "warning: the budget of $0.05 does not cover the estimate of about $0.212: the run holds when it reaches the budget")
}

// TestEstimatesHoldWhatRunsCost: a reel of six scenes.
func TestEstimatesHoldWhatRunsCost(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: 10 * time.Millisecond})
	const reel = `inputs: {scenes: array}
steps:
  stills: {for_each: "${{ inputs.scenes }}", model: wavespeed-ai/flux-dev, input: {prompt: "${{ item.title }}"}}
  clips:
    for_each: ${{ filter(steps.stills.items, .state == "completed"%s) }}
    model: wavespeed-ai/wan-2.1/i2v-480p
    input: {prompt: slowly, image: "${{ item.output }}", duration: "${{ item.item.seconds }}"}
  larger: {for_each: "${{ steps.clips.outputs }}", model: wavespeed-ai/image-upscaler, input: {image: "${{ item }}"}}
`
	scenes := "scenes=" + `[{"title":"a","seconds":5},{"title":"b","seconds":5},{"title":"c","seconds":5},{"title":"d","seconds":5},{"title":"e","seconds":5},{"title":"f","seconds":10}]`
	for and, cost := range map[string]generation.USD{"": generation.Dollars(1.532), " and .index < 2": generation.Dollars(0.492), " and false": generation.Dollars(0.072)} {
		file := written(t, "reel.yaml", fmt.Sprintf(reel, and))
		code, out, said := s.run(t, "pipeline", "price", file, scenes, "--json")
		require.Zero(t, code, said)
		var estimate pipeline.Estimate
		require.NoError(t, json.Unmarshal([]byte(out), &estimate))
		require.Equal(t, "$0.072 to $1.532", runview.Estimate(estimate))
		code, out, said = s.run(t, "pipeline", "run", file, scenes, "--json")
		require.Zero(t, code, said)
		require.Contains(t, said, "Estimate: $0.072 to $1.532, balance $")
		var result pipeline.Result
		require.NoError(t, json.Unmarshal([]byte(out), &result))
		require.Equal(t, cost, *result.Cost)
	}
}

// TestTextsAreNotPaidForAsPictures: a step's output is checked before the next step is
// submitted.
func TestTextsAreNotPaidForAsPictures(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: 10 * time.Millisecond})
	file := written(t, "film.yaml", `steps:
  better: {model: wavespeed-ai/prompt-optimizer, input: {text: a lighthouse}}
  larger: {model: wavespeed-ai/image-upscaler, input: {image: "${{ steps.better.output }}"}}
`)
	code, _, said := s.run(t, "pipeline", "run", file)
	require.Equal(t, 3, code, said)
	require.Contains(t, said, "step larger failed: input.image: must be a URL; got another string from ${{ steps.better.output }}; nothing was submitted for it")
	require.Len(t, s.Simulator.Ledger(), 1)
}
