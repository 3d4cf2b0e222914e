package wavespeedtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// list is the items of a page, with inputs asked for.
func (p *provider) list(page, size int) (items []map[string]any) {
	p.t.Helper()
	listed, _ := p.listPage(page, size)["items"].([]any)
	for _, item := range listed {
		items = append(items, item.(map[string]any))
	}
	return items
}

func (p *provider) listPage(page, size int) map[string]any {
	p.t.Helper()
	return p.call(http.MethodPost, "/api/v3/predictions", map[string]any{"page": page, "page_size": size, "include_inputs": true}).data()
}

func TestUnknownFieldsAreDroppedFromEverythingButTheLedger(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{ListInputs: true, ResultInputs: true}})
	hooks := receive(t)
	id := p.submit(fluxDev, `{"prompt":"x","seed":7,"promt":"typo"}`, hooks.URL)
	want := map[string]any{"prompt": "x", "seed": 7.0}
	require.Equal(t, want, p.list(1, 9)[0]["input"])
	require.Equal(t, want, p.result(id).data()["input"])
	require.Equal(t, want, hooks.wait(t, 1)[0].prediction(t)["input"])
	require.Contains(t, string(p.entry(id).Input), "typo")
}

func TestListsShowInputsOnlyIfTheProviderDoes(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	p.submit(fluxDev, `{"prompt":"x"}`)
	require.NotContains(t, p.list(1, 9)[0], "input")
	require.NoError(t, p.Behave(func(b *wavespeedtest.Behavior) { b.ListInputs = true }))
	require.Equal(t, map[string]any{"prompt": "x"}, p.list(1, 9)[0]["input"])
	items := p.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9}`).data()["items"].([]any)
	require.NotContains(t, items[0], "input", "nobody asked")
}

func TestInputsAreRewrittenBeforeTheyAreStored(t *testing.T) {
	t.Parallel()
	for way, test := range map[wavespeedtest.Rewrite]struct {
		sent  string
		check func(t *testing.T, stored map[string]any)
	}{
		wavespeedtest.RewriteDefaults: {`{"prompt":"x","strength":0.5}`, func(t *testing.T, stored map[string]any) {
			require.Equal(t, []any{"x", 0.5, -1.0, "1024*1024"}, []any{stored["prompt"], stored["strength"], stored["seed"], stored["size"]})
		}},
		wavespeedtest.RewriteSeeds: {`{"prompt":"x","seed":-1}`, func(t *testing.T, stored map[string]any) {
			require.GreaterOrEqual(t, stored["seed"], 0.0)
		}},
		wavespeedtest.RewriteTexts: {`{"prompt":"  x \n"}`, func(t *testing.T, stored map[string]any) {
			require.Equal(t, map[string]any{"prompt": "x"}, stored)
		}},
		wavespeedtest.RewriteMedia: {`{"prompt":"x","image":"https://example.com/a.png?sig=1","mask_image":"data:image/png;base64,AAAA"}`, func(t *testing.T, stored map[string]any) {
			require.Regexp(t, `^https://\S+cloudfront\.net/media/\S+\.png$`, stored["image"])
			require.Regexp(t, `^https://\S+cloudfront\.net/media/\S+\.png$`, stored["mask_image"])
			require.Equal(t, "x", stored["prompt"])
		}},
		wavespeedtest.RewriteNumbers: {`{"prompt":"4","num_images":"4","strength":"0.5"}`, func(t *testing.T, stored map[string]any) {
			require.Equal(t, map[string]any{"prompt": "4", "num_images": 4.0, "strength": 0.5}, stored)
		}},
	} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{ListInputs: true, Rewrite: []wavespeedtest.Rewrite{way}}})
			id := p.submit(fluxDev, test.sent)
			test.check(t, p.list(1, 9)[0]["input"].(map[string]any))
			require.Equal(t, test.sent, string(p.entry(id).Input))
		})
	}
}

