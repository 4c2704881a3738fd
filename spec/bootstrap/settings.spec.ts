import { expect } from 'chai';
import fc from 'fast-check';
import {
  defaultSettings,
  readSettings,
  type Settings,
  type SettingsReading,
  type SettingsSources,
} from '../../bootstrap/settings.js';

interface Given {
  readonly argv?: readonly string[];
  readonly environment?: SettingsSources['environment'];
  readonly files?: Readonly<Record<string, string>>;
}

function read({ argv = [], environment = {}, files = {} }: Given): SettingsReading {
  return readSettings({
    argv,
    environment,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) {
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      }
      return text;
    },
  });
}

function settingsOf(given: Given): Settings {
  const reading = read(given);
  if (reading.kind !== 'settings') {
    throw new Error(`no settings but ${JSON.stringify(reading)}`);
  }
  return reading.settings;
}

function warningsOf(given: Given): readonly string[] {
  const reading = read(given);
  return reading.kind === 'settings' ? reading.warnings : expect.fail(reading.kind);
}

/** Every setting but what excludes others that are given (a password beside its file, a state file), with values other than the defaults. */
const everySetting = {
  listen_address: '0.0.0.0:1',
  state_store: 'etcd',
  etcd_endpoints: 'https://etcd-1:2379, https://etcd-2:2379',
  etcd_prefix: '/locks',
  etcd_user: 'ldlm',
  etcd_password_file: 'etcd-secret',
  etcd_tls_ca: 'etcd-ca.pem',
  etcd_tls_cert: 'etcd-cert.pem',
  etcd_tls_key: 'etcd-key.pem',
  leader_ttl: '19s',
  default_lock_timeout: '1s',
  no_clear_on_disconnect: 'true',
  keepalive_interval: '2s',
  keepalive_timeout: '3s',
  lock_gc_interval: '4s',
  lock_gc_min_idle: '5s',
  shards: '6',
  name_bytes_max: '7',
  log_level: 'WARN',
  ipc_socket_file: 'socket',
  tls_cert: 'cert.pem',
  tls_key: 'key.pem',
  client_ca: 'ca.pem',
  client_cert_verify: 'true',
  password_file: 'secret',
  remote_admin: 'true',
  rest_listen_address: ':2',
  rest_session_timeout: '8s',
  admin_listen_address: '[::1]:18',
  connections_max: '9',
  sessions_max: '10',
  waiters_per_lock_max: '11',
  waiters_max: '12',
  streams_per_connection_max: '13',
  message_bytes_max: '1024',
  body_bytes_max: '1025',
  header_bytes_max: '1026',
  handshake_timeout: '14s',
  request_timeout: '15s',
  recovery_window_max: '16s',
  session_requests_max: '17',
};
const everyValue: Settings = {
  listenAddress: { host: '0.0.0.0', port: 1 },
  stateFile: undefined,
  stateStore: 'etcd',
  etcdEndpoints: ['https://etcd-1:2379', 'https://etcd-2:2379'],
  etcdPrefix: '/locks',
  etcdUser: 'ldlm',
  etcdPassword: undefined,
  etcdPasswordFile: 'etcd-secret',
  etcdTlsCaFile: 'etcd-ca.pem',
  etcdTlsCertFile: 'etcd-cert.pem',
  etcdTlsKeyFile: 'etcd-key.pem',
  leaderTtlMs: 19_000,
  defaultLockTimeoutMs: 1_000,
  keepLeasesOnDisconnect: true,
  keepaliveIntervalMs: 2_000,
  keepaliveTimeoutMs: 3_000,
  idleCollectionIntervalMs: 4_000,
  idleMinMs: 5_000,
  shardCount: 6,
  nameBytesMax: 7,
  logLevel: 'warn',
  ipcSocketFile: 'socket',
  tlsCertFile: 'cert.pem',
  tlsKeyFile: 'key.pem',
  clientCaFile: 'ca.pem',
  clientCertVerify: true,
  password: undefined,
  passwordFile: 'secret',
  remoteAdmin: true,
  restListenAddress: { host: undefined, port: 2 },
  restSessionTimeoutMs: 8_000,
  adminListenAddress: { host: '::1', port: 18 },
  connectionsMax: 9,
  sessionsMax: 10,
  waitersPerLockMax: 11,
  waitersMax: 12,
  streamsPerConnectionMax: 13,
  messageBytesMax: 1_024,
  bodyBytesMax: 1_025,
  headerBytesMax: 1_026,
  handshakeTimeoutMs: 14_000,
  requestTimeoutMs: 15_000,
  recoveryWindowMsMax: 16_000,
  sessionRequestsMax: 17,
};

