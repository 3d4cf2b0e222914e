package limits_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]limits.Limits{
		"":          {},
		"off":       {},
		" OFF\n":    {},
		"auto":      {Auto: true},
		"Bronze":    {Running: 2, ImagesPerMinute: 2, VideosPerMinute: 2},
		"silver":    {Running: 300, ImagesPerMinute: 500, VideosPerMinute: 500},
		"running=2": {Running: 2},
		"running=0": {Paused: true},
		"running=2, per-minute=10, images=5, videos=2": {Running: 2, PerMinute: 10, ImagesPerMinute: 5, VideosPerMinute: 2},
		" videos = 2 ,running=7,\n auto ":              {Running: 7, VideosPerMinute: 2, Auto: true},
		"running=0,auto":                               {Paused: true, Auto: true},
	} {
		got, err := limits.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"brnz":                         `limits: "brnz" is not one of the tiers bronze, gold, silver, ultra, and not auto, off or a list such as running=2, images=5`,
		"2":                            `limits: "2" is not one of the tiers`,
		"concurrent=2":                 `limits: "concurrent" is not one of running, per-minute, images, videos and auto`,
		"silver,running=2":             `limits: "silver" is not one of running`,
		"running=2,":                   `limits: "" is not one of running`,
		"running":                      `limits: "running" is not one of the tiers`,
		"running=":                     `limits: running: "" is not a whole number of at least 0`,
		"running=-1":                   `limits: running: "-1" is not a whole number of at least 0`,
		"running=2.5":                  `limits: running: "2.5" is not a whole number of at least 0`,
		"running=1e9999":               `limits: running: "1e9999" is not a whole number`,
		"images=0":                     `limits: images: must be at least 1; leave it out for no limit, and pause with running=0`,
		"running=2,running=3":          `limits: running is given twice`,
		"auto, auto":                   `limits: auto is given twice`,
		"auto=3":                       `limits: auto: is "3"; it takes no value`,
		"running=99999999999999999999": `limits: running: "99999999999999999999" is not a whole number`,
	} {
		got, err := limits.Parse(text)
		require.ErrorContains(t, err, want, text)
		require.Zero(t, got, text)
	}
}

func TestTier(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bronze", "Silver", "GOLD", "ultra"} {
		tier, err := limits.Tier(name)
		require.NoError(t, err)
		require.NoError(t, tier.Validate())
		require.Positive(t, tier.Running, name)
		parsed, err := limits.Parse(name)
		require.NoError(t, err)
		require.Equal(t, tier, parsed)
	}
	for _, name := range []string{"", "auto", "off", "platinum", "running=2"} {
		_, err := limits.Tier(name)
		require.ErrorContains(t, err, "is not one of the tiers bronze, gold, silver, ultra", name)
	}
}

func TestValidateNamesTheField(t *testing.T) {
	t.Parallel()
	for want, wrong := range map[string]limits.Limits{
		"Running: is -1":         {Running: -1},
		"PerMinute: is -2":       {Running: 1, PerMinute: -2},
		"ImagesPerMinute: is -3": {ImagesPerMinute: -3, VideosPerMinute: -1},
		"VideosPerMinute: is -4": {VideosPerMinute: -4, Auto: true},
	} {
		require.ErrorContains(t, wrong.Validate(), want)
	}
	require.NoError(t, limits.Limits{}.Validate())
	require.True(t, limits.Limits{}.IsZero())
	require.False(t, limits.Limits{Paused: true}.IsZero())
}

// TestStringIsWhatParseReads, for whatever limits there are.
func TestStringIsWhatParseReads(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	number := func() int { return max(random.IntN(20000)-10000, 0) }
	for range 5000 {
		l := limits.Limits{
			Running: number(), PerMinute: number(), ImagesPerMinute: number(), VideosPerMinute: number(),
			Auto: random.IntN(2) == 0,
		}
		if random.IntN(4) == 0 {
			l.Running, l.Paused = 0, true
		}
		read, err := limits.Parse(l.String())
		require.NoError(t, err, l.String())
		require.Equal(t, l, read)
	}
	require.Equal(t, "off", limits.Limits{}.String())
	require.Equal(t, "running=2, per-minute=10, images=5, videos=2, auto",
		limits.Limits{Running: 2, PerMinute: 10, ImagesPerMinute: 5, VideosPerMinute: 2, Auto: true}.String())
	require.Equal(t, "running=0, images=5", limits.Limits{Running: 7, ImagesPerMinute: 5, Paused: true}.String(), "a pause outdoes the number")
}

// FuzzParse: text is read in one way, or rejected.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "off", "auto", "silver", "running=2, per-minute=10, images=5, videos=2", "running=0,auto", "=", ",", "running==2", "a=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := limits.Parse(text)
		if err != nil {
			require.Zero(t, read)
			return
		}
		require.NoError(t, read.Validate())
		again, err := limits.Parse(read.String())
		require.NoError(t, err)
		require.Equal(t, read, again)
	})
}
