/** Why: the servers that programs use for locks today, each with the settings that are best for it, in a temporary folder. */
import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { programOnPath } from './program-on-path.js';
import { ServerProgram, type ServerProgramStart, type User } from './server-program.js';

const run = promisify(execFile);

export interface PeerServer {
  readonly address: string;
  end(): Promise<void>;
}

/** Why it is not compared, in words for the table. */
export interface Absent {
  readonly absence: string;
}

/** @param folder of its own, which is not there yet, where other users can pass. */
export type StartPeer = (folder: string) => Promise<PeerServer | Absent>;

/** Without snapshots. `isKept`: every answer waits until the disk has it. */
export function redis({ isKept }: { readonly isKept: boolean }): StartPeer {
  const keeping = isKept ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
  return installed('redis-server', 'redis-server', async (file, folder) => {
    const port = await freePort();
    const args = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', ''];
    return served(port, {
      file,
      args: [...args, ...keeping],
      folder,
      readyText: 'Ready to accept connections',
    });
  });
}

/** One member. It always keeps what it is told. */
export const etcd: StartPeer = installed('etcd', 'etcd-server', async (file, folder) => {
  const port = await freePort();
  const clients = `http://127.0.0.1:${port}`;
  const members = `http://127.0.0.1:${await freePort()}`;
  const options = {
    '--data-dir': join(folder, 'data'),
    '--listen-client-urls': clients,
    '--advertise-client-urls': clients,
    '--listen-peer-urls': members,
    '--initial-advertise-peer-urls': members,
    '--initial-cluster': `default=${members}`,
    '--logger': 'zap',
  };
  const args = Object.entries(options).flat();
  return served(port, { file, args, folder, readyText: 'serving client traffic' });
});

/** Its advisory locks are never kept, so that nothing of its disk matters. */
export const postgres: StartPeer = installed('postgres', 'postgresql', async (file, folder) => {
  const user = await unprivilegedUser();
  if (user !== undefined) {
    await chown(folder, user.uid, user.gid);
  }
  const data = join(folder, 'data');
  const initdb = programOnPath('initdb') ?? 'initdb';
  const access = ['--username=bench', '--auth=trust', '--locale=C', '--encoding=UTF8'];
  await run(initdb, ['-D', data, '--no-sync', ...access], { cwd: folder, ...user });
  const port = await freePort();
  const args = ['-D', data, '-h', '127.0.0.1', '-p', `${port}`, '-k', ''];
  const readyText = 'ready to accept connections';
  return served(port, { file, args, folder, readyText, ...(user && { user }) });
});

/** PostgreSQL refuses to run as root; its package comes with a user. */
async function unprivilegedUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (which) => Number((await run('id', [which, 'postgres'])).stdout)),
  );
  return { uid: uid as number, gid: gid as number };
}

function installed(
  name: string,
  debianPackage: string,
  start: (file: string, folder: string) => Promise<PeerServer>,
): StartPeer {
  return async (folder) => {
    const file = programOnPath(name);
    if (file === undefined) {
      return { absence: `not installed: apt-get install ${debianPackage}` };
    }
    await mkdir(folder);
    try {
      return await start(file, folder);
    } catch (failure) {
      return { absence: `did not start: ${String(failure).replaceAll(/\s+/g, ' ')}` };
    }
  };
}

async function served(port: number, start: ServerProgramStart): Promise<PeerServer> {
  const program = await ServerProgram.start(start);
  return { address: `127.0.0.1:${port}`, end: () => program.end() };
}
