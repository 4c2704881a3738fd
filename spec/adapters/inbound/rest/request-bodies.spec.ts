import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import {
  type BodyReading,
  discardBody,
  RequestBodies,
} from '../../../../adapters/inbound/rest/request-bodies.js';

/** What the reader sees of a request: chunks, then an end, or none. */
class Upload {
  readonly reading: Promise<BodyReading>;
  readonly #stream = new PassThrough();

  constructor(bodies: RequestBodies) {
    this.reading = bodies.read(this.#stream as unknown as IncomingMessage);
  }

  /** Whether the reader has cut it. */
  get isCut(): boolean {
    return this.#stream.destroyed;
  }

  send(text: string): this {
    this.#stream.emit('data', Buffer.from(text));
    return this;
  }

  end(): this {
    this.#stream.emit('end');
    this.#stream.emit('close');
    return this;
  }

  cut(): this {
    this.#stream.emit('error', new Error('aborted'));
    this.#stream.emit('close');
    return this;
  }
}

describe('RequestBodies', () => {
  let bodies: RequestBodies;

  beforeEach(() => {
    bodies = new RequestBodies({ bytesMax: 8, totalBytesMax: 16, smallBytesMax: 2 });
  });

  function upload(...texts: readonly string[]): Upload {
    return texts.reduce((sent, text) => sent.send(text), new Upload(bodies));
  }

  it('reads a body that comes in pieces', async () => {
    const reading = await upload('a', 'bc', '', 'def').end().reading;
    expect(String(reading)).to.equal('abcdef');
  });

  it('reads a body of no bytes', async () => {
    expect(await upload().end().reading).to.deep.equal(Buffer.alloc(0));
  });

  it('reads a body that is as long as may be, and refuses one byte more', async () => {
    expect(String(await upload('12345678').end().reading)).to.equal('12345678');
    expect(await upload('12345678', '9').reading).to.equal('too-large');
  });

  it('refuses a body before it has ended, and throws the rest away', async () => {
    const late = upload('123456789');
    expect(await late.reading).to.equal('too-large');
    late.send('more').end();
    const others = [upload('12345678'), upload('12345678')];
    const readings = await Promise.all(others.map((other) => other.end().reading));
    expect(readings.map(String)).to.deep.equal(['12345678', '12345678']);
  });

  it('tells that a body was cut', async () => {
    expect(await upload('12').cut().reading).to.equal('cut');
  });

  it('refuses one byte more than all bodies together may have', async () => {
    const others = [upload('12345678'), upload('12345678')];
    expect(await upload('123').reading).to.equal('too-many');
    expect(String(await others[0]?.end().reading)).to.equal('12345678');
    expect(String(await upload('123').end().reading)).to.equal('123');
  });

  it('reads a small body, whatever room others take', async () => {
    const others = [upload('12345678'), upload('12345678')];
    const small = upload('1', '2');
    expect(String(await small.end().reading)).to.equal('12');
    expect(await upload('1', '2', '3').reading).to.equal('too-many');
    await Promise.all(others.map((other) => other.cut().reading));
  });

  it('cuts the connection of a body that comes in more than 4,096 pieces', async () => {
    const sent = upload(...Array<string>(4_096).fill(''));
    expect(sent.isCut).to.equal(false);
    sent.send('');
    expect(sent.isCut).to.equal(true);
    expect(await sent.cut().reading).to.equal('cut');
  });

  it('cuts it also when nobody wants the body', () => {
    const unwanted = new PassThrough();
    discardBody(unwanted as unknown as IncomingMessage);
    for (let count = 0; count < 4_096; count += 1) {
      unwanted.emit('data', Buffer.from('x'));
    }
    expect(unwanted.destroyed).to.equal(false);
    unwanted.emit('data', Buffer.from('x'));
    expect(unwanted.destroyed).to.equal(true);
  });

  for (const [title, finish] of [
    ['have ended', (sent: Upload) => sent.end()],
    ['were cut', (sent: Upload) => sent.cut()],
    ['were too large', (sent: Upload) => sent.send('9')],
  ] as const) {
    it(`has room again for as much after bodies that ${title}`, async () => {
      for (let times = 0; times < 5; times += 1) {
        const both = [upload('12345678'), upload('12345678')];
        await Promise.all(both.map((sent) => finish(sent).reading));
      }
      expect(String(await upload('12345678').end().reading)).to.equal('12345678');
    });
  }
});
