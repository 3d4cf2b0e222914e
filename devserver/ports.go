package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// ports keeps ports open until the server takes them over. So none is used twice, and a port in
// use is reported before anything has started.
type ports struct {
	held []net.Listener
}

// claim reserves a port that the user named with a flag.
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

// Ports for the server's internal services are below the range that systems use for outgoing
// connections. Those could otherwise take one between release and the server's own listening.
const firstInner, innerCount = 20_000, 10_000

// anyFree reserves a free port.
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

// release frees all ports, so that the server can listen on them.
func (p *ports) release() {
	for _, listener := range p.held {
		_ = listener.Close()
	}
	p.held = nil
}

func address(ip string, port int) string {
	return net.JoinHostPort(ip, strconv.Itoa(port))
}

// reachable returns the address at which programs on this machine reach a listener on ip.
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