describe('readSettings', () => {
  it('gives the defaults when nothing is set', () => {
    const { ipcSocketFile, ...others } = settingsOf({});

    expect(ipcSocketFile).to.match(/ldlm-ipc(\.sock)?$/);
    expect(others).to.deep.equal({
      listenAddress: { host: 'localhost', port: 3144 },
      stateFile: undefined,
      stateStore: undefined,
      etcdEndpoints: undefined,
      etcdPrefix: '/ldlm',
      etcdUser: undefined,
      etcdPassword: undefined,
      etcdPasswordFile: undefined,
      etcdTlsCaFile: undefined,
      etcdTlsCertFile: undefined,
      etcdTlsKeyFile: undefined,
      leaderTtlMs: 5_000,
      defaultLockTimeoutMs: 600_000,
      keepLeasesOnDisconnect: false,
      keepaliveIntervalMs: 60_000,
      keepaliveTimeoutMs: 10_000,
      idleCollectionIntervalMs: 1_800_000,
      idleMinMs: 300_000,
      shardCount: 16,
      nameBytesMax: 65_536,
      logLevel: 'info',
      tlsCertFile: undefined,
      tlsKeyFile: undefined,
      clientCaFile: undefined,
      clientCertVerify: false,
      password: undefined,
      passwordFile: undefined,
      remoteAdmin: false,
      restListenAddress: undefined,
      restSessionTimeoutMs: 600_000,
      adminListenAddress: undefined,
      connectionsMax: 20_000,
      sessionsMax: 100_000,
      waitersPerLockMax: 100_000,
      waitersMax: 1_000_000,
      streamsPerConnectionMax: 100_000,
      messageBytesMax: 4_194_304,
      bodyBytesMax: 1_048_576,
      headerBytesMax: 16_384,
      handshakeTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      recoveryWindowMsMax: 10_000,
      sessionRequestsMax: 200_000,
    });
  });

  it('gives settings that cannot be changed', () => {
    expect(settingsOf({})).to.be.frozen;
  });

  it('takes every setting from flags', () => {
    const argv = Object.entries(everySetting).map(([name, text]) => `--${name}=${text}`);

    expect(settingsOf({ argv })).to.deep.equal(everyValue);
  });

  it('takes every setting from the environment', () => {
    const environment = Object.fromEntries(
      Object.entries(everySetting).map(([name, text]) => [`LDLM_${name.toUpperCase()}`, text]),
    );

    expect(settingsOf({ environment })).to.deep.equal(everyValue);
  });

  it('takes every setting from a JSON file', () => {
    const files = { 'x.json': JSON.stringify(everySetting) };

    expect(settingsOf({ argv: ['-c', 'x.json'], files })).to.deep.equal(everyValue);
  });

  it('takes every setting from a YAML file', () => {
    const lines = Object.entries(everySetting).map(([name, text]) => `${name}: "${text}"\n`);
    const files = { 'x.yml': lines.join('') };

    expect(settingsOf({ argv: ['-c', 'x.yml'], files })).to.deep.equal(everyValue);
  });

  it('puts a flag over the environment, that over a file, and that over the default', () => {
    const settings = settingsOf({
      argv: ['--shards', '2', '-c', 'x.yaml'],
      environment: { LDLM_SHARDS: '3', LDLM_LOG_LEVEL: 'warn' },
      files: { 'x.yaml': 'shards: 4\nlog_level: error\nname_bytes_max: 5' },
    });

    expect(settings).to.include({ shardCount: 2, logLevel: 'warn', nameBytesMax: 5 });
    expect(settings.keepaliveIntervalMs).to.equal(60_000);
  });

  it('takes the config file from the environment, unless a flag names one', () => {
    const environment = { LDLM_CONFIG_FILE: 'a.yaml' };
    const files = { 'a.yaml': 'shards: 1', 'b.yaml': 'shards: 2' };

    expect(settingsOf({ environment, files }).shardCount).to.equal(1);
    expect(settingsOf({ argv: ['-c', 'b.yaml'], environment, files }).shardCount).to.equal(2);
    expect(settingsOf({ argv: ['-c', ''], environment, files }).shardCount).to.equal(16);
  });

  it('takes an empty variable for none', () => {
    const names = [...Object.keys(everySetting), 'password', 'config_file'];
    const variables = names
      .filter((name) => name !== 'ipc_socket_file')
      .map((name) => [`LDLM_${name.toUpperCase()}`, '']);

    expect(settingsOf({ environment: Object.fromEntries(variables) })).to.deep.equal(
      settingsOf({}),
    );
  });

  const withoutSocket: readonly (readonly [place: string, given: Given])[] = [
    ['flag', { argv: ['--ipc_socket_file', ''] }],
    ['variable', { environment: { LDLM_IPC_SOCKET_FILE: '' } }],
    ['key in a file', { argv: ['-cx.yaml'], files: { 'x.yaml': 'ipc_socket_file: ""' } }],
  ];
  for (const [place, given] of withoutSocket) {
    it(`turns the socket off by an empty ${place}`, () => {
      expect(settingsOf(given).ipcSocketFile).to.equal(undefined);
    });
  }

  it("listens on a port of the kernel's choice by an empty address", () => {
    expect(settingsOf({ argv: ['-l', ''] }).listenAddress).to.deep.equal({
      host: 'localhost',
      port: 0,
    });
  });

  it('warns of variables that are no settings, without their values', () => {
    const environment = {
      LDLM_NOPE: 'hunter2',
      LDLM_LISTEN_ADRESS: ':1',
      HOME: '/',
      LDLM_HELP: '',
    };

    expect(warningsOf({ environment })).to.deep.equal([
      'LDLM_NOPE in the environment is no setting, and ignored',
      'LDLM_LISTEN_ADRESS in the environment is no setting, and ignored; ' +
        'did you mean LDLM_LISTEN_ADDRESS?',
      'LDLM_HELP in the environment is no setting, and ignored',
    ]);
  });

  for (const words of [['--help'], ['-h'], ['-help'], ['-nh'], ['-l', 'x:1', '--help']]) {
    it(`gives the help for ${words.join(' ')}, whatever environment and files hold`, () => {
      const reading = read({ argv: words, environment: { LDLM_SHARDS: 'x' } });

      expect(reading).to.include({ kind: 'help' }).and.have.property('text').that.includes('-l, ');
    });
  }

  it('gives the version', () => {
    const reading = read({ argv: ['--version'], environment: { LDLM_CONFIG_FILE: 'missing' } });

    expect(reading).to.include({ kind: 'version' });
    expect(reading)
      .to.have.property('text')
      .that.matches(/^Version: \d+\.\d+\.\d+\n$/);
  });

  it('starts when neither help nor version is asked for', () => {
    expect(read({ argv: ['--help=false', '--version=false'] }).kind).to.equal('settings');
  });

  const invalid: readonly (readonly [given: Given, message: string])[] = [
    [{ argv: ['--nope'] }, 'unknown flag --nope; --help lists the flags'],
    [{ argv: ['--help', '--nope'] }, 'unknown flag --nope; --help lists the flags'],
    [{ argv: ['--help=maybe'] }, '--help must be true or false, not "maybe"'],
    [{ argv: ['-v', 'loud'] }, '--log_level must be one of debug, info, warn, error, not "loud"'],
    [{ argv: ['--shards', '-1'] }, '--shards must be a whole number from 1 to 65536, not "-1"'],
    [{ argv: ['--shards=0'] }, '--shards must be a whole number from 1 to 65536, not "0"'],
    [{ argv: ['--shards=65537'] }, '--shards must be a whole number from 1 to 65536, not "65537"'],
    [
      { argv: ['--name_bytes_max=4194305'] },
      '--name_bytes_max must be a whole number from 1 to 4194304, not "4194305"',
    ],
    [{ argv: ['-k', '0'] }, '--keepalive_interval must be a duration from 1ms to 576h, not "0"'],
    [{ argv: ['-t0s'] }, '--keepalive_timeout must be a duration from 1ms to 576h, not "0s"'],
    [{ argv: ['-g=577h'] }, '--lock_gc_interval must be a duration from 1ms to 576h, not "577h"'],
    [
      { argv: ['-m=-1s'] },
      '--lock_gc_min_idle must be a duration from 0s to 596523h14m7s, not "-1s"',
    ],
    [
      { argv: ['-n=maybe', '-d10'] },
      '--default_lock_timeout must be a duration, such as 90s, 10m or 1h30m: "10" has no unit',
    ],
    [
      { argv: ['--tls_cert', 'x.pem'] },
      '--tls_cert is given without --tls_key; give both for TLS, or neither',
    ],
    [
      { argv: ['--message_bytes_max=1023'] },
      '--message_bytes_max must be a whole number from 1024 to 67108864, not "1023"',
    ],
    [
      { argv: ['--handshake_timeout=0s'] },
      '--handshake_timeout must be a duration from 1ms to 576h, not "0s"',
    ],
    [
      { argv: ['-r', 'nonsense'] },
      '--rest_listen_address must be host:port, :port or [ipv6]:port: "nonsense" has no port',
    ],
    [
      { argv: ['--password_file', 'x'], environment: { LDLM_PASSWORD: 'hunter2' } },
      '--password and --password_file are both given; give one of them',
    ],
    [
      { argv: ['--shards=1'], environment: { LDLM_SHARDS: 'abc' } },
      'LDLM_SHARDS must be a whole number from 1 to 65536, not "abc"',
    ],
    [
      { argv: ['-c', 'x.json', '--shards=1'], files: { 'x.json': '{"shards": 1.5}' } },
      'config file x.json: shards must be a whole number from 1 to 65536, not "1.5"',
    ],
    [
      { argv: ['-c', 'x.yaml'], files: { 'x.yaml': 'no_clear_on_disconnect: yes' } },
      'config file x.yaml: no_clear_on_disconnect must be true or false, not "yes"',
    ],
    [{ argv: ['-c', 'missing.yaml'] }, 'config file missing.yaml: there is no such file'],
    [
      { environment: { LDLM_CONFIG_FILE: 'x.txt' } },
      'config file x.txt must end in .yaml, .yml or .json',
    ],
  ];
  for (const [given, message] of invalid) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      expect(read(given)).to.deep.equal({ kind: 'invalid', message });
    });
  }

  const harmless: readonly (readonly string[])[] = [
    ['--tls_cert=', '--tls_key='],
    ['--password', '', '--password_file', 'x'],
    ['--client_cert_verify=FALSE', '--client_ca='],
    ['--rest_listen_address='],
  ];
  for (const argv of harmless) {
    it(`takes ${argv.join(' ')}: what is empty or off asks for nothing`, () => {
      expect(read({ argv }).kind).to.equal('settings');
    });
  }

  it('never shows a password', () => {
    const secrets = fc
      .string({ unit: fc.constantFrom(...'Zq7 :"*&!{[=-'), minLength: 6 })
      .map((text) => `Zq7${text}`);
    fc.assert(
      fc.property(secrets, (secret) => {
        const givens: readonly Given[] = [
          { argv: ['--password', secret] },
          { argv: ['--password', ...secret.split(' ')] },
          { argv: [`--password=${secret}`, '--nope'] },
          { argv: [`--passwort=${secret}`] },
          { argv: [`-password=${secret}`] },
          { environment: { LDLM_PASSWORD: secret, LDLM_PASSWORT: secret } },
          { argv: ['-cx.yaml'], files: { 'x.yaml': `password: ${secret}` } },
          { argv: ['-cx.json'], files: { 'x.json': `{"password": ${secret}}` } },
        ];
        for (const given of givens) {
          const reading = read(given);
          const shown = reading.kind === 'settings' ? { ...reading, settings: undefined } : reading;
          expect(JSON.stringify(shown)).not.to.include('Zq7');
        }
      }),
    );
  });

  it('answers whatever it is given, a refusal in one line', () => {
    const flag = fc.constantFrom('-c', '-l', '-n', '--shards', '-d', '--help=', '-k=', '-v');
    const word = fc.oneof(flag, fc.string({ unit: 'binary' }), fc.constant('x.yaml'));
    const variable = fc.constantFrom('LDLM_SHARDS', 'LDLM_CONFIG_FILE', 'LDLM_LISTEN_ADDRESS');
    const environments = fc.dictionary(variable, fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(word), environments, fc.string(), (argv, environment, file) => {
        const reading = read({ argv, environment, files: { 'x.yaml': file } });

        expect(reading.kind).to.be.oneOf(['settings', 'help', 'version', 'invalid']);
        expect(reading.kind === 'invalid' ? reading.message : '').not.to.include('\n');
      }),
    );
  });
});

describe('defaultSettings', () => {
  it('is what readSettings gives when nothing is set', () => {
    expect(defaultSettings()).to.deep.equal(settingsOf({}));
  });

  it('puts what it is given in the place of the defaults', () => {
    const settings = defaultSettings({ shardCount: 4, ipcSocketFile: undefined });

    expect(settings).to.include({ shardCount: 4, ipcSocketFile: undefined, logLevel: 'info' });
    expect(settings).to.be.frozen;
  });

  const refused: readonly (readonly [overrides: Partial<Settings>, message: string])[] = [
    [{ shardCount: 0 }, 'the setting shardCount must be 1 to 65536'],
    [{ keepaliveIntervalMs: Number.NaN }, 'the setting keepaliveIntervalMs must be 1ms to 576h'],
    [{ stateFile: '' }, 'the setting stateFile must be 1 to 4096 characters, or none'],
    [{ password: '' }, 'the setting password must be 1 to 4096 characters, or none'],
    [{ clientCertVerify: true }, '--client_cert_verify needs TLS'],
  ];
  for (const [overrides, message] of refused) {
    it(`refuses ${JSON.stringify(overrides)}`, () => {
      expect(() => defaultSettings(overrides)).to.throw(RangeError, message);
    });
  }
});
