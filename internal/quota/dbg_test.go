package quota
import ("testing";"time")
func TestDbg(t *testing.T) { w := drawn(t, 339); w.trace = true; t.Log(w.keeper.Limits); w.until(24*time.Hour) }
