"""Locks and unlocks once with a released client over TLS, and prints what came of it."""

import asyncio
import inspect
import json
import sys

import grpc
import ldlm


async def settled(result):
    return await result if inspect.isawaitable(result) else result


async def main(kind, tls, options):
    client = getattr(ldlm, kind)(tls=ldlm.TLSConfig(**tls), retries=0, **options)
    try:
        lock = await settled(client.lock("a"))
        await settled(client.unlock(lock.name, lock.key))
    except grpc.RpcError as error:
        print(json.dumps({"status": error.code().name, "details": error.details()}))
    else:
        print(json.dumps({"locked": lock.locked}))


asyncio.run(main(**json.loads(sys.argv[1])))
