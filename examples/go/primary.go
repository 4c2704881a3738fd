package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"ldlm/wire"
)

const (
	leaseSeconds  = 10
	renewInterval = time.Second
)

// Every replica of a service runs this; one leads, the others stand by.
func primary(ctx context.Context, server wire.LDLMClient) error {
	me := fmt.Sprintf("replica %d", os.Getpid())
	duration, err := durationArgument(3, "5")
	if err != nil {
		return err
	}
	timeout := int32(leaseSeconds)
	fmt.Println(me, "is a secondary and waits")
	lock, err := server.Lock(ctx, &wire.LockRequest{
		Name: "example/primary", LockTimeoutSeconds: &timeout,
	})
	if err == nil {
		err = refusal(lock)
	}
	if err != nil {
		return fmt.Errorf("%s stops: %w", me, err)
	}
	fmt.Println(me, "is the primary, with fencing token", lock.FencingToken)

	for worked := time.Duration(0); worked < duration; worked += renewInterval {
		time.Sleep(renewInterval)
		// Single calls tell of a loss only when they are asked: give what you write the fencing token.
		if err := renew(ctx, server, lock); err != nil {
			return fmt.Errorf("%s stops: %w", me, err)
		}
		fmt.Println(me, "works")
	}

	if err := unlock(ctx, server, lock); err != nil {
		return fmt.Errorf("%s stops: %w", me, err)
	}
	fmt.Println(me, "has resigned")
	return nil
}

// Fails if the server cannot be asked for half a lease, so that nobody leads on a lease that is over.
func renew(ctx context.Context, server wire.LDLMClient, lock *wire.LockResponse) error {
	patient, cancel := context.WithTimeout(ctx, leaseSeconds*time.Second/2)
	defer cancel()
	answer, err := server.Renew(patient, &wire.RenewRequest{
		Name: lock.Name, Key: lock.Key, LockTimeoutSeconds: leaseSeconds,
	})
	if err != nil {
		return err
	}
	return refusal(answer)
}
