package reply

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// RetryAfter sets that header, and rounds up to whole seconds.
func RetryAfter(w http.ResponseWriter, wait time.Duration) {
	seconds := int64((wait + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.FormatInt(max(seconds, 1), 10))
}

// Half answers half of the JSON, and says that this is all.
func Half(w http.ResponseWriter, answer Prediction) {
	body := Encode(Envelope{Code: http.StatusOK, Message: "success", Data: answer})
	Raw(w, http.StatusOK, "application/json", body[:len(body)/2])
}

// Reset ends the connection without an answer: with a TCP reset where it can.
func Reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
