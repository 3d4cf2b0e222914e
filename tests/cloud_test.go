package tests

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// cloud is a front as Temporal Cloud has it: TLS, and nobody gets past it without a
// client certificate or an API key.
type cloud struct {
	address string
	ca      string // file of the certificate that the front's is signed with
	refused atomic.Int64
}

const cloudKey = "temporal-cloud-key-d2f1"

func startCloud(t *testing.T, clients *x509.CertPool) *cloud {
	t.Helper()
	c := &cloud{ca: filepath.Join(t.TempDir(), "ca.pem")}
	plain := new(http.Protocols)
	plain.SetUnencryptedHTTP2(true)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: stack.SharedTemporal(t).Address})
	proxy.Transport = &http.Transport{Protocols: plain}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.VerifiedChains) == 0 && r.Header.Get("Authorization") != "Bearer "+cloudKey {
			c.refused.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	front.EnableHTTP2 = true
	front.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: clients, MinVersion: tls.VersionTLS13}
	front.StartTLS()
	t.Cleanup(front.Close)
	c.address = strings.TrimPrefix(front.URL, "https://")
	writePEM(t, c.ca, "CERTIFICATE", front.Certificate().Raw)
	return c
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

// clientCertificate makes one, and the pool in which it is known.
func clientCertificate(t *testing.T) (certificate, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "worker"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	certificate, key = filepath.Join(t.TempDir(), "client.pem"), filepath.Join(t.TempDir(), "client.key")
	writePEM(t, certificate, "CERTIFICATE", der)
	writePEM(t, key, "PRIVATE KEY", encoded)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return certificate, key, pool
}

// TestTemporalCloud: worker and handler get in with an API key or a certificate, by
// the settings that the temporal command reads.
func TestTemporalCloud(t *testing.T) {
	t.Parallel()
	certificate, key, pool := clientCertificate(t)
	for name, env := range map[string][]string{
		"API key":            {"TEMPORAL_API_KEY=" + cloudKey},
		"client certificate": {"TEMPORAL_TLS_CLIENT_CERT_PATH=" + certificate, "TEMPORAL_TLS_CLIENT_KEY_PATH=" + key},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			front := startCloud(t, pool)
			s := stack.Start(t, stack.Options{
				TemporalAddress: front.address,
				Env:             append(env, "TEMPORAL_TLS_SERVER_CA_CERT_PATH="+front.ca),
			})
			result, err := s.Result(s.Generate(still("a lighthouse")))
			require.NoError(t, err)
			require.Equal(t, wire.ViaWebhook, result.Via)
			require.Zero(t, front.refused.Load())
			require.NotContains(t, s.Worker.Log()+s.Webhook.Log(), cloudKey)
		})
	}
}

// TestTemporalCloudRefuses: a wrong key leaves the daemon not ready, and is not logged.
func TestTemporalCloudRefuses(t *testing.T) {
	t.Parallel()
	const wrong = "wrong-cloud-key-77aa"
	front := startCloud(t, x509.NewCertPool())
	worker := stack.StartProcess(t, stack.Build(t, "wavespeed-temporal"), []string{"worker"}, []string{
		"TEMPORAL_ADDRESS=" + front.address, "TEMPORAL_API_KEY=" + wrong, "TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + front.ca,
		"WAVESPEED_API_KEY=key", "ADMIN_LISTEN=127.0.0.1:" + stack.FreePorts(t, 1)[0],
	})
	stack.Eventually(t, "nobody was refused", func() bool { return front.refused.Load() > 0 })
	require.NotContains(t, worker.Log(), wrong)
}
