import { PassThrough, Writable } from 'node:stream';
import { expect } from 'chai';
import { writeLines } from '../../../../adapters/inbound/cli/line-output.js';

describe('writeLines', () => {
  it('ends every line with a line feed', async () => {
    let text = '';
    const output = new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    });
    await writeLines(output, ['a', '鍵', '']);
    expect(text).to.equal('a\n鍵\n\n');
  });

  it('asks for no more lines than the reader has taken', async () => {
    let asked = 0;
    let goOn: () => void = () => undefined;
    const output = new Writable({
      write(_chunk, _encoding, done) {
        goOn = done;
      },
    });
    const lines = Array.from({ length: 3 }, () => 'x'.repeat(65_536));
    const written = writeLines(
      output,
      (function* () {
        for (const line of lines) {
          asked += 1;
          yield line;
        }
      })(),
    );
    await new Promise(setImmediate);
    expect(asked).to.equal(1);
    while (asked < 3) {
      const before = asked;
      goOn();
      await new Promise(setImmediate);
      expect(asked).to.equal(before + 1);
    }
    goOn();
    await written;
  });

  function failing(code: string): Writable {
    return new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error(`write ${code}`), { code }));
      },
    });
  }

  it('ends quietly when the reader has gone, and tells that', async () => {
    expect(await writeLines(failing('EPIPE'), ['a'])).to.equal(false);
    expect(await writeLines(new PassThrough(), ['a'])).to.equal(true);
  });

  it('asks for no more lines when the reader has gone', async () => {
    let isGivenUp = false;
    const lines = (function* () {
      try {
        for (;;) {
          yield 'x'.repeat(65_536);
        }
      } finally {
        isGivenUp = true;
      }
    })();
    await writeLines(failing('EPIPE'), lines);
    expect(isGivenUp).to.equal(true);
  });

  it('writes what came before the lines failed, and fails as they do', async () => {
    const output = new PassThrough();
    const failure = new Error('the server is gone');
    const lines = (async function* () {
      yield 'a';
      throw failure;
    })();
    expect(await writeLines(output, lines).catch((error: unknown) => error)).to.equal(failure);
    expect(String(output.read())).to.equal('a\n');
  });

  it('fails, with the reason, when the output does', async () => {
    const outcome: unknown = await writeLines(failing('ENOSPC'), ['a']).catch((error) => error);
    expect(outcome)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.equals('cannot write the output (write ENOSPC)');
  });
});
