// Package ui looks at runs in the real Temporal UI, with a real browser. It is a
// module of its own, so that the browser's driver is nobody else's dependency.
package ui

import (
	"context"
	"encoding/json"
	"fmt"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpinput "github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/clip"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stack.StopShared()
	stack.Cleanup()
	os.Exit(code)
}

// TestClipInTheUI: who opens the run sees without reading code what it does.
func TestClipInTheUI(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Duration: 500 * time.Millisecond})
	e.StartWorker(t, sdkworker.Options{}, registerClip)
	run := e.Start(t, "Clip", clip.Brief{Scene: "A lighthouse in a storm", Motion: "Waves break"})
	require.NoError(t, run.Get(t.Context(), nil))
	ledger := e.Simulator.Ledger()

	b := open(t, run)
	b.look("clip", "history", "still · wavespeed-ai/flux-dev", "clip · wavespeed-ai/wan-2.1/i2v-480p",
		"film · wavespeed-ai/ultimate-video-upscaler", "still · webhook of "+ledger[0].PredictionID)
	b.look("clip", "user-metadata", "3 completed", "$0.362 so far", "still", "completed", ledger[0].PredictionID, "1.png", "1.gif")
	b.requireLink(ledger[2].PredictionID)
}

// TestTroubleInTheUI shows a generation whose submit was unknown and whose prediction
// then failed.
func TestTroubleInTheUI(t *testing.T) {
	t.Parallel()
	listing := wavespeedtest.Behavior{ListInputs: true}
	e := stack.NewEmbedded(t, wavespeedtest.Options{Behavior: listing, Duration: 500 * time.Millisecond, Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.AcceptedReset, Times: 1},
		{Kind: wavespeedtest.Fails, Code: 5000, Message: "internal error", Times: 1},
		{Kind: wavespeedtest.WebhookLost},
	}})
	e.StartWorker(t, sdkworker.Options{}, nil)
	request := generation.Request{
		Key: "portrait", Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "A portrait"}, MaxPredictions: 2,
		Timing: generation.Timing{Grace: time.Second, Poll: 200 * time.Millisecond, Resubmit: time.Second},
	}
	run := e.Start(t, generation.WorkflowName, request)
	require.NoError(t, run.Get(t.Context(), nil))
	ledger := e.Simulator.Ledger()
	require.Len(t, ledger, 2)

	b := open(t, run)
	b.look("trouble", "history", "portrait · was wavespeed-ai/flux-dev accepted?", "portrait · polling "+ledger[0].PredictionID,
		"portrait · attempt 1 failed; submitting again when this timer fires", "portrait · wavespeed-ai/flux-dev · attempt 2")
	b.look("trouble", "user-metadata", "1 completed", "attempt 2", ledger[1].PredictionID,
		"Attempts of portrait", ledger[0].PredictionID, "internal error")
}

func registerClip(w sdkworker.Worker) {
	w.RegisterWorkflowWithOptions(clip.Clip, workflow.RegisterOptions{Name: "Clip"})
}

// browser is a page of headless Chromium on one run.
type browser struct {
	t   *testing.T
	ctx context.Context
	url string
}

func open(t *testing.T, run client.WorkflowRun) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.WindowSize(1280, 1400), chromedp.Flag("hide-scrollbars", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	url := fmt.Sprintf("%s/namespaces/default/workflows/%s/%s", stack.SharedTemporal(t).UI, neturl.PathEscape(run.GetID()), run.GetRunID())
	return &browser{t: t, ctx: ctx, url: url}
}

// look opens a view of the run, waits until it shows all of the texts, and leaves a
// picture of it.
func (b *browser) look(name, view string, texts ...string) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Run(b.ctx, chromedp.Navigate(b.url+"/"+view)))
	b.await(texts)
	b.screenshot(name + "-" + view)
}

// screenshot leaves a picture of the page in UI_SCREENSHOTS, or in out/ui.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("UI_SCREENSHOTS")
	if dir == "" {
		dir = filepath.Join(stack.Root(), "out", "ui")
	}
	require.NoError(b.t, os.MkdirAll(dir, 0o755))
	var picture []byte
	b.run(chromedp.FullScreenshot(&picture, 100))
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
}

