"""Lets a spec drive a released client: a line in asks for a call, a line out tells what came of it.

A call names a method of the client, or of what an earlier call returned (a lock, a context), so
that the client is used as its documentation uses it. Calls run side by side, in threads or tasks.
"""

import asyncio
import importlib.metadata
import inspect
import json
import os
import sys

import ldlm
from ldlm.protos import ldlm_pb2


async def perform(function, arguments):
    positional, named = (arguments, {}) if isinstance(arguments, list) else ([], arguments)
    if inspect.iscoroutinefunction(function):
        return await function(*positional, **named)
    return await asyncio.to_thread(function, *positional, **named)


async def send(client, call, fields):
    """What the methods never say, such as a size of 0, said by what they are all made of."""
    message = getattr(ldlm_pb2, call + "Request")(**fields)
    method = getattr(client, "_rpc_with_retry", None) or client.rpc_with_retry
    return await perform(method, [call, message])


def told(result):
    if hasattr(result, "locked"):
        return {"locked": result.locked, "name": result.name, "key": result.key}
    return {}


def tell(**line):
    print(json.dumps(line), flush=True)


async def answer(client, returned, request):
    try:
        if request["method"] == "send":
            result = await send(client, **request["arguments"])
        else:
            target = returned[request["on"]] if "on" in request else client
            result = await perform(getattr(target, request["method"]), request["arguments"])
    except Exception as error:  # whatever it is, the spec is to know
        message = getattr(error, "message", str(error))
        tell(id=request["id"], raised=type(error).__name__, message=message)
    else:
        returned[request["id"]] = result
        tell(id=request["id"], **told(result))


async def main(kind, options, attributes):
    client = getattr(ldlm, kind)(**options)
    for name, value in attributes.items():
        setattr(client, name, value)
    tell(id=0, release=importlib.metadata.version("py-ldlm"))
    returned, tasks = {}, set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        task = asyncio.create_task(answer(client, returned, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    os._exit(0)  # the spec is gone: no call under way may keep this process


asyncio.run(main(**json.loads(sys.argv[1])))
