/**
 * Why: the yardstick of the wire. The gRPC library alone, which answers the same calls with messages
 * of the same size and decides nothing.
 */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { answerParent } from './child-program.js';
import { cpuMicroseconds } from './cpu-microseconds.js';
import { ldlmService } from './ldlm-wire.js';

const KEY = '7b6d1f0e-5c1e-4c8e-9d0a-2f6f3b1c9a55';

answerParent(async () => {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  let fencingToken = Date.now() * 1000;
  server.addService(ldlmService, {
    Lock: (call: Call, answer: Answer) => {
      fencingToken += 1;
      const { name } = call.request;
      answer(null, { locked: true, name, key: KEY, fencing_token: fencingToken });
    },
    Unlock: (call: Call, answer: Answer) => {
      answer(null, { unlocked: true, name: call.request.name });
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: () => `127.0.0.1:${port}`, cpuMicroseconds };
});

interface Call {
  readonly request: { readonly name: string };
}

type Answer = (error: null, response: object) => void;
