package wavespeedtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// of submits so many, and gives their ids, newest first.
func (p *provider) of(count int) (ids []string) {
	p.t.Helper()
	for range count {
		ids = append(ids, p.submit(fluxDev, `{"prompt":"x"}`))
	}
	slices.Reverse(ids)
	return ids
}

func (p *provider) listed(page, size int) (ids []string) {
	p.t.Helper()
	for _, item := range p.list(page, size) {
		ids = append(ids, item["id"].(string))
	}
	return ids
}

func TestPagesHaveQuirks(t *testing.T) {
	t.Parallel()
	with := func(quirks ...wavespeedtest.PageQuirk) *provider {
		return start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{Pages: quirks}})
	}
	p := with(wavespeedtest.PagesCapped)
	ids := p.of(60)
	require.Equal(t, ids[:50], p.listed(1, 100))
	require.Equal(t, ids[50:], p.listed(2, 100))
	require.Len(t, p.charged(`{"page":1,"page_size":100}`), 50)

	p = with(wavespeedtest.PagesShort)
	ids = p.of(5)
	require.Equal(t, ids[:2], p.listed(1, 3))
	require.Equal(t, ids[2:4], p.listed(2, 3))
	require.Len(t, p.charged(`{"page":1,"page_size":3}`), 2)

	p = with(wavespeedtest.PagesNull)
	require.Nil(t, p.listPage(1, 9)["items"])
	require.Contains(t, p.call(http.MethodPost, "/api/v3/billings/search", `{"page":1,"page_size":9}`).raw, `"items":null`)

	p = with(wavespeedtest.PagesOldestFirst)
	ids = p.of(3)
	slices.Reverse(ids)
	require.Equal(t, ids, p.listed(1, 9))

	p = with(wavespeedtest.PagesShuffled)
	ids = p.of(40)
	require.NotEqual(t, ids[:20], p.listed(1, 20))
	require.ElementsMatch(t, ids[:20], p.listed(1, 20))
	require.ElementsMatch(t, ids[20:], p.listed(2, 20))
}

func TestTotalsAreToldInSeveralWays(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.ListLag, Delay: time.Hour, Input: "late"}, {Kind: wavespeedtest.ChargeLag, Delay: time.Hour, Input: "late"},
	}})
	p.of(2)
	p.submit(fluxDev, `{"prompt":"late"}`)
	told := func(path string) []any {
		data := p.call(http.MethodPost, path, `{"page":1,"page_size":9}`).data()
		return []any{data["total"], data["has_more"]}
	}
	for want, tell := range map[string]wavespeedtest.Told{
		"[<nil> <nil>]": wavespeedtest.Absent, "[2 false]": wavespeedtest.Right, "[3 true]": wavespeedtest.Wrong,
	} {
		require.NoError(t, p.Behave(func(b *wavespeedtest.Behavior) {
			b.ListTotal, b.ListMore, b.ChargesTotal, b.ChargesMore = tell, tell, tell, tell
		}))
		require.Equal(t, want, fmt.Sprint(told("/api/v3/predictions")))
		require.Equal(t, want, fmt.Sprint(told("/api/v3/billings/search")))
	}
	require.NoError(t, p.Behave(func(b *wavespeedtest.Behavior) { b.ListTotal, b.ListMore = wavespeedtest.All, wavespeedtest.All }))
	require.Equal(t, []any{3.0, true}, told("/api/v3/predictions"), "what lags counts")
}

// A list that lags may tell a total that it doesn't show.
func TestAnEmptyPageMayHaveATotal(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Behavior: wavespeedtest.Behavior{ListTotal: wavespeedtest.All, Pages: []wavespeedtest.PageQuirk{wavespeedtest.PagesNull}},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.ListLag, Delay: time.Hour}},
	})
	p.submit(fluxDev, `{"prompt":"x"}`)
	got := p.call(http.MethodPost, "/api/v3/predictions", `{"page":1,"page_size":9}`)
	require.JSONEq(t, `{"code":200,"message":"success","data":{"items":null,"page":1,"total":1}}`, got.raw)
}

func TestPredictionsAreDeletedBetweenPages(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{DeleteBetweenPages: 1}})
	ids := p.of(4)
	for _, id := range ids {
		p.ended(id)
	}
	other := p.MakeOther("default")
	p.ended(other)
	require.Equal(t, []string{other, ids[0], ids[1]}, p.listed(1, 3))
	require.Equal(t, []string{ids[3]}, p.listed(2, 3), "other people's was deleted, so one moved up unseen")
	require.Len(t, p.Ledger(), 5)
}

func TestPredictionsAreMadeBetweenPages(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{InsertBetweenPages: 1}})
	ids := p.of(4)
	require.Equal(t, ids[:2], p.listed(1, 2))
	require.Equal(t, ids[1:3], p.listed(2, 2), "one moved down")
	require.True(t, p.Ledger()[4].Other)
}
