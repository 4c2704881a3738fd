"""Workers share tasks: each is done once, by whoever is there first. Start it in two terminals.

python examples/python/task_locking.py [ADDRESS [FOLDER [WORK_SECONDS]]]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import grpc
import ldlm_pb2
import ldlm_pb2_grpc

DEFAULTS = [
    os.environ.get("LDLM_ADDRESS", "localhost:3144"),
    Path(tempfile.gettempdir(), "ldlm-example-tasks"),
    0.5,
]
address, folder, work_seconds = sys.argv[1:] + DEFAULTS[len(sys.argv) - 1 :]
folder = Path(folder)
me = f"worker {os.getpid()}"

# What is to be done; a task whose file is in the folder is done.
TASKS = ["report-1", "report-2", "report-3", "report-4"]


def perform(task):
    # Looked at under the lock: somebody may have finished the task since it was found undone.
    if not (folder / task).exists():
        print(f"{me} begins {task}", flush=True)
        time.sleep(float(work_seconds))
        with open(folder / task, "a") as file:
            print(me, file=file)
        print(f"{me} has done {task}", flush=True)


def perform_alone(task):
    name = f"example/{task}"
    lock = server.TryLock(ldlm_pb2.TryLockRequest(name=name))
    if lock.HasField("error"):
        sys.exit(f"{me} stops: {lock.error.message}")
    if not lock.locked:
        print(f"{me} leaves {task} to somebody else", flush=True)
        return
    try:
        perform(task)
    finally:
        server.Unlock(ldlm_pb2.UnlockRequest(name=name, key=lock.key))


folder.mkdir(parents=True, exist_ok=True)
# The connection is the session: if this program dies, its lock is free at once.
with grpc.insecure_channel(address) as channel:
    server = ldlm_pb2_grpc.LDLMStub(channel)
    while undone := [task for task in TASKS if not (folder / task).exists()]:
        for task in undone:
            perform_alone(task)
        # Whoever is at the rest may die before it is done: look again.
        time.sleep(0.5)
print(f"All tasks are done; see {folder}")
