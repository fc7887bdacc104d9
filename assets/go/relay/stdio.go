package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// stdio is the one connection there is.
type stdio struct {
	io.Reader
	io.Writer
	once   sync.Once
	closed chan struct{}
}

func (c *stdio) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func (*stdio) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (*stdio) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (*stdio) SetDeadline(time.Time) error      { return nil }
func (*stdio) SetReadDeadline(time.Time) error  { return nil }
func (*stdio) SetWriteDeadline(time.Time) error { return nil }

// single accepts that connection, and ends when that is closed.
type single struct {
	conn *stdio
	once sync.Once
}

var errEnded = errors.New("the connection has ended")

func (l *single) Accept() (accepted net.Conn, err error) {
	l.once.Do(func() { accepted = l.conn })
	if accepted != nil {
		return accepted, nil
	}
	<-l.conn.closed
	return nil, errEnded
}

func (*single) Close() error   { return nil }
func (*single) Addr() net.Addr { return &net.UnixAddr{} }

// serve answers until what is read ends.
func serve(in io.Reader, out io.Writer) error {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: handler(), Protocols: protocols}
	err := server.Serve(&single{conn: &stdio{Reader: in, Writer: out, closed: make(chan struct{})}})
	if errors.Is(err, errEnded) {
		return nil
	}
	return err
}
