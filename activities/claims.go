package activities

import "sync"

// claims remembers what this process has submitted: which prediction a nonce got,
// and which predictions are therefore not another submit's. It forgets the oldest:
// only those of the last minutes matter.
type claims struct {
	mu           sync.Mutex
	young, older claimSet
}

type claimSet struct {
	byNonce     map[string]string
	predictions map[string]bool
}

const claimsPerSet = 50_000

// add notes that the prediction is that of the submit with this nonce.
func (c *claims) add(nonce, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young.predictions == nil || len(c.young.predictions) >= claimsPerSet {
		c.young, c.older = claimSet{make(map[string]string), make(map[string]bool)}, c.young
	}
	c.young.byNonce[nonce] = id
	c.young.predictions[id] = true
}

// prediction is the one that the submit with this nonce got.
func (c *claims) prediction(nonce string) (id string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id, ok = c.young.byNonce[nonce]; !ok {
		id, ok = c.older.byNonce[nonce]
	}
	return id, ok
}

// has tells whether the prediction is known to be a submit's.
func (c *claims) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.young.predictions[id] || c.older.predictions[id]
}
