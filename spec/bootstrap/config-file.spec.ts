import { expect } from 'chai';
import fc from 'fast-check';
import { readConfigFile } from '../../bootstrap/config-file.js';
import { SettingError } from '../../bootstrap/setting-error.js';

function read(path: string, text: string): Record<string, string> {
  return Object.fromEntries(readConfigFile(path, () => text));
}

describe('readConfigFile', () => {
  const files: readonly (readonly [path: string, text: string, texts: object])[] = [
    ['x.yaml', 'log_level: warn', { log_level: 'warn' }],
    ['x.yml', 'log_level: warn', { log_level: 'warn' }],
    ['x.YAML', 'log_level: warn', { log_level: 'warn' }],
    ['/etc/ldlm.d/x.Json', '{"log_level": "warn"}', { log_level: 'warn' }],
    ['x.yaml', '', {}],
    ['x.yaml', '# nothing yet\n', {}],
    ['x.yaml', '---\n...\n', {}],
    ['x.json', '{}', {}],
    ['x.json', '\uFEFF{"shards": 4}', { shards: '4' }],
    ['x.yaml', '\uFEFFshards: 4', { shards: '4' }],
    ['x.yaml', 'lock:\n  gc_interval: 5m', { lock_gc_interval: '5m' }],
    ['x.json', '{"lock": {"gc": {"interval": "5m"}}}', { lock_gc_interval: '5m' }],
    [
      'x.yaml',
      'lock_gc: {interval: 5m, min_idle: 1m}',
      {
        lock_gc_interval: '5m',
        lock_gc_min_idle: '1m',
      },
    ],
    ['x.yaml', 'lock: {}', {}],
    ['x.yaml', 'no_clear_on_disconnect: true', { no_clear_on_disconnect: 'true' }],
    ['x.yaml', 'no_clear_on_disconnect: "true"', { no_clear_on_disconnect: 'true' }],
    ['x.yaml', 'no_clear_on_disconnect: yes', { no_clear_on_disconnect: 'yes' }],
    ['x.json', '{"no_clear_on_disconnect": false}', { no_clear_on_disconnect: 'false' }],
    [
      'x.yaml',
      'shards: "16"\ndefault_lock_timeout: 10',
      {
        shards: '16',
        default_lock_timeout: '10',
      },
    ],
    ['x.yaml', 'listen_address: :3144', { listen_address: ':3144' }],
    ['x.yaml', 'password: "0123"\nstate_file: ""', { password: '0123', state_file: '' }],
    ['x.yaml', 'shards: &count 4\nname_bytes_max: *count', { shards: '4', name_bytes_max: '4' }],
  ];
  for (const [path, text, texts] of files) {
    it(`reads ${path}: ${JSON.stringify(text)}`, () => {
      expect(read(path, text)).to.deep.equal(texts);
    });
  }

  const refused: readonly (readonly [path: string, text: string, reason: string])[] = [
    ['x.json', '', 'it is empty; write {} for no settings'],
    ['x.json', ' \n', 'it is empty; write {} for no settings'],
    ['x.json', '[]', 'it must hold settings, each as `name: value`, and nothing else'],
    ['x.json', 'null', 'it must hold settings, each as `name: value`, and nothing else'],
    ['x.json', '"shards"', 'it must hold settings, each as `name: value`, and nothing else'],
    ['x.yaml', '- a', 'it must hold settings, each as `name: value`, and nothing else'],
    ['x.yaml', 'shards', 'it must hold settings, each as `name: value`, and nothing else'],
    ['x.json', '{\n\n  bad', 'it is not valid JSON at line 3'],
    ['x.json', '{"password": hunter2}', 'it is not valid JSON'],
    ['x.yaml', 'shards: 1\nlisten_address: [x', 'it is not valid YAML at line 2: bad indent'],
    ['x.yaml', 'shards: 1\nshards: 2', 'it is not valid YAML at line 2: duplicate key'],
    ['x.yaml', 'a: 1\n---\nb: 2', 'it is not valid YAML at line 2: multiple docs'],
    ['x.yaml', 'shards: !mine 1', 'it is not valid YAML at line 1: tag resolve failed'],
    ['x.yaml', 'password: *hunter2', 'it cannot be understood'],
    ['x.yaml', 'nope_key: 1', 'unknown setting "nope_key"'],
    ['x.json', '{"nope_key": 1}', 'unknown setting "nope_key"'],
    ['x.json', '{"": {"": 1}}', 'unknown setting ""'],
    ['x.json', '{"__proto__": {"shards": 1}}', 'unknown setting "__proto__"'],
    ['x.yaml', '1: 2', 'unknown setting "1"'],
    ['x.yaml', 'log-level: warn', 'unknown setting "log-level"; did you mean log_level?'],
    ['x.yaml', 'LOG_LEVEL: warn', 'unknown setting "LOG_LEVEL"; did you mean log_level?'],
    [
      'x.yaml',
      'lock: {gc_intervall: 5m}',
      'unknown setting "lock_gc_intervall"; did you mean ' + 'lock_gc_interval?',
    ],
    ['x.yaml', 'log_level:', 'log_level has no value; give it one, or leave it out'],
    ['x.json', '{"shards": null}', 'shards has no value; give it one, or leave it out'],
    ['x.yaml', 'shards: [1]', 'shards has more than one value; give it one, or leave it out'],
    ['x.yaml', 'shards: {a: 1}', 'shards has more than one value; give it one, or leave it out'],
    ['x.yaml', 'lock: {gc_interval: 5m}\nlock_gc_interval: 5m', 'lock_gc_interval is given twice'],
    ['x.yaml', 'password: 0123', 'password must be in quotes, or else its value may be changed'],
    [
      'x.yaml',
      'state_file: true',
      'state_file must be in quotes, or else its value may be changed',
    ],
    [
      'x.yaml',
      'config_file: y.yaml',
      'config_file cannot be set in a file, only by the flag ' + '--config_file',
    ],
    ['x.yaml', 'version: true', 'version cannot be set in a file, only by the flag --version'],
  ];
  for (const [path, text, reason] of refused) {
    it(`refuses ${path}: ${JSON.stringify(text)}, and says why`, () => {
      expect(() => read(path, text))
        .to.throw(SettingError)
        .with.property('message', `config file ${path}: ${reason}`);
    });
  }

  for (const path of ['x.txt', 'x', '/etc/ldlm', 'yaml', 'x.yaml.old']) {
    it(`refuses the suffix of ${path} without reading it`, () => {
      expect(() => readConfigFile(path, () => expect.fail('was read')))
        .to.throw(SettingError)
        .with.property('message', `config file ${path} must end in .yaml, .yml or .json`);
    });
  }

  const failures: readonly (readonly [code: string, reason: string])[] = [
    ['ENOENT', 'there is no such file'],
    ['ENOTDIR', 'there is no such file'],
    ['EISDIR', 'it is a folder'],
    ['EACCES', 'this user may not read it'],
    ['EIO', 'it cannot be read (EIO)'],
  ];
  for (const [code, reason] of failures) {
    it(`says of a file that fails with ${code} that ${reason}`, () => {
      const readFile = () => {
        throw Object.assign(new Error(code), { code });
      };
      expect(() => readConfigFile('a b.yaml', readFile))
        .to.throw(SettingError)
        .with.property('message', `config file "a b.yaml": ${reason}`);
    });
  }

  it('refuses YAML whose aliases would grow without end', () => {
    const bomb = ['a: &a0 [x]'];
    for (let level = 1; level < 12; level += 1) {
      const alias = `*a${level - 1}`;
      bomb.push(`b${level}: &a${level} [${Array(10).fill(alias).join(', ')}]`);
    }
    expect(() => read('x.yaml', bomb.join('\n'))).to.throw(SettingError, 'cannot be understood');
  });

  for (const nesting of ['{"lock":', '[', '- ', '? ', 'a: {', '[ {']) {
    it(`refuses ${nesting} nested without end`, () => {
      expect(() => read('x.yaml', nesting.repeat(100_000))).to.throw(SettingError, '200 entries');
      expect(() => read('x.json', nesting.repeat(100_000))).to.throw(SettingError, 'not valid');
    });
  }

  it('takes 200 entries of YAML, and not one more', () => {
    const file = (entryCount: number) => 'lock: {}\n'.repeat(entryCount / 2);

    expect(() => read('x.yaml', file(200))).to.throw(SettingError, 'duplicate key');
    expect(() => read('x.yaml', file(202))).to.throw(SettingError, 'more than 200 entries');
  });

  it('reads or refuses any text, in one line', () => {
    const yamlLike = fc.string({ unit: fc.constantFrom(...'lock_gc: {}[]"\n-&*!|1') });
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), yamlLike);
    fc.assert(
      fc.property(fc.constantFrom('x.yaml', 'x.json'), text, (path, content) => {
        try {
          expect(read(path, content)).to.be.an('object');
        } catch (error) {
          expect(error).to.be.instanceOf(SettingError);
          expect(error).to.have.property('message').that.does.not.include('\n');
        }
      }),
      { numRuns: 500 },
    );
  });
});
