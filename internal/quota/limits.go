package quota

import (
	"cmp"
	"strings"
	"time"
)

// Pool is one of the limits of an account.
type Pool string

// The pools. Running counts predictions at the provider; the others count submits in any minute,
// all of them or those of one kind.
const (
	Running Pool = "running"
	Starts  Pool = "starts"
	Images  Pool = "images"
	Videos  Pool = "videos"
)

// Minutely are the pools of submits per minute.
var Minutely = []Pool{Starts, Images, Videos}

// Kind is what a model makes, as far as limits tell it apart.
type Kind string

// The kinds. A model that is not known counts as all of them.
const (
	Other   Kind = ""
	Image   Kind = "image"
	Video   Kind = "video"
	Unknown Kind = "unknown"
)

// Kinds are all kinds.
var Kinds = []Kind{Other, Image, Video, Unknown}

// KindOf tells the kind from a model's type in the catalogue, such as "text-to-image".
func KindOf(modelType string) Kind {
	makes := modelType
	if at := strings.LastIndex(modelType, "to-"); at >= 0 {
		makes = modelType[at:]
	}
	switch {
	case modelType == "":
		return Unknown
	case strings.Contains(makes, "video"):
		return Video
	case strings.Contains(makes, "image"):
		return Image
	default:
		return Other
	}
}

// In reports whether submits of this kind count in a pool.
func (k Kind) In(p Pool) bool {
	return p == Starts || k == Unknown || p == Images && k == Image || p == Videos && k == Video
}

// Limits are an account's. A pool without one has no limit; zero holds everything.
type Limits map[Pool]int

// Of returns the limit of a pool.
func (l Limits) Of(p Pool) (limit int, limited bool) {
	limit, limited = l[p]
	return limit, limited
}

// Minute is how long a start counts. It is longer than the provider's minute, because its clock
// and the network are not exact.
const Minute = 61 * time.Second

// Started are submits in one second. Their time is when they were answered, rounded up: they were
// made before.
type Started struct {
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind,omitempty"`
	N    int       `json:"n"`
}

// Recent are the submits of the last minute, oldest first.
type Recent []Started

// Add adds a submit.
func (r *Recent) Add(at time.Time, kind Kind) {
	second := at.Truncate(time.Second)
	if second.Before(at) {
		second = second.Add(time.Second)
	}
	if n := len(*r); n > 0 && (*r)[n-1].At.Equal(second) && (*r)[n-1].Kind == kind {
		(*r)[n-1].N++
		return
	}
	*r = append(*r, Started{second, kind, 1})
}

// Forget removes those that no longer count.
func (r *Recent) Forget(now time.Time) {
	kept := (*r)[:0:0]
	for _, s := range *r {
		if s.At.Add(Minute).After(now) {
			kept = append(kept, s)
		}
	}
	*r = kept
}

// Count counts those in a pool.
func (r Recent) Count(p Pool, now time.Time) int {
	n := 0
	for _, s := range r {
		if s.Kind.In(p) && s.At.Add(Minute).After(now) {
			n += s.N
		}
	}
	return n
}