func (b *browser) await(texts []string) {
	b.t.Helper()
	var page string
	shown := func() bool {
		if chromedp.Run(b.ctx, chromedp.Evaluate(pageText, &page)) != nil {
			return false
		}
		for _, text := range texts {
			if !strings.Contains(page, text) {
				return false
			}
		}
		return true
	}
	for deadline := time.Now().Add(time.Minute); !shown(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			require.FailNow(b.t, "the page is not as it must be", "it must show %q, and shows:\n%s", texts, page)
		}
	}
}

// pageText is all text that is to be seen, in frames of the page's own as well: the
// UI renders Markdown in one.
const pageText = `(() => {
	const texts = [document.body.innerText];
	for (const frame of document.querySelectorAll('iframe')) {
		try { texts.push(frame.contentDocument.body.innerText) } catch (e) { texts.push(String(e)) }
	}
	return texts.join('\n');
})()`

func (b *browser) requireLink(part string) {
	b.t.Helper()
	var links []string
	require.NoError(b.t, chromedp.Run(b.ctx, chromedp.Evaluate(`(() => {
		const documents = [document, ...[...document.querySelectorAll('iframe')].map(f => f.contentDocument).filter(d => d)];
		return documents.flatMap(d => [...d.querySelectorAll('a')].map(a => a.href));
	})()`, &links)))
	require.Contains(b.t, strings.Join(links, "\n"), part)
}

// update sends a Temporal Update by the UI's own form.
func (b *browser) update(name, input string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.url + "/history"))
	b.click(`button`, "More Actions")
	b.click(`[data-testid="update-button"]`, "")
	const dialog = `[data-testid="update-confirmation-modal"]`
	b.click(dialog+` [data-testid="update-select-button"]`, "")
	b.choose(dialog+` [role="option"]`, name)
	b.write(dialog+` .cm-content`, input)
	b.screenshot("update-form")
	// The editor formats its text when it is left, which moves the button.
	b.run(chromedp.Evaluate(`document.activeElement.blur()`, nil))
	b.click(dialog+` [data-testid="confirm-modal-button"]`, "")
}

// click clicks, as a mouse does, on the visible element that bears the text, once there is
// one that stands still.
func (b *browser) click(selector, text string) {
	b.t.Helper()
	type place struct{ X, Y float64 }
	var at, before place
	for deadline := time.Now().Add(time.Minute); at.X == 0 || at != before; time.Sleep(200 * time.Millisecond) {
		require.True(b.t, time.Now().Before(deadline), "there is no %s with %q", selector, text)
		before = at
		b.run(chromedp.Evaluate(`(() => {
			const found = [...document.querySelectorAll(`+quote(selector)+`)].find(e => e.checkVisibility({visibilityProperty: true, opacityProperty: true})
				&& e.textContent.trim().startsWith(`+quote(text)+`));
			if (!found) return {X: 0, Y: 0};
			const box = found.getBoundingClientRect();
			return {X: box.x + box.width / 2, Y: box.y + box.height / 2};
		})()`, &at))
	}
	b.run(chromedp.MouseClickXY(at.X, at.Y))
}

// choose picks the option that bears the text, wherever a list has put it.
func (b *browser) choose(selector, text string) {
	b.t.Helper()
	chosen := false
	for deadline := time.Now().Add(time.Minute); !chosen; time.Sleep(200 * time.Millisecond) {
		require.True(b.t, time.Now().Before(deadline), "there is no option %q", text)
		b.run(chromedp.Evaluate(`(() => {
			const found = [...document.querySelectorAll(`+quote(selector)+`)].find(e => e.checkVisibility() && e.textContent.trim().startsWith(`+quote(text)+`));
			if (found) found.click();
			return !!found;
		})()`, &chosen))
	}
}

// write types into an editor, once it takes what is typed.
func (b *browser) write(selector, text string) {
	b.t.Helper()
	var written string
	for deadline := time.Now().Add(time.Minute); written != text; {
		require.True(b.t, time.Now().Before(deadline), "%s holds %q", selector, written)
		b.click(selector, "")
		b.run(
			chromedp.KeyEvent("a", chromedp.KeyModifiers(cdpinput.ModifierCtrl)),
			chromedp.ActionFunc(func(ctx context.Context) error { return cdpinput.InsertText(text).Do(ctx) }),
			chromedp.Evaluate(`[...document.querySelectorAll(`+quote(selector)+`)].map(e => e.textContent).join("")`, &written),
		)
	}
}

func quote(text string) string {
	encoded, _ := json.Marshal(text)
	return string(encoded)
}

func (b *browser) run(actions ...chromedp.Action) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Run(b.ctx, actions...))
}
