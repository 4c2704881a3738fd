import { expect } from 'chai';
import type { HolderChange } from '../../domain/descriptions.js';
import { HolderWatch } from '../../domain/holder-watch.js';
import { someHolder } from '../support/some-holder.js';

const GAP = { isGap: true, changes: [] };

function granted(name = 'a'): HolderChange {
  return { kind: 'granted', holder: someHolder({ name }) };
}

describe('HolderWatch', () => {
  let watch: HolderWatch;

  beforeEach(() => {
    watch = new HolderWatch({});
  });

  /** Whether there is something to take by the next turn. */
  async function isRoused(): Promise<boolean> {
    let isSo = false;
    const roused = watch.whenRoused().then(() => {
      isSo = true;
    });
    await Promise.race([roused, new Promise(setImmediate)]);
    return isSo;
  }

  it('begins with a gap, at once', async () => {
    expect(await isRoused()).to.equal(true);
    expect(watch.take()).to.deep.equal(GAP);
    expect(await isRoused()).to.equal(false);
  });

  it('gives what it is told, in order, once', () => {
    watch.take();
    watch.tell([granted('a'), granted('b')]);
    watch.tell([granted('c')]);
    expect(watch.take()).to.deep.equal({
      isGap: false,
      changes: [granted('a'), granted('b'), granted('c')],
    });
    expect(watch.take()).to.deep.equal({ isGap: false, changes: [] });
  });

  it('rouses its listener with what it is told', async () => {
    watch.take();
    const roused = watch.whenRoused();
    watch.tell([granted()]);
    await roused;
  });

  it('does not rouse it with what is not wanted', async () => {
    watch = new HolderWatch({ name: 'b' });
    watch.take();
    watch.tell([granted('a')]);
    expect(await isRoused()).to.equal(false);
  });

  it('rouses it without news when it is told to', async () => {
    watch.take();
    watch.rouse();
    expect(await isRoused()).to.equal(true);
    expect(watch.take()).to.deep.equal({ isGap: false, changes: [] });
  });

  it('keeps 10,000 changes for who does not listen, and with one more none of them', () => {
    watch.take();
    const changes = Array.from({ length: 10_000 }, () => granted());
    watch.tell(changes);
    expect(watch.take())
      .to.deep.include({ isGap: false })
      .and.to.have.nested.property('changes.9999');
    watch.tell(changes);
    watch.tell([granted('one more')]);
    watch.tell([granted('after')]);
    expect(watch.take()).to.deep.equal({ isGap: true, changes: [granted('after')] });
  });

  it('ends after what it was told before', async () => {
    watch.take();
    watch.tell([granted()]);
    watch.end();
    expect(await isRoused()).to.equal(true);
    expect(watch.take()?.changes).to.have.lengthOf(1);
    expect(await isRoused()).to.equal(true);
    expect(watch.take()).to.equal(undefined);
  });

  it('fails as it is told', async () => {
    watch.take();
    const failure = new Error('the disk is full');
    watch.fail(failure);
    expect(await isRoused()).to.equal(true);
    expect(() => watch.take()).to.throw(failure);
  });
});
