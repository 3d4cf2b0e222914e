package quota

import (
	"cmp"
	"math"
	"slices"
)

// claim is what somebody wants of a pool, and what decides how much of it is fair.
type claim struct {
	wants    int
	has      int
	weight   float64
	priority int     // 1 is the highest
	served   float64 // how many submits it has made, by weight
	arrived  int
}

// turn is how many submits, by weight, a claim makes with a slot that can't be divided before it
// is another's turn. Who has no other slot keeps it for two. Else turns become longer as more was
// made: all are equally far within a twentieth, and few messages are sent.
func turn(served float64, others int) float64 {
	if others == 0 {
		return 2
	}
	return max(served/20, 1)
}

// fair divides a pool. The highest priority is served first. Those of equal priority get equal
// parts by weight, and what one doesn't want goes to the others. Those with the fewest submits
// get what is left over, so that they take turns. It also reports whether each part may be one
// that they have to take turns with.
func fair(pool int, claims []claim) (parts []int, turns []bool) {
	parts, turns = make([]int, len(claims)), make([]bool, len(claims))
	order := make([]int, len(claims))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(claims[a].priority, claims[b].priority) })
	for len(order) > 0 && pool > 0 {
		n := 1
		for n < len(order) && claims[order[n]].priority == claims[order[0]].priority {
			n++
		}
		pool -= equal(pool, claims, order[:n], parts, turns)
		order = order[n:]
	}
	return parts, turns
}

// equal divides a pool among claims of one priority, and returns how much of it they took.
func equal(pool int, claims []claim, among []int, parts []int, turns []bool) (taken int) {
	// Those who want least per weight are filled first; the rest is divided by what remains.
	byWant := slices.Clone(among)
	slices.SortStableFunc(byWant, func(a, b int) int {
		return cmp.Compare(float64(claims[a].wants)/claims[a].weight, float64(claims[b].wants)/claims[b].weight)
	})
	weights := 0.0
	for _, i := range byWant {
		weights += claims[i].weight
	}
	left := pool
	for len(byWant) > 0 {
		i := byWant[0]
		if float64(claims[i].wants) > float64(left)*claims[i].weight/weights {
			break
		}
		parts[i] = claims[i].wants
		left -= parts[i]
		weights -= claims[i].weight
		byWant = byWant[1:]
	}
	taken = pool - left
	if len(byWant) == 0 {
		return taken
	}
	whole := 0
	for _, i := range byWant {
		parts[i] = int(math.Floor(float64(left)*claims[i].weight/weights + 1e-9))
		whole += parts[i]
	}
	extra := left - whole
	if extra <= 0 {
		return pool
	}
	slices.SortStableFunc(byWant, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank(claims[a], parts[a]), rank(claims[b], parts[b])), cmp.Compare(claims[a].arrived, claims[b].arrived))
	})
	for n, i := range byWant {
		turns[i] = true
		if n < extra {
			parts[i]++
		}
	}
	return pool
}

// rank is lower for those who come first when a rest is divided.
func rank(c claim, part int) float64 {
	if c.has > part {
		return c.served - turn(c.served, part)
	}
	return c.served
}
