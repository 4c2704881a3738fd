import { PassThrough, Writable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { BunyanLogger } from '../../../../adapters/outbound/logging/bunyan-logger.js';
import type { LogLevel } from '../../../../ports/outbound/logger.js';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

describe('BunyanLogger', () => {
  let output: PassThrough;

  beforeEach(() => {
    output = new PassThrough();
  });

  function text(): string {
    return String(output.read() ?? '');
  }

  it('writes time, level, message and fields in that order, and nothing else', () => {
    const logger = new BunyanLogger({ level: 'info', output });
    logger.warn('gRPC server started', { peer: '127.0.0.1:4000', count: 2 });

    expect(text()).to.match(
      new RegExp(
        '^{"time":"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z","level":"WARN",' +
          '"msg":"gRPC server started","peer":"127.0.0.1:4000","count":2}\n$',
      ),
    );
  });

  it('writes a line without fields', () => {
    new BunyanLogger({ level: 'info', output }).info('Stopped');

    expect(text()).to.match(/^{"time":"[^"]+","level":"INFO","msg":"Stopped"}\n$/);
  });

  for (const [index, level] of levels.entries()) {
    it(`writes at ${level} what is as weighty or more`, () => {
      const logger = new BunyanLogger({ level, output });
      for (const each of levels) {
        logger[each](each);
      }
      const written = text()
        .trimEnd()
        .split('\n')
        .map((json) => JSON.parse(json));

      expect(written.map(({ msg }) => msg)).to.deep.equal(levels.slice(index));
      expect(written.map((record) => record.level)).to.deep.equal(
        levels.slice(index).map((each) => each.toUpperCase()),
      );
      expect(levels.filter((each) => logger.isEnabled(each))).to.deep.equal(levels.slice(index));
    });
  }

  it('writes a message to the letter, on one line', () => {
    new BunyanLogger({ level: 'info', output }).info('100 %s of\n%d "it"');
    const json = text();

    expect(JSON.parse(json).msg).to.equal('100 %s of\n%d "it"');
    expect(json.indexOf('\n')).to.equal(json.length - 1);
  });

  it('puts no field in the place of time, level or message', () => {
    const fields = { time: 'x', level: 10, msg: 'y', fields: 'z', name: 'a', v: 1 };
    new BunyanLogger({ level: 'info', output }).error('Something failed', fields);
    const written = JSON.parse(text());

    expect(written).to.include({ level: 'ERROR', msg: 'Something failed' });
    expect(written).to.include({ time_: 'x', level_: 10, msg_: 'y', fields: 'z', name: 'a', v: 1 });
  });

  it('writes the stacks of errors at debug, and not below', () => {
    for (const level of ['debug', 'info'] as const) {
      new BunyanLogger({ level, output }).error('Something failed', { error: new Error('x') });

      expect(JSON.parse(text()).error).to.have.keys(
        level === 'debug' ? ['message', 'stack'] : ['message'],
      );
    }
  });

  it('writes one line of JSON whatever the message and fields are', () => {
    const logger = new BunyanLogger({ level: 'info', output });
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.anything()), (message, fields) => {
        logger.info(message, fields);
        const lines = text().split('\n');
        expect(lines).to.have.lengthOf(2);
        expect(JSON.parse(lines[0] ?? '').msg).to.equal(message);
      }),
    );
  });

  it('goes on after the reader of its output has left', async () => {
    const failure = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const broken = new Writable({
      write(_chunk, _encoding, callback) {
        callback(failure);
      },
    });
    const logger = new BunyanLogger({ level: 'info', output: broken });
    logger.info('into the pipe');
    await new Promise((resolve) => setImmediate(resolve));
    logger.info('into the closed stream');
    await new Promise((resolve) => setImmediate(resolve));

    expect(broken.destroyed).to.equal(true);
  });

  it('goes on when its output throws', () => {
    output.write = () => expect.fail();

    new BunyanLogger({ level: 'info', output }).info('Stopped');
  });

  it('listens once to an output that several loggers share', () => {
    const listenerCount = () => output.listenerCount('error');
    new BunyanLogger({ level: 'info', output });
    const countOfOne = listenerCount();
    new BunyanLogger({ level: 'debug', output });

    expect(listenerCount()).to.equal(countOfOne);
  });

  it('loses lines rather than fill the memory while nobody reads, and says how many', () => {
    let letGo: (() => void) | undefined;
    const written: string[] = [];
    const slow = new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, callback) {
        written.push(chunk);
        letGo = callback;
      },
    });
    const logger = new BunyanLogger({ level: 'info', output: slow });
    const megabyte = 'x'.repeat(1024 * 1024);
    for (let count = 0; count < 10; count += 1) {
      logger.info(megabyte);
    }
    expect(slow.writableLength).to.be.below(5.1 * 1024 * 1024);
    while (slow.writableLength > 0) {
      letGo?.();
    }
    logger.info('read again');
    letGo?.();

    const [notice, next] = written.slice(-2).map((json) => JSON.parse(json));
    expect(notice).to.include({ level: 'WARN', lines: 6 });
    expect(next.msg).to.equal('read again');
  });
});
