import { expect } from 'chai';
import { EventReader } from '../../../../../adapters/inbound/console/page/event-reader.js';

const text = 'event: stats\ndata: {"a":"x: y"}\n\nevent: changes\ndata: [1]\n\n: a comment\n\n';

describe('EventReader', () => {
  it('reads events whole, wherever the text is cut', () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const reader = new EventReader();
      expect([...reader.read(text.slice(0, cut)), ...reader.read(text.slice(cut))]).to.deep.equal([
        { event: 'stats', data: { a: 'x: y' } },
        { event: 'changes', data: [1] },
      ]);
    }
  });
});
