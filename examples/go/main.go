// Shows what the lock server is used for, by its single calls:
//
//	ldlm-example primary [ADDRESS [SECONDS]]
//	ldlm-example tasks [ADDRESS [FOLDER [WORK_SECONDS]]]
//	ldlm-example limit [ADDRESS]
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"

	"ldlm/wire"
)

var useCases = map[string]func(context.Context, wire.LDLMClient) error{
	"primary": primary,
	"tasks":   tasks,
	"limit":   limit,
}

func main() {
	useCase, isKnown := useCases[argument(1, "")]
	if !isKnown {
		fmt.Fprintln(os.Stderr, "Name one of primary, tasks and limit")
		os.Exit(2)
	}
	if err := connected(useCase); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The connection is the session: when it ends, so does all that was locked over it.
func connected(useCase func(context.Context, wire.LDLMClient) error) error {
	address := os.Getenv("LDLM_ADDRESS")
	if address == "" {
		address = "localhost:3144"
	}
	connection, err := grpc.Dial(argument(2, address), grpc.WithInsecure())
	if err != nil {
		return err
	}
	defer connection.Close()
	return useCase(context.Background(), wire.NewLDLMClient(connection))
}

func argument(index int, fallback string) string {
	if index < len(os.Args) {
		return os.Args[index]
	}
	return fallback
}

func durationArgument(index int, fallback string) (time.Duration, error) {
	return time.ParseDuration(argument(index, fallback) + "s")
}

// An answer that is neither a lock nor a refusal says that somebody else has it.
func refusal(answer *wire.LockResponse) error {
	if answer.Error == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", answer.Name, answer.Error.Message)
}

func unlock(ctx context.Context, server wire.LDLMClient, lock *wire.LockResponse) error {
	answer, err := server.Unlock(ctx, &wire.UnlockRequest{Name: lock.Name, Key: lock.Key})
	if err == nil && answer.Error != nil {
		return fmt.Errorf("%s was lost: %s", lock.Name, answer.Error.Message)
	}
	return err
}
