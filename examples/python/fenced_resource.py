"""A writer sleeps past the end of its lease, and its late write is refused.

python examples/python/fenced_resource.py [ADDRESS]
"""

import os
import sys

import grpc
import ldlm_pb2
import ldlm_pb2_grpc

ADDRESS = (sys.argv[1:] or [os.environ.get("LDLM_ADDRESS", "localhost:3144")])[0]
NAME = "example/store"


class Store:
    """It keeps the greatest token with the data, in one transaction where there are such."""

    def __init__(self):
        self._greatest_token = 0

    def write(self, text, token):
        """Returns whether it was written. A holder writes as often as it likes, with one token."""
        if token < self._greatest_token:
            print(f'The store refuses "{text}": token {token} after {self._greatest_token}')
            return False
        self._greatest_token = token
        print(f'The store takes "{text}" with token {token}')
        return True


def lock(seconds):
    """The lease ends after so many seconds, unless it is renewed."""
    request = ldlm_pb2.LockRequest(name=NAME, lock_timeout_seconds=seconds)
    held = server.Lock(request)
    if not held.locked:
        sys.exit(f"The writers stop: {held.error.message}")
    return held


store = Store()
with grpc.insecure_channel(ADDRESS) as channel:
    server = ldlm_pb2_grpc.LDLMStub(channel)

    stale = lock(seconds=1)
    store.write("first", stale.fencing_token)
    print("The first writer falls asleep, for longer than its lease", flush=True)

    # Waits for a second: until the lease of the sleeper is over.
    current = lock(seconds=30)
    store.write("second", current.fencing_token)

    print("The first writer wakes, and writes as if nothing had happened")
    if store.write("stale", stale.fencing_token):
        sys.exit("The writers stop: the store took a stale write")
    server.Unlock(ldlm_pb2.UnlockRequest(name=NAME, key=current.key))
