package quota

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFair(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pool   int
		claims []claim
		want   []int
	}{
		"nobody":                    {3, nil, []int{}},
		"one gets what it wants":    {3, []claim{{wants: 2, weight: 1}}, []int{2}},
		"one gets all there is":     {3, []claim{{wants: 9, weight: 1}}, []int{3}},
		"equal parts":               {8, []claim{{wants: 9, weight: 1}, {wants: 9, weight: 1}}, []int{4, 4}},
		"what one leaves":           {8, []claim{{wants: 1, weight: 1}, {wants: 9, weight: 1}}, []int{1, 7}},
		"by weight":                 {8, []claim{{wants: 9, weight: 3}, {wants: 9, weight: 1}}, []int{6, 2}},
		"the urgent first":          {8, []claim{{wants: 9, weight: 1, priority: 3}, {wants: 6, weight: 1, priority: 1}}, []int{2, 6}},
		"the rest to those behind":  {3, []claim{{wants: 9, weight: 1, served: 7}, {wants: 9, weight: 1, served: 3}}, []int{1, 2}},
		"the rest stays for a turn": {3, []claim{{wants: 9, weight: 1, served: 4, has: 2}, {wants: 9, weight: 1, served: 3, has: 1}}, []int{2, 1}},
		"fewer than there are":      {1, []claim{{wants: 1, weight: 1, served: 5}, {wants: 1, weight: 1, arrived: 2}, {wants: 1, weight: 1, arrived: 1}}, []int{0, 0, 1}},
		"nothing":                   {0, []claim{{wants: 1, weight: 1}}, []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := fair(c.pool, c.claims)
			require.Equal(t, c.want, got)
		})
	}
}

// TestFairGivesAllAndNoMore, whatever is claimed.
func TestFairGivesAllAndNoMore(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		claims := make([]claim, random.IntN(12))
		wanted := 0
		for i := range claims {
			claims[i] = claim{wants: random.IntN(20), weight: []float64{1, 1, 1, 2, 0.5, 10}[random.IntN(6)], priority: 1 + random.IntN(3), served: float64(random.IntN(30)), has: random.IntN(5), arrived: i}
			wanted += claims[i].wants
		}
		pool := random.IntN(40)
		parts, _ := fair(pool, claims)
		given := 0
		for i, part := range parts {
			require.GreaterOrEqual(t, part, 0)
			require.LessOrEqual(t, part, claims[i].wants)
			given += part
		}
		require.Equal(t, min(pool, wanted), given)
	}
}