// Frees is when the first of them in a pool no longer counts; zero if there is none.
func (r Recent) Frees(p Pool, now time.Time) time.Time {
	var first time.Time
	for _, s := range r {
		if at := s.At.Add(Minute); s.Kind.In(p) && at.After(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// freesN is when n of them in a pool no longer count; zero if there are fewer.
func (r Recent) freesN(p Pool, now time.Time, n int) time.Time {
	for _, s := range r {
		if at := s.At.Add(Minute); s.Kind.In(p) && at.After(now) {
			if n -= s.N; n <= 0 {
				return at
			}
		}
	}
	return time.Time{}
}

// Report is what a run tells the keeper. It is complete, so only the latest counts.
type Report struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`

	// Seq numbers the reports of a run, from 1.
	Seq int `json:"seq"`

	// Since is the first report of those that belong together: before it, the run had returned
	// all that it had.
	Since int `json:"since"`

	// Group names the runs that take turns as one. Weight is its share compared with others';
	// Priority comes first, from 1, the highest.
	Group    string  `json:"group"`
	Root     string  `json:"root,omitempty"` // whose children are one with it; "" for the group
	Weight   float64 `json:"weight,omitempty"`
	Priority int     `json:"priority,omitempty"`

	// Seen is the number of the latest lease that the run has got, and Slots is how much of it
	// the run keeps.
	Seen  int `json:"seen,omitempty"`
	Slots int `json:"slots,omitempty"`

	// Over is set once the run's turn is over: it makes no submit before another lease.
	Over bool `json:"over,omitempty"`

	// Running are the predictions that it has, or may have, at the provider. Waiting are the
	// submits that would follow at once if there were no limit.
	Running int          `json:"running,omitempty"`
	Waiting map[Kind]int `json:"waiting,omitempty"`

	// Posting are the submits without an answer yet, and Recent those within the last minute that
	// have one.
	Posting map[Kind]int `json:"posting,omitempty"`
	Recent  Recent       `json:"recent,omitempty"`

	// Made counts all of its accepted submits. Ended counts its predictions that have ended, and
	// Took is how long they ran together.
	Made  int           `json:"made,omitempty"`
	Ended int           `json:"ended,omitempty"`
	Took  time.Duration `json:"took,omitempty"`

	// Refused counts the submits that the provider refused for the account's limits.
	Refused int `json:"refused,omitempty"`

	// Pool is the limit that the last refusal named, and RetryAt is until when the provider asks
	// to wait; zero if it doesn't.
	Pool    Pool      `json:"pool,omitempty"`
	RetryAt time.Time `json:"retry_at,omitzero"`

	// Ungated counts the submits made without a lease, while the keeper was away.
	Ungated int `json:"ungated,omitempty"`

	// Abandoned are its predictions that run on though it awaits them no longer, and Adopted those
	// that it awaits though it has not submitted them.
	Abandoned []string `json:"abandoned,omitempty"`
	Adopted   []string `json:"adopted,omitempty"`

	// Ask is set if the run has heard nothing for a while, and must be answered.
	Ask bool `json:"ask,omitempty"`

	// Gone is set if the run neither has nor wants a slot. The keeper forgets it.
	Gone bool `json:"gone,omitempty"`
}

// started counts the submits of a pool in the last minute.
func (r *Report) started(p Pool, now time.Time) int {
	return r.Recent.Count(p, now) + countIn(r.Posting, p)
}

// InLine counts all waiting submits.
func (r *Report) InLine() int {
	n := 0
	for _, kind := range Kinds {
		n += r.Waiting[kind]
	}
	return n
}

// waitingIn counts the waiting submits of a pool.
func (r *Report) waitingIn(p Pool) int {
	return countIn(r.Waiting, p)
}

// countIn counts submits of those kinds that count in a pool.
func countIn(of map[Kind]int, p Pool) int {
	n := 0
	for _, kind := range Kinds {
		if kind.In(p) {
			n += of[kind]
		}
	}
	return n
}

func (r *Report) weight() float64 { return max(cmp.Or(r.Weight, 1), 0.001) }

// defaultPriority is Temporal's.
const defaultPriority = 3

func (r *Report) priority() int { return cmp.Or(r.Priority, defaultPriority) }

// NoLimit is the number of slots of a lease without a limit.
const NoLimit = -1

// Lease is what a run may use until the keeper sends another one.
type Lease struct {
	// For is [Report.Since]: what was leased before is no longer valid. Seq numbers the leases since
	// then, from 1.
	For int `json:"for"`
	Seq int `json:"seq"`

	// Slots is how many predictions may run; [NoLimit] for any number.
	Slots int `json:"slots,omitempty"`

	// Starts is how many submits of each pool may be made in any minute; a pool that is missing
	// has no limit.
	Starts map[Pool]int `json:"starts,omitempty"`

	// Turn is the number of submits after which the run returns its slots as they become free
	// and reports; 0 for none. Others wait for their turn.
	Turn int `json:"turn,omitempty"`

	// Pulse is the number of accepted submits after which the run reports and goes on; 0 for
	// none.
	Pulse int `json:"pulse,omitempty"`

	// Spare is the number of slots that the run returns when it has so many that it can't use;
	// 0 if nobody waits for them.
	Spare int `json:"spare,omitempty"`

	// Paused is set while nothing may be submitted. The run waits then, whatever becomes of the
	// keeper.
	Paused bool `json:"paused,omitempty"`

	// Line is the place of the run's first waiting submit in the line, and Wait how long that
	// takes; 0 if not known.
	Line int           `json:"line,omitempty"`
	Wait time.Duration `json:"wait,omitempty"`
}
