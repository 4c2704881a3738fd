package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ldlm/wire"
)

const (
	connectionsMax = 10
	callers        = 30
)

// Breaks if it is asked too much.
type database struct {
	guard               sync.Mutex
	connections         int
	connectionsSeenMost int
}

// A database that bears ten connections is asked by thirty callers at once.
func limit(ctx context.Context, server wire.LDLMClient) error {
	var asked database
	ends := make(chan error)
	for number := 1; number <= callers; number++ {
		number := number
		go func() { ends <- call(ctx, server, &asked, number) }()
	}
	for number := 1; number <= callers; number++ {
		if err := <-ends; err != nil {
			return fmt.Errorf("The callers stop: %w", err)
		}
	}
	fmt.Printf("The database saw %d connections at once at most\n", asked.connectionsSeenMost)
	return nil
}

func call(ctx context.Context, server wire.LDLMClient, asked *database, number int) error {
	// All who use the lock name the same size, in this program and in every other.
	size := int32(connectionsMax)
	slot, err := server.Lock(ctx, &wire.LockRequest{Name: "example/database", Size: &size})
	if err == nil {
		err = refusal(slot)
	}
	if err != nil {
		return err
	}
	if err := asked.query(); err != nil {
		return err
	}
	if err := unlock(ctx, server, slot); err != nil {
		return err
	}
	fmt.Println("caller", number, "was answered")
	return nil
}

func (d *database) query() error {
	if open := d.add(1); open > connectionsMax {
		return fmt.Errorf("the database breaks under %d connections", open)
	}
	time.Sleep(100 * time.Millisecond)
	d.add(-1)
	return nil
}

func (d *database) add(change int) int {
	d.guard.Lock()
	defer d.guard.Unlock()
	d.connections += change
	if d.connections > d.connectionsSeenMost {
		d.connectionsSeenMost = d.connections
	}
	return d.connections
}