func TestNumbersThatCameAsTextsAreCharged(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{Rewrite: wavespeedtest.RewriteAll}})
	require.InDelta(t, 0.048, p.entry(p.submit(fluxDev, `{"prompt":"x","num_images":"4"}`)).Price, 1e-9)
	require.Equal(t, http.StatusBadRequest, p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x","num_images":"many"}`).status)
	p = start(t, wavespeedtest.Options{})
	require.Equal(t, http.StatusBadRequest, p.call(http.MethodPost, "/api/v3/"+fluxDev, `{"prompt":"x","num_images":"4"}`).status)
}

func TestLargeNumbersAreListedAsTheyWereSent(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Models:   []wavespeedtest.Model{{ID: "acme/any", Schema: []byte(`{"properties":{"seed":{"type":"integer"},"text":{"type":"string"}}}`)}},
		Behavior: wavespeedtest.Behavior{ListInputs: true, Rewrite: []wavespeedtest.Rewrite{wavespeedtest.RewriteTexts}},
	})
	p.submit("acme/any", `{"seed":9007199254740993,"text":" x "}`)
	answer := p.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9,"include_inputs":true}`)
	require.Contains(t, answer.raw, "9007199254740993")
}

func TestModelsHaveOtherNamesThanTheyWereSubmittedUnder(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{Aliases: map[string]string{fluxDev: "black-forest/flux"}}})
	hooks := receive(t)
	got := p.call(http.MethodPost, submitPath(fluxDev, hooks.URL), `{"prompt":"x"}`).data()
	require.Equal(t, "black-forest/flux", got["model"])
	id := got["id"].(string)
	require.Equal(t, "black-forest/flux", p.ended(id)["model"])
	require.Equal(t, "black-forest/flux", p.list(1, 9)[0]["model"])
	require.Equal(t, "black-forest/flux", hooks.wait(t, 1)[0].prediction(t)["model"])
	require.Equal(t, []any{id}, p.charged(`{"page":1,"page_size":9,"model_uuid":"black-forest/flux"}`))
	require.Empty(t, p.charged(`{"page":1,"page_size":9,"model_uuid":"`+fluxDev+`"}`))
	require.Equal(t, fluxDev, p.entry(id).Model)
}

func TestTheProvidersClockMayBeWrong(t *testing.T) {
	t.Parallel()
	const offset = -10 * time.Minute
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{ClockOffset: offset, ClockStep: time.Second}})
	hooks := receive(t)
	got := p.call(http.MethodPost, submitPath(fluxDev, hooks.URL), `{"prompt":"x"}`)
	off := func(text, layout string) {
		t.Helper()
		at, err := time.Parse(layout, text)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(offset), at, 20*time.Second)
	}
	off(got.header.Get("Date"), http.TimeFormat)
	off(got.data()["created_at"].(string), time.RFC3339)
	require.NotContains(t, got.data()["created_at"], ".", "whole seconds")
	off(p.charges(`{"page":1,"page_size":9}`)[0]["created_at"].(string), time.RFC3339)
	require.InDelta(t, offset.Seconds(), -age(t, hooks.wait(t, 1)[0]).Seconds(), 20)
	require.WithinDuration(t, time.Now(), p.entry(got.data()["id"].(string)).At, 20*time.Second)
	after := map[string]any{"page": 1, "page_size": 9, "created_after": time.Now().Add(-time.Minute).UTC()}
	require.Empty(t, p.call(http.MethodPost, "/api/v3/predictions", after).data()["items"], "filters go by the provider's clock")
}

func TestOtherPeopleUseTheAccount(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Keys: []wavespeedtest.AccessKey{{Name: "second", Key: "key-2"}}}},
		Behavior: wavespeedtest.Behavior{ListInputs: true},
	})
	own := p.submit(fluxDev, `{"prompt":"x"}`)
	make := func(change func(*wavespeedtest.Behavior)) (wavespeedtest.Entry, map[string]any) {
		t.Helper()
		require.NoError(t, p.Behave(change))
		entry := p.entry(p.MakeOther("default"))
		require.True(t, entry.Other)
		return entry, p.charges(`{"page":1,"page_size":1}`)[0]
	}
	entry, charge := make(func(*wavespeedtest.Behavior) {})
	require.Equal(t, []any{"elsewhere", fluxDev}, []any{entry.Key, entry.Model})
	require.Equal(t, "elsewhere", charge["access_key_name"])
	require.NotEqual(t, p.list(1, 9)[1]["input"], p.list(1, 9)[0]["input"])

	entry, charge = make(func(b *wavespeedtest.Behavior) { b.OthersInputs, b.OthersKey = wavespeedtest.InputsEqual, "second" })
	require.Equal(t, `{"prompt":"x"}`, string(entry.Input))
	require.Equal(t, "second", charge["access_key_name"])

	entry, charge = make(func(b *wavespeedtest.Behavior) {
		b.OthersInputs, b.OthersKey = wavespeedtest.InputsSuperset, wavespeedtest.KeyWeb
	})
	require.JSONEq(t, `{"prompt":"x","strength":0.8}`, string(entry.Input))
	require.Empty(t, charge["access_key_name"])
	require.NotContains(t, charge, "access_key_uuid")

	entry, _ = make(func(b *wavespeedtest.Behavior) { b.OthersModels = []string{"wavespeed-ai/dia-tts"} })
	require.Equal(t, "wavespeed-ai/dia-tts", entry.Model)
	entry, _ = make(func(b *wavespeedtest.Behavior) {
		b.OthersModels, b.OthersInputs = []string{"bytedance/seedance-2.0/image-to-video"}, wavespeedtest.InputsDifferent
	})
	require.Equal(t, "completed", p.ended(entry.PredictionID)["status"])
	require.Len(t, p.list(1, 9), 6)
	require.False(t, p.entry(own).Other)
	require.Empty(t, p.MakeOther("nobody"))
}

func TestOtherPeopleComeAndGo(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{OthersPerMinute: 6000}})
	p.eventually(func() bool { return len(p.Ledger()) >= 3 })
	require.NoError(t, p.Behave(func(b *wavespeedtest.Behavior) { b.OthersPerMinute = 0 }))
	p.Reset()
	p.eventually(func() bool { return len(p.Ledger()) >= 1 })
	require.True(t, p.Ledger()[0].Other, "the behavior of the options came back")
}

func TestBehaviorChangesOverHTTP(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	got := p.call(http.MethodPatch, "/simulator/behavior", `{
		"list_inputs": true, "clock_offset": "-90s", "pages": ["capped", "null"], "aliases": {"a/b": "c/d"}, "discounts": {"*": 90},
		"insufficient_credits": {"status": 402, "body": "{}"}, "list_total": "wrong", "others_per_minute": 0.5, "webhook_retries": -1}`)
	require.Equal(t, http.StatusNoContent, got.status, got.raw)
	b := p.Behavior()
	require.True(t, b.ListInputs)
	require.Equal(t, -90*time.Second, b.ClockOffset)
	require.Equal(t, []wavespeedtest.PageQuirk{wavespeedtest.PagesCapped, wavespeedtest.PagesNull}, b.Pages)
	require.Equal(t, map[string]string{"a/b": "c/d"}, b.Aliases)
	require.Equal(t, wavespeedtest.Refusal{Status: 402, Body: "{}"}, b.InsufficientCredits)
	require.Equal(t, wavespeedtest.Wrong, b.ListTotal)
	require.Equal(t, 90*time.Second, b.SyncLimit, "what was not given stays")

	shown := p.call(http.MethodGet, "/simulator/behavior", nil)
	require.Equal(t, "-1m30s", shown.body["behavior"].(map[string]any)["clock_offset"])
	for _, setting := range wavespeedtest.Behaviors {
		require.Contains(t, shown.body["behavior"], setting.Name)
		require.NotEmpty(t, setting.Doc, setting.Name)
	}
	require.Equal(t, http.StatusNoContent, p.call(http.MethodPatch, "/simulator/behavior", shown.body["behavior"]).status)
	require.Equal(t, b, p.Behavior())

	for _, body := range []string{
		``, `7`, `null`, `{"nonsense":true}`, `{"clock_offset":90}`, `{"clock_offset":"soon"}`, `{"list_inputs":"yes"}`, `{"pages":["nonsense"]}`,
		`{"discounts":{"*":0}}`, `{"discounts":{"*":101}}`, `{"list_total":"nonsense"}`, `{"charge_keys":"x"}`, `{"others_inputs":"x"}`, `{"rewrite":["x"]}`, `{"others_per_minute":-1}`,
	} {
		got := p.call(http.MethodPatch, "/simulator/behavior", body)
		require.Equal(t, http.StatusBadRequest, got.status, body)
		require.NotEmpty(t, got.body["message"], body)
		require.Equal(t, b, p.Behavior(), body)
	}
	require.Equal(t, http.StatusNotFound, p.call(http.MethodPost, "/simulator/accounts/nobody/others", nil).status)
	id := p.call(http.MethodPost, "/simulator/accounts/default/others", nil).body["prediction_id"].(string)
	require.True(t, p.entry(id).Other)
	p.Reset()
	require.False(t, p.Behavior().ListInputs)
}

func TestABehaviorIsSetFromTexts(t *testing.T) {
	t.Parallel()
	var b wavespeedtest.Behavior
	for name, text := range map[string]string{
		"retry_after": "true", "clock_offset": "-90s", "pages": "capped,null", "rewrite": "seeds", "aliases": "a/b=c/d,e/f=g/h", "discounts": "*=90,a/b=95",
		"others_per_minute": "0.5", "others_key": "web", "list_total": "right", "delete_between_pages": "3", "insufficient_credits": `{"status":402}`,
	} {
		require.NoError(t, b.Set(name, text), name)
	}
	require.Equal(t, wavespeedtest.Behavior{
		RetryAfter: true, ClockOffset: -90 * time.Second, Pages: []wavespeedtest.PageQuirk{wavespeedtest.PagesCapped, wavespeedtest.PagesNull},
		Rewrite: []wavespeedtest.Rewrite{wavespeedtest.RewriteSeeds}, Aliases: map[string]string{"a/b": "c/d", "e/f": "g/h"},
		Discounts: map[string]float64{"*": 90, "a/b": 95}, OthersPerMinute: 0.5, OthersKey: "web", ListTotal: "right", DeleteBetweenPages: 3,
		InsufficientCredits: wavespeedtest.Refusal{Status: 402},
	}, b)
	for name, text := range map[string]string{"nonsense": "1", "retry_after": "yes", "clock_offset": "90", "aliases": "a", "discounts": "a=b", "delete_between_pages": "x"} {
		require.Error(t, b.Set(name, text), name)
	}
}

func TestTheCatalogueHasTheModelsOfTheProvidersExamples(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{})
	models := map[string]map[string]any{}
	for _, entry := range p.call(http.MethodGet, "/api/v3/models", nil).body["data"].([]any) {
		model := entry.(map[string]any)
		require.Equal(t, model["name"], model["model_id"])
		models[model["model_id"].(string)] = model
	}
	for _, id := range []string{
		"wavespeed-ai/flux-dev-lora", "bytedance/seedream-v4.5", "bytedance/seedream-v5.0-pro", "bytedance/seedance-2.0/image-to-video",
		"bytedance/seedance-2.5/text-to-video", "google/nano-banana-2/text-to-image", "openai/gpt-image-2/text-to-image", "wavespeed-ai/any-llm",
	} {
		require.Contains(t, models, id)
	}
	hooks := receive(t)
	id := p.submit("wavespeed-ai/flux-dev-lora", `{"prompt":"x","loras":[{"path":"https://example.com/l.safetensors","scale":1}]}`, hooks.URL)
	require.Equal(t, "completed", p.ended(id)["status"])
	hooks.wait(t, 1)
}
