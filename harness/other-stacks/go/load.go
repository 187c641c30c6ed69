package main

import "C"

import (
	"os"
	"runtime"
	"sync"
)

// The threads that the runtime may need at once during calls. It never ends one, and starts others only when all of
// these are busy.
const threads = 64

// warmUp starts, while the library loads, what the runtime would start during a call and keep: its threads, and the
// descriptors of its poller.
//
//export warmUp
func warmUp() {
	var started, ended sync.WaitGroup
	end := make(chan struct{})
	for index := 0; index < threads; index++ {
		started.Add(1)
		ended.Add(1)
		go func() {
			// Locked, so that each has a thread of its own.
			runtime.LockOSThread()
			started.Done()
			<-end
			runtime.UnlockOSThread()
			ended.Done()
		}()
	}
	started.Wait()
	close(end)
	ended.Wait()
	// A pipe is given to the poller. Without descriptors there is none to prepare.
	if reader, writer, err := os.Pipe(); err == nil {
		reader.Close()
		writer.Close()
	}
}
