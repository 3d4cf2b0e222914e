package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// ports holds ports open until the server takes them over, so that none is
// given out twice and a taken one is reported before anything has started.
type ports struct {
	held []net.Listener
}

// claim takes a port that the user named with a flag.
func (p *ports) claim(flag, ip string, port int) error {
	listener, err := net.Listen("tcp", address(ip, port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d on %s is taken: stop the program that has it, or choose another with %s", port, ip, flag)
	}
	if err != nil {
		return fmt.Errorf("cannot listen on port %d of %s (%s): %w", port, ip, flag, err)
	}
	p.held = append(p.held, listener)
	return nil
}

// Ports for the server's inner services come from below the range out of which
// systems take ports for outgoing connections, which would otherwise snatch
// one between release and the server's own listening.
const firstInner, innerCount = 20_000, 10_000

// anyFree takes some free port.
func (p *ports) anyFree(ip string) (int, error) {
	var err error
	for range 100 {
		port := firstInner + rand.IntN(innerCount)
		var listener net.Listener
		if listener, err = net.Listen("tcp", address(ip, port)); err == nil {
			p.held = append(p.held, listener)
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port on %s: %w", ip, err)
}

// release gives all ports to whoever listens next.
func (p *ports) release() {
	for _, listener := range p.held {
		_ = listener.Close()
	}
	p.held = nil
}

func address(ip string, port int) string {
	return net.JoinHostPort(ip, strconv.Itoa(port))
}

// reachable is where programs on this machine find what listens on ip.
func reachable(ip string) string {
	switch parsed := net.ParseIP(ip); {
	case !parsed.IsUnspecified():
		return ip
	case parsed.To4() != nil:
		return "127.0.0.1"
	default:
		return "::1"
	}
}
