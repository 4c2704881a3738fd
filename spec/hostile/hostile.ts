/** `npm run hostile`: every attack on a real server, in plain text and under TLS. docs/SECURITY.md tells how to read its table. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ChildProgram } from '../../bench/child-program.js';
import { Authority } from '../support/certificates.js';
import type { AttackedServerStart } from './attacked-server-process.js';
import type { Attack } from './attack.js';
import { attacks } from './attacks.js';
import { tableHead, tableRow } from './hostile-table.js';
import type { Target } from './target.js';
import { runTrial } from './trial.js';
import { faultsOf, isOnlySlow } from './verdict.js';

const USAGE = `npm run hostile -- [--seconds N] [--only plain|tls] [ATTACK...]
  ATTACK          ${Object.keys(attacks('')).join(', ')};
                  all of them unless named
  --seconds N     how long each lasts, 2 unless given
  --only          on one of the two servers
`;

/** A busy minute of the machine makes an attack look bad once; a bad attack looks bad each time. */
const TRIES_MAX = 3;

interface Wanted {
  readonly chosen: readonly string[];
  readonly attackMs: number;
  readonly servers: readonly ('plain' | 'tls')[];
}

/** @throws Error when it was asked for something that there is not. */
function wanted(): Wanted | 'help' {
  const { values, positionals } = parseArgs({
    options: {
      seconds: { type: 'string', default: '2' },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
    allowPositionals: true,
  });
  const known = Object.keys(attacks(''));
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`there is no attack ${unknown}`);
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 60)) {
    throw new Error('--seconds takes a number up to 60');
  }
  const servers = (['plain', 'tls'] as const).filter(
    (server) => values.only === undefined || values.only === server,
  );
  if (servers.length === 0) {
    throw new Error('--only takes plain or tls');
  }
  const chosen = positionals.length > 0 ? positionals : known;
  return values.help ? 'help' : { chosen, attackMs: seconds * 1_000, servers };
}

async function main(): Promise<void> {
  let asked: Wanted | 'help';
  try {
    asked = wanted();
  } catch (error) {
    process.stderr.write(`hostile: ${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exitCode = 1;
    return;
  }
  if (asked === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ldlm-hostile-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  // The processes of this one end with it.
  process.on('SIGINT', () => process.exit(130));
  process.stdout.write(
    `Node ${process.versions.node}, ${availableParallelism()} cores\n\n${tableHead()}`,
  );
  const startedAt = performance.now();
  const faults: string[] = [];
  for (const server of asked.servers) {
    faults.push(...(await attackServer(server, asked, folder)));
  }
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stdout.write(`\n${faults.map((fault) => `${fault}\n`).join('')}Took ${seconds} s.\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

/** @returns what was out of bounds. */
async function attackServer(
  kind: 'plain' | 'tls',
  { chosen, attackMs }: Wanted,
  folder: string,
): Promise<readonly string[]> {
  const authority = await Authority.create();
  const tls = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') };
  const issued = await authority.issue();
  writeFileSync(tls.cert, issued.cert);
  writeFileSync(tls.key, issued.key, { mode: 0o600 });
  const server = ChildProgram.start(
    '../spec/hostile/attacked-server-process.ts',
    (kind === 'tls' ? { tls } : {}) satisfies AttackedServerStart,
  );
  const addresses = await server.ask<Pick<Target, 'grpc' | 'rest'>>('addresses');
  const target = { ...addresses, isSecure: kind === 'tls' };
  const faults: string[] = [];
  const all = attacks('');
  const trial = { server, target, authority: authority.cert, calmMs: 1_000, attackMs };
  try {
    // The first one is not measured: it is what makes code and caches warm.
    await runTrial({ ...trial, name: 'silence', attack: all.silence as Attack, attackMs: 1_000 });
    for (const name of chosen) {
      const attack = all[name];
      if (attack === undefined || (attack.only ?? kind) !== kind) {
        continue;
      }
      let tries = 1;
      let result = await runTrial({ ...trial, name, attack });
      for (; tries < TRIES_MAX && isOnlySlow(result); tries += 1) {
        result = await runTrial({ ...trial, name, attack });
      }
      const found = faultsOf(result);
      process.stdout.write(tableRow(result, { tries, faults: found }));
      faults.push(...found.map((fault) => `${attack.what} (${kind}): ${fault}`));
    }
  } catch (error) {
    faults.push(`the server under ${kind}: ${error instanceof Error ? error.message : error}`);
  } finally {
    await server.end();
  }
  return faults;
}

await main();
