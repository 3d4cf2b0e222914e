package quota

import "time"

const (
	// refusedFor is for how long a refusal counts if the provider doesn't say. It is twice as long
	// each time that the next submits are refused, too.
	refusedFor = 5 * time.Second

	// LongestBlock is for how long a refusal counts at most, whatever the provider says: then a few
	// submits try.
	LongestBlock = 5 * time.Minute

	// calm is for how long nothing must be refused before the next refusal is a first one again.
	calm = time.Minute

	// lookWithin is how long a comparison with the provider may take after a refusal, before it is
	// no longer waited for.
	lookWithin = 30 * time.Second
)

// Strikes are refusals one after the other, without a time in which none came.
type Strikes struct {
	InARow int       `json:"in_a_row,omitempty"`
	Probed time.Time `json:"probed,omitzero"`  // when a few slots were granted to try
	Unseen bool      `json:"unseen,omitempty"` // the provider's list was not read since
}

// refuse takes a refusal: somebody else uses the account, or its limits are not what they were
// thought to be.
func (k *Keeper) refuse(now time.Time, r Report, n int) {
	k.Refused += n
	k.Unseen = true
	switch {
	case now.Before(k.Blocked): // it was under way
	case k.striking(now):
		k.InARow++
	default:
		k.InARow = 1
	}
	until := r.RetryAt
	if least := now.Add(k.block()); !until.After(now) || k.InARow > 1 && until.Before(least) {
		until = least
	}
	if most := now.Add(LongestBlock); until.After(most) {
		until = most
	}
	if until.After(k.Blocked) {
		k.Blocked = until
	}
	if k.Learns {
		k.Learned.refuse(now, r.Pool, k.Used(Running, now)+k.Others()-len(k.Orphans), k.Used(r.Pool, now))
	}
}

// block is for how long the latest refusal counts.
func (k *Keeper) block() time.Duration {
	return min(refusedFor<<min(max(k.InARow-1, 0), 10), LongestBlock)
}

// striking reports whether another refusal would be one more of those before.
func (k *Keeper) striking(now time.Time) bool {
	return k.InARow > 0 && now.Before(k.Blocked.Add(max(calm, k.block())))
}

// Looked is called after a comparison with the provider that began when so many submits had been
// refused.
func (k *Keeper) Looked(refused int) { k.Unseen = k.Unseen && k.Refused > refused }

// blockedUntil is until when nothing is granted: what is granted before the provider's list has
// been read would count as ours, and hide that others run.
func (k *Keeper) blockedUntil() time.Time {
	if k.Unseen {
		return k.Blocked.Add(lookWithin)
	}
	return k.Blocked
}

// grantable is how much of what is free may be granted now, and when to grant more if that is not
// all. After refusals one after the other, a few try whether they are accepted.
func (k *Keeper) grantable(now time.Time, free, limit int) (n int, again time.Time) {
	if until := k.blockedUntil(); now.Before(until) {
		return 0, until
	}
	if k.InARow < 2 || !k.striking(now) {
		return free, time.Time{}
	}
	if next := k.Probed.Add(refusedFor); now.Before(next) {
		return 0, next
	}
	return min(free, max(limit/20, 1)), now.Add(refusedFor)
}
