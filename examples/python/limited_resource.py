"""A database that bears ten connections is asked by thirty callers at once.

python examples/python/limited_resource.py [ADDRESS]
"""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import ldlm_pb2
import ldlm_pb2_grpc

ADDRESS = (sys.argv[1:] or [os.environ.get("LDLM_ADDRESS", "localhost:3144")])[0]
NAME = "example/database"
CONNECTIONS_MAX = 10
CALLERS = 30


class Database:
    """Breaks if it is asked too much."""

    def __init__(self):
        self._guard = threading.Lock()
        self._connections = 0
        self.connections_seen_most = 0

    def query(self):
        with self._guard:
            self._connections += 1
            self.connections_seen_most = max(self.connections_seen_most, self._connections)
            if self._connections > CONNECTIONS_MAX:
                raise RuntimeError(f"the database breaks under {self._connections} connections")
        time.sleep(0.1)
        with self._guard:
            self._connections -= 1


def call(number):
    # All who use the lock name the same size, in this program and in every other.
    slot = server.Lock(ldlm_pb2.LockRequest(name=NAME, size=CONNECTIONS_MAX))
    if not slot.locked:
        raise RuntimeError(f"no slot: {slot.error.message}")
    try:
        database.query()
    finally:
        server.Unlock(ldlm_pb2.UnlockRequest(name=NAME, key=slot.key))
    return number


database = Database()
with grpc.insecure_channel(ADDRESS) as channel, ThreadPoolExecutor(CALLERS) as threads:
    server = ldlm_pb2_grpc.LDLMStub(channel)
    for number in threads.map(call, range(1, CALLERS + 1)):
        print(f"caller {number} was answered", flush=True)
print(f"The database saw {database.connections_seen_most} connections at once at most")
