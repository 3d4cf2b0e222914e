package frontend

import "slices"

// queue is a task queue of one kind: tasks wait for pollers, and pollers for tasks.
type queue struct {
	server  *Server
	tasks   []*queued
	pollers []*Call
}

// queued is a task on its way to a worker.
type queued struct {
	due   bool
	only  string      // the one process that gets it; "" for any
	stale func() bool // it was overtaken: nobody wants it any more
	start func(*Call) // hands it to the poller
}

func (s *Server) queue(kind, name string) *queue {
	key := kind + "/" + name
	if s.queues[key] == nil {
		s.queues[key] = &queue{server: s}
	}
	return s.queues[key]
}

// offer hands the task to some poller, after the time that the host draws.
func (q *queue) offer(t *queued) {
	q.tasks = append(q.tasks, t)
	q.server.host.After(q.server.host.Dispatch(), func() {
		t.due = true
		q.match()
	})
}

func (q *queue) poll(c *Call) {
	q.pollers = append(q.pollers, c)
	q.match()
}

func (q *queue) match() {
	q.tasks = slices.DeleteFunc(q.tasks, func(t *queued) bool {
		if t.stale() {
			return true
		}
		if !t.due {
			return false
		}
		var able []*Call
		for _, poller := range q.pollers {
			if (t.only == "" || t.only == poller.Process) && q.server.host.Reachable(poller.Process) {
				able = append(able, poller)
			}
		}
		if len(able) == 0 {
			return false
		}
		chosen := able[q.server.host.Choose(len(able))]
		q.pollers = slices.DeleteFunc(q.pollers, func(c *Call) bool { return c == chosen })
		t.start(chosen)
		return true
	})
}

// Reconnect offers waiting tasks again, after processes became reachable.
func (s *Server) Reconnect() {
	for _, name := range sortedKeys(s.queues) {
		s.queues[name].match()
	}
}

// Leave forgets the polls of a process that is gone.
func (s *Server) Leave(process string) {
	for _, q := range s.queues {
		q.pollers = slices.DeleteFunc(q.pollers, func(c *Call) bool { return c.Process == process })
	}
}
