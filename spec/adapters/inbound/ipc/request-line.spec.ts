import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { RequestError, readRequestLine } from '../../../../adapters/inbound/ipc/request-line.js';

const PATIENT = { requestBytesMax: 8, requestWithinMs: 60_000 };
const HASTY = { requestBytesMax: 8, requestWithinMs: 1 };

async function problemOf(line: Promise<string>): Promise<string> {
  const outcome: unknown = await line.catch((error: unknown) => error);
  expect(outcome).to.be.instanceOf(RequestError);
  return (outcome as RequestError).message;
}

describe('readRequestLine', () => {
  let peer: PassThrough;

  beforeEach(() => {
    peer = new PassThrough();
  });

  afterEach(() => {
    peer.destroy();
  });

  it('gives the first line and ignores what follows it', async () => {
    peer.write('list\nmore than would be taken as one line');
    expect(await readRequestLine(peer, PATIENT)).to.equal('list');
  });

  it('puts together a line that comes in pieces', async () => {
    const line = readRequestLine(peer, PATIENT);
    peer.write('li');
    peer.write('st\n');
    expect(await line).to.equal('list');
  });

  it('goes on reading after the line, so that the going of the peer is seen', async () => {
    peer.write('list\n');
    await readRequestLine(peer, PATIENT);
    expect(peer.readableFlowing).to.equal(true);
  });

  it('refuses a line over the bound', async () => {
    peer.write('123456789');
    expect(await problemOf(readRequestLine(peer, PATIENT))).to.equal(
      'the line is longer than 8 bytes',
    );
  });

  it('refuses half a line that ends', async () => {
    peer.end('list');
    expect(await problemOf(readRequestLine(peer, PATIENT))).to.equal(
      'the connection ended before its request did',
    );
  });

  it('refuses a peer that goes', async () => {
    const line = readRequestLine(peer, PATIENT);
    peer.destroy();
    expect(await problemOf(line)).to.equal('the connection ended before its request did');
  });

  for (const said of ['', 'list']) {
    it(`waits no longer than it is told after ${JSON.stringify(said)}`, async () => {
      peer.write(said);
      expect(await problemOf(readRequestLine(peer, HASTY))).to.equal(
        'no whole request came within 1 ms',
      );
    });
  }
});
