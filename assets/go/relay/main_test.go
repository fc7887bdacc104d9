package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
)

// wire is one end of what would be standard input and output.
type wire struct {
	io.Reader
	io.WriteCloser
}

// relayed gives a client whose only connection is to a relay, and what that returns when its input has ended.
func relayed(t *testing.T) (*http.Client, func() error) {
	t.Helper()
	here, there := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serve(there, there) }()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{
		Protocols:   protocols,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return here, nil },
	}
	t.Cleanup(func() { here.Close() })
	return &http.Client{Transport: transport}, func() error { here.Close(); return <-ended }
}

func get(t *testing.T, client *http.Client, path string) string {
	t.Helper()
	answer, err := client.Get("http://relay" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", path, answer.Status, err)
	}
	return string(body)
}

// open gives both ways of a connection, and the error's name where there is none.
func open(t *testing.T, client *http.Client, address string) (wire, string) {
	t.Helper()
	in, out := io.Pipe()
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Scheme: "http", Host: address}, Host: address, Body: in}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return wire{answer.Body, out}, answer.Header.Get("error")
}

func TestAConnectionCarriesBothWays(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "asked for ", r.URL.Path)
	}))
	defer server.Close()
	client, _ := relayed(t)
	through, name := open(t, client, strings.TrimPrefix(server.URL, "http://"))
	if name != "" {
		t.Fatal(name)
	}
	fmt.Fprint(through, "GET /page HTTP/1.1\r\nHost: any\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(through), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(answer.Body); string(body) != "asked for /page" {
		t.Fatalf("%q", body)
	}
}

func TestAConnectionThatIsRefusedIsTold(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	client, _ := relayed(t)
	if _, name := open(t, client, address); name != "ECONNREFUSED" {
		t.Fatalf("%q", name)
	}
}

func TestAPeerIsToldWhenItsConnectionIsClosed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, _ := relayed(t)
	through, _ := open(t, client, listener.Addr().String())
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	through.Close()
	if rest, err := io.ReadAll(peer); err != nil || len(rest) > 0 {
		t.Fatal(rest, err)
	}
}

func TestQuestions(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	routes, err := os.ReadFile("/proc/net/route")
	if err != nil {
		t.Fatal(err)
	}
	client, end := relayed(t)
	for path, expected := range map[string]string{
		"/proc/net/route": string(routes),
		fmt.Sprintf("/listen?address=127.0.0.1&port=%d", port): "EADDRINUSE",
		"/listen?address=203.0.113.9&port=0":                   "EADDRNOTAVAIL",
		"/listen?address=127.0.0.1&port=0":                     "",
		"/lookup?name=127.0.0.1":                               "",
	} {
		if told := get(t, client, path); told != expected {
			t.Errorf("%s: %q", path, told)
		}
	}
	var free, total uint64
	if count, err := fmt.Sscan(get(t, client, "/disk"), &free, &total); count != 2 || free > total || total == 0 {
		t.Error(free, total, err)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}
