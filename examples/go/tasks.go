package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ldlm/wire"
)

type worker struct {
	me       string
	folder   string
	workTime time.Duration
	server   wire.LDLMClient
}

// Workers share tasks: each is done once, by whoever is there first.
func tasks(ctx context.Context, server wire.LDLMClient) error {
	folder := argument(3, filepath.Join(os.TempDir(), "ldlm-example-tasks"))
	workTime, err := durationArgument(4, "0.5")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	w := worker{fmt.Sprintf("worker %d", os.Getpid()), folder, workTime, server}
	for undone := w.undone(); len(undone) > 0; undone = w.undone() {
		for _, task := range undone {
			if err := w.performAlone(ctx, task); err != nil {
				return fmt.Errorf("%s stops: %w", w.me, err)
			}
		}
		// Whoever is at the rest may die before it is done: look again.
		time.Sleep(500 * time.Millisecond)
	}
	fmt.Println("All tasks are done; see", folder)
	return nil
}

// A task whose file is in the folder is done.
func (w worker) undone() (undone []string) {
	for _, task := range []string{"report-1", "report-2", "report-3", "report-4"} {
		if !w.isDone(task) {
			undone = append(undone, task)
		}
	}
	return undone
}

func (w worker) isDone(task string) bool {
	_, err := os.Stat(filepath.Join(w.folder, task))
	return err == nil
}

func (w worker) performAlone(ctx context.Context, task string) error {
	lock, err := w.server.TryLock(ctx, &wire.TryLockRequest{Name: "example/" + task})
	if err == nil {
		err = refusal(lock)
	}
	if err != nil {
		return err
	}
	if !lock.Locked {
		fmt.Println(w.me, "leaves", task, "to somebody else")
		return nil
	}
	if err := w.perform(task); err != nil {
		return err
	}
	return unlock(ctx, w.server, lock)
}

func (w worker) perform(task string) error {
	// Looked at under the lock: somebody may have finished the task since it was found undone.
	if w.isDone(task) {
		return nil
	}
	fmt.Println(w.me, "begins", task)
	time.Sleep(w.workTime)
	file, err := os.OpenFile(filepath.Join(w.folder, task), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := fmt.Fprintln(file, w.me); err != nil {
		return err
	}
	fmt.Println(w.me, "has done", task)
	return nil
}
