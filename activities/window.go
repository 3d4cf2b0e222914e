package activities

import (
	"time"

	"go.temporal.io/sdk/activity"
)

// uncalibrated is how far the provider's clock may be from Temporal's, while that is not
// known better.
const uncalibrated = 15 * time.Minute

// window is when the submit's prediction can have been created, by the provider's clock. It
// has no end.
type window struct {
	opens time.Time // at the earliest
	sure  time.Time // what is created later was created after the submit began
}

// windowOf begins when the submit was scheduled. Temporal tells how long ago that was; a
// task may have been on its way to this process for as long as one attempt lasts.
func windowOf(info activity.Info, began, entered time.Time, o *offset) window {
	least, most, known := o.bounds()
	if !known {
		return window{opens: began.Add(-uncalibrated), sure: began.Add(uncalibrated)}
	}
	began = entered.Round(0).Add(-info.StartedTime.Sub(began))
	return window{
		opens: began.Add(least - info.StartToCloseTimeout - rounding),
		sure:  began.Add(most),
	}
}

// before tells whether what was created then was so before the submit can have been made.
func (w window) before(created time.Time) bool { return !created.IsZero() && created.Before(w.opens) }

// after tells whether what was created then was so after the submit began.
func (w window) after(created time.Time) bool { return created.After(w.sure) }
