/** Holds the unit for systemd to the settings, folders and bounds that the server has. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { defaultSettings, readSettings } from '../../bootstrap/settings.js';
import { SystemdUnit } from './systemd-unit.js';

const FILE = 'docs/deployment/ldlm-server.service';
const text = readFileSync(FILE, 'utf8');

describe('The unit for systemd', () => {
  const unit = new SystemdUnit(text);

  it('sets nothing but settings, and the server takes them', () => {
    const read = readSettings({ argv: [], environment: unit.environment, readFile: () => '' });
    expect(read).to.deep.include({ kind: 'settings', warnings: [] });
  });

  it('has the server write where systemd makes a folder for it', () => {
    const { LDLM_STATE_FILE = '', LDLM_IPC_SOCKET_FILE = '' } = unit.environment;
    expect(dirname(LDLM_STATE_FILE)).to.equal(`/var/lib/${unit.values('StateDirectory')[0]}`);
    expect(dirname(LDLM_IPC_SOCKET_FILE)).to.equal(`/run/${unit.values('RuntimeDirectory')[0]}`);
  });

  it('has the server read the password where systemd puts it', () => {
    const [name] = unit.values('LoadCredential').map((credential) => credential.split(':')[0]);
    expect(unit.environment.LDLM_PASSWORD_FILE).to.equal(`%d/${name}`);
  });

  it('lets another process than the first tell how the server stands, as it needs to', () => {
    expect(unit.values('Type')).to.deep.equal(['notify']);
    expect(unit.values('NotifyAccess')).to.deep.equal(['all']);
  });

  it('allows files for all connections that three ports may have', () => {
    const { connectionsMax } = defaultSettings();
    expect(Number(unit.values('LimitNOFILE')[0])).to.be.above(3 * connectionsMax);
  });

  it('is hardened, but for what Node cannot do without', () => {
    for (const [name, value] of [
      ['DynamicUser', 'yes'],
      ['NoNewPrivileges', 'yes'],
      ['ProtectSystem', 'strict'],
      ['CapabilityBoundingSet', ''],
      ['SystemCallArchitectures', 'native'],
    ] as const) {
      expect(unit.values(name), name).to.deep.equal([value]);
    }
    // The socket of systemd-notify, and those of clients.
    expect(unit.values('RestrictAddressFamilies')[0]?.split(' ')).to.include.members([
      ...['AF_UNIX', 'AF_INET', 'AF_INET6'],
    ]);
    expect(unit.values('MemoryDenyWriteExecute')).to.deep.equal([]);
  });
});
