package activities

import (
	"time"

	"go.temporal.io/sdk/activity"
)

// uncalibrated is how far the provider's clock may differ from Temporal's until it is known
// better.
const uncalibrated = 15 * time.Minute

// window is when the submit's prediction can have been created, by the provider's clock. It has
// no end.
type window struct {
	opens time.Time // at the earliest
	sure  time.Time // what is created later was created after the submit began

	// Between these is how far the provider's clock is ahead of Temporal's.
	least, most time.Duration
}

// windowOf begins when the submit was scheduled. Temporal tells how long ago that was; a
// task may have been on its way to this process for as long as one attempt lasts.
func windowOf(info activity.Info, began, entered time.Time, o *offset) window {
	least, most, known := o.bounds()
	if known {
		apart := entered.Round(0).Sub(info.StartedTime)
		least, most = least+apart-info.StartToCloseTimeout, most+apart
	} else {
		least, most = -uncalibrated, uncalibrated
	}
	return window{opens: began.Add(least - rounding), sure: began.Add(most), least: least, most: most}
}

// before tells whether what was created then was so before the submit can have been made.
func (w window) before(created time.Time) bool { return !created.IsZero() && created.Before(w.opens) }

// after tells whether what was created then was so after the submit began.
func (w window) after(created time.Time) bool { return created.After(w.sure) }

// around is when that was by Temporal's clock, at the earliest and at the latest.
func (w window) around(created time.Time) (earliest, latest time.Time) {
	return created.Add(-w.most), created.Add(rounding - w.least)
}
