// carrier-json in Go with net/http, as a C shared library.
//
// Go's runtime cannot be unloaded and never ends its threads, so three rules are broken by every Go plugin; the test
// that examines this one names them.
package main

// #include <stdint.h>
import "C"

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	url = "https://entitlement.operator.example/tethering"
	// The time limit of a call, from the name look-up to the last byte of the response.
	total = 5 * time.Second
	// The longest body. A valid one has some twenty bytes.
	longestBody = 64 * 1024
)

// IsEntitled asks the operator's server whether the device may share its connection.
//
//export IsEntitled
func IsEntitled() (result C.int32_t) {
	result = C.int32_t(unavailable)
	// A panic that leaves this function would end the host.
	defer func() {
		if recover() != nil {
			result = C.int32_t(unavailable)
		}
	}()
	context, cancel := context.WithTimeout(context.Background(), total)
	defer cancel()
	return C.int32_t(ask(context))
}

func main() {}

func ask(context context.Context) decision {
	roots, err := trustedRoots()
	if err != nil {
		return unavailable
	}
	transport := newTransport(roots)
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	request, err := http.NewRequestWithContext(context, http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		return unavailable
	}
	// net/http repeats a request whose connection was lost if its body can be read again.
	request.GetBody = nil
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return unavailable
	}
	defer response.Body.Close()
	// net/http accepts a body up to the end of the connection, whose end nobody has signed.
	if response.ContentLength < 0 && len(response.TransferEncoding) == 0 {
		return unavailable
	}
	// The request offers no content coding.
	if response.Header.Get("Content-Encoding") != "" || len(response.Header.Values("Content-Type")) > 1 {
		return unavailable
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, longestBody+1))
	if err != nil || len(body) > longestBody {
		return unavailable
	}
	return judge(response.StatusCode, response.Header.Get("Content-Type"), body)
}

// newTransport makes a transport without a proxy, for one request, with Go's own resolver: the C library's would
// block a thread of the runtime for as long as it likes.
func newTransport(roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Resolver: &net.Resolver{PreferGo: true}}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 16 * 1024,
	}
}

// trustedRoots reads the system's roots from its own files: crypto/x509 would read SSL_CERT_FILE, and only once in the
// life of the process.
func trustedRoots() (*x509.CertPool, error) {
	for _, bundle := range []string{
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
	} {
		pem, err := os.ReadFile(bundle)
		if err != nil {
			continue
		}
		roots := x509.NewCertPool()
		if roots.AppendCertsFromPEM(pem) {
			return roots, nil
		}
	}
	return nil, errors.New("no trusted roots")
}
