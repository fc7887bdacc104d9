// relay stands on the network of a Docker engine's host, and does there what it is asked over its standard input and
// output, in HTTP/2:
//
//	CONNECT HOST:PORT           opens a connection; a stream carries it
//	GET /proc/...               a file of the kernel's
//	GET /listen?address=&port=  whether a program could listen there
//	GET /lookup?name=           whether a name has an address
//	GET /disk                   bytes that are free, and all there are, where the engine has its data
//
// It ends with its standard input. What fails is told by the error's name, as Node has it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// No question needs longer: who asks has a shorter deadline.
const patience = 30 * time.Second

var names = map[syscall.Errno]string{
	syscall.EACCES:        "EACCES",
	syscall.EADDRINUSE:    "EADDRINUSE",
	syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL",
	syscall.ECONNREFUSED:  "ECONNREFUSED",
	syscall.ECONNRESET:    "ECONNRESET",
	syscall.EHOSTUNREACH:  "EHOSTUNREACH",
	syscall.ENETUNREACH:   "ENETUNREACH",
	syscall.ETIMEDOUT:     "ETIMEDOUT",
}

// nameOf gives an error's name, and nothing for none.
func nameOf(err error) string {
	var errno syscall.Errno
	var unknown *net.DNSError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return "ENOTFOUND"
	case errors.As(err, &unknown):
		return "EAI_AGAIN"
	case errors.As(err, &errno) && names[errno] != "":
		return names[errno]
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "ETIMEDOUT"
	}
	return err.Error()
}

// flushing sends each part at once.
type flushing struct {
	http.ResponseWriter
	*http.ResponseController
}

func (w flushing) Write(part []byte) (int, error) {
	count, err := w.ResponseWriter.Write(part)
	if err == nil {
		err = w.Flush()
	}
	return count, err
}

func connect(w http.ResponseWriter, r *http.Request) {
	dialer := net.Dialer{Timeout: patience}
	peer, err := dialer.DialContext(r.Context(), "tcp", r.Host)
	if err != nil {
		w.Header().Set("error", nameOf(err))
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer peer.Close()
	// Who asked has gone.
	defer context.AfterFunc(r.Context(), func() { peer.Close() })()
	out := flushing{w, http.NewResponseController(w)}
	w.WriteHeader(http.StatusOK)
	if out.Flush() != nil {
		return
	}
	go func() {
		_, _ = io.Copy(peer, r.Body)
		_ = peer.(*net.TCPConn).CloseWrite()
	}()
	// A connection that is reset ends, too: what it carries has an end of its own.
	_, _ = io.Copy(out, peer)
}

func file(w http.ResponseWriter, r *http.Request) {
	// The kernel's files have no size.
	content, err := os.ReadFile(r.URL.Path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	_, _ = w.Write(content)
}

func listen(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	listener, err := net.Listen("tcp", net.JoinHostPort(query.Get("address"), query.Get("port")))
	if err == nil {
		listener.Close()
	}
	fmt.Fprint(w, nameOf(err))
}

func lookup(w http.ResponseWriter, r *http.Request) {
	_, err := net.DefaultResolver.LookupHost(r.Context(), r.URL.Query().Get("name"))
	fmt.Fprint(w, nameOf(err))
}

// A container's own file system is a layer on that of the engine's data.
func disk(w http.ResponseWriter, _ *http.Request) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs("/", &stat); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	size := uint64(stat.Bsize)
	fmt.Fprint(w, stat.Bavail*size, " ", stat.Blocks*size)
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /proc/", file)
	mux.HandleFunc("GET /listen", listen)
	mux.HandleFunc("GET /lookup", lookup)
	mux.HandleFunc("GET /disk", disk)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			connect(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}
