import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { SessionStream } from '../../client/session-stream.js';
import { emptyClientFrame } from '../../proto/session-frames.js';
import { ScriptedLinks } from '../support/scripted-links.js';

const SILENT = { code: status.UNAVAILABLE, details: 'it was silent' };

describe('SessionStream', () => {
  let links: ScriptedLinks;
  let stream: SessionStream;
  let heard: string[];

  const listener = (name: string) => ({
    onFrame: () => heard.push(`${name} hears`),
    onEnd: ({ details }: { readonly details: string }) => heard.push(`${name}: ${details}`),
  });

  beforeEach(() => {
    links = new ScriptedLinks();
    heard = [];
    stream = new SessionStream(links.open, 'a:1', listener('one'));
  });

  it('is opened to its address, and tells its listener what comes', () => {
    links.last.say();
    links.last.end();
    expect(links.last.address).to.equal('a:1');
    expect(heard).to.deep.equal(['one hears', 'one: the connection broke']);
  });

  it('tells another listener once it is given one', () => {
    links.last.say();
    stream.listener = listener('two');
    links.last.say();
    links.last.end();
    expect(heard).to.deep.equal(['one hears', 'two hears', 'two: the connection broke']);
  });

  it('is writing until its frame is out', () => {
    links.last.isStalled = true;
    stream.write(emptyClientFrame(), () => heard.push('written'));
    expect([stream.isWriting, heard]).to.deep.equal([true, []]);
    links.last.unstall();
    expect([stream.isWriting, heard]).to.deep.equal([false, ['written']]);
  });

  it('is broken by us with a reason that its listener is told, once', () => {
    stream.break(SILENT);
    stream.break(SILENT);
    expect([links.last.isCancelled, heard]).to.deep.equal([true, ['one: it was silent']]);
  });

  it('tells nobody when it is let go of', () => {
    stream.cancel();
    expect([links.last.isCancelled, heard]).to.deep.equal([true, []]);
  });

  for (const [how, end] of [
    ['ended', () => links.last.end()],
    ['broken', () => stream.break(SILENT)],
    ['let go of', () => stream.cancel()],
  ] as const) {
    it(`is heard of no more when it was ${how}`, () => {
      links.last.isStalled = true;
      stream.write(emptyClientFrame(), () => heard.push('written'));
      end();
      heard = [];
      links.last.unstall();
      links.last.say();
      links.last.end();
      expect(heard).to.deep.equal([]);
    });
  }
});
