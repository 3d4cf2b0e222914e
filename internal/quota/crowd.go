package quota

// Crowd are submits of a kind that will follow those of the queue. Who has thousands of submits need
// not queue them all for the keeper to know of them.
type Crowd struct {
	N    int
	kind Kind
}

// Crowd returns the submits of a kind behind the queue. Set N, and to 0 in the end.
func (t *Tenant) Crowd(kind Kind) *Crowd {
	for _, c := range t.crowds {
		if c.kind == kind {
			return c
		}
	}
	c := &Crowd{kind: kind}
	t.crowds = append(t.crowds, c)
	return c
}

// inLine counts all who wait.
func (t *Tenant) inLine() int {
	n := len(t.queue)
	for _, c := range t.crowds {
		n += c.N
	}
	return n
}

// waiting counts all who wait, by kind.
func (t *Tenant) waiting() map[Kind]int {
	of := count(t.queue)
	for _, c := range t.crowds {
		if c.N > 0 {
			if of == nil {
				of = make(map[Kind]int)
			}
			of[c.kind] += c.N
		}
	}
	return of
}
