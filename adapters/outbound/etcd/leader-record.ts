/** Why: what stands in the leader's key: words for people and for standbys, never for deciding anything. */
import type { LeaderDescription } from '../../../ports/outbound/election.js';

export function encodeLeader(leader: LeaderDescription): Buffer {
  return Buffer.from(JSON.stringify(leader));
}

/** Somebody may have written anything there. */
export function decodeLeader(value: Buffer): LeaderDescription {
  const members = membersOf(value);
  const text = (name: string) => (typeof members[name] === 'string' ? members[name] : '?');
  return {
    id: text('id'),
    host: text('host'),
    pid: Number(members.pid),
    grpcAddress: text('grpcAddress'),
    ...(typeof members.restAddress === 'string' && { restAddress: members.restAddress }),
    version: text('version'),
  };
}

export function leaderInWords({ host, pid, grpcAddress }: LeaderDescription): string {
  return `the server at ${grpcAddress} (process ${pid} on ${host})`;
}

function membersOf(value: Buffer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(value.toString('utf8')));
  } catch {
    return {};
  }
}
