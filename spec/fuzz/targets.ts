/** All that is fuzzed, by the names that `npm run fuzz` knows. The shares make a million. */
import { commandLineTarget } from './command-line-target.js';
import { configFileTarget } from './config-file-target.js';
import { grpcMessagesTarget } from './grpc-messages-target.js';
import { http2FramesTarget } from './http2-frames-target.js';
import { ipcLinesTarget } from './ipc-lines-target.js';
import { ipcServerTarget } from './ipc-server-target.js';
import { journalTarget } from './journal-target.js';
import { jsonTarget } from './json-target.js';
import { protobufTarget } from './protobuf-target.js';
import { restRequestsTarget } from './rest-requests-target.js';
import type { Target } from './target.js';

export const TARGETS: Readonly<Record<string, Target>> = {
  'http2-frames': http2FramesTarget(),
  'grpc-messages': grpcMessagesTarget(),
  protobuf: protobufTarget(),
  'rest-requests': restRequestsTarget(),
  json: jsonTarget(),
  'ipc-server': ipcServerTarget(),
  'ipc-lines': ipcLinesTarget(),
  journal: journalTarget(),
  'config-file': configFileTarget(),
  'command-line': commandLineTarget(),
};
