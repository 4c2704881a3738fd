"""Three mails a second and no more, over all programs that send some.

python examples/python/rate_limit.py [ADDRESS]
"""

import os
import sys

import grpc
import ldlm_pb2
import ldlm_pb2_grpc

ADDRESS = (sys.argv[1:] or [os.environ.get("LDLM_ADDRESS", "localhost:3144")])[0]
MAILS = 7

# Each mail takes one of three slots for a second, and nobody unlocks one: it comes free by itself. Those of the last
# mails do so when the connection ends; a program that sends mails on and on stays connected.
PLACE = {"name": "example/mail", "size": 3, "lock_timeout_seconds": 1}

with grpc.insecure_channel(ADDRESS) as channel:
    server = ldlm_pb2_grpc.LDLMStub(channel)
    for mail in range(1, MAILS + 1):
        place = server.TryLock(ldlm_pb2.TryLockRequest(**PLACE))
        if not place.locked and not place.HasField("error"):
            print(f"mail {mail} waits for its turn", flush=True)
            place = server.Lock(ldlm_pb2.LockRequest(**PLACE))
        if place.HasField("error"):
            sys.exit(f"The mails stop: {place.error.message}")
        print(f"mail {mail} is sent", flush=True)
