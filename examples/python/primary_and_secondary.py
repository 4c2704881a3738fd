"""Every replica of a service runs this; one leads, the others stand by. Start it in two terminals.

It speaks the session stream (docs/STREAM.md), so that it hears of a loss at once.

python examples/python/primary_and_secondary.py [ADDRESS [SECONDS]]
"""

import asyncio
import os
import sys

import grpc
import ldlm_pb2 as wire
import ldlm_pb2_grpc

DEFAULTS = [os.environ.get("LDLM_ADDRESS", "localhost:3144"), "5"]
address, seconds = sys.argv[1:] + DEFAULTS[len(sys.argv) - 1 :]
me = f"replica {os.getpid()}"

HEARTBEAT_SECONDS = 1
# The server gives the lock away after 15 seconds without a heartbeat; whoever hears nothing stops well before.
SILENCE_SECONDS_MAX = 5


async def frames_to_send(goodbye):
    # Without a recovery window the session ends with its stream, and the next replica takes over at once.
    hello = wire.Hello(recovery_window_ms=0, owner={"name": me})
    lock = wire.Acquire(request_id=1, claims=[wire.Claim(name="example/primary")])
    yield wire.ClientFrame(hello=hello, acquires=[lock])
    while not goodbye.is_set():
        yield wire.ClientFrame()
        await asyncio.wait({asyncio.ensure_future(goodbye.wait())}, timeout=HEARTBEAT_SECONDS)
    yield wire.ClientFrame(goodbye=True)


async def frames_of(stream):
    while True:
        frame = await asyncio.wait_for(stream.read(), SILENCE_SECONDS_MAX)
        if frame is grpc.aio.EOF:
            return
        yield frame


async def granted_token(stream):
    async for frame in frames_of(stream):
        for granted in frame.granted:
            return granted.fencing_token
        for refused in frame.refused:
            sys.exit(f"{me} stops: {refused.message}")
    sys.exit(f"{me} stops: the server ended the session")


async def loss(stream):
    try:
        async for frame in frames_of(stream):
            for lost in frame.lost:
                return wire.Loss.Name(lost.reason)
        return "the session has ended"
    except asyncio.TimeoutError:
        return "the server is silent"
    except grpc.aio.AioRpcError as error:
        return error.details()


async def work():
    for _ in range(int(seconds)):
        await asyncio.sleep(1)
        print(f"{me} works", flush=True)


async def main():
    async with grpc.aio.insecure_channel(address) as channel:
        goodbye = asyncio.Event()
        stream = ldlm_pb2_grpc.LDLMStub(channel).Session(frames_to_send(goodbye))
        print(f"{me} is a secondary and waits", flush=True)
        token = await granted_token(stream)
        print(f"{me} is the primary, with fencing token {token}", flush=True)

        working, losing = asyncio.create_task(work()), asyncio.create_task(loss(stream))
        await asyncio.wait({working, losing}, return_when=asyncio.FIRST_COMPLETED)
        if losing.done():
            working.cancel()
            sys.exit(f"{me} stops: {losing.result()}")

        goodbye.set()
        await losing  # The stream ends when the lock is given back.
        print(f"{me} has resigned")


asyncio.run(main())
