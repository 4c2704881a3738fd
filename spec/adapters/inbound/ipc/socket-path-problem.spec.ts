import { expect } from 'chai';
import { defaultSocketPath } from '../../../../adapters/inbound/ipc/default-socket-path.js';
import { socketPathProblem } from '../../../../adapters/inbound/ipc/socket-path-problem.js';

const LENGTH_MAX = process.platform === 'linux' ? 107 : 103;

describe('socketPathProblem', () => {
  it('finds nothing wrong with the longest path that a socket can have', () => {
    expect(socketPathProblem('p'.repeat(LENGTH_MAX))).to.equal(undefined);
  });

  it('finds nothing wrong with the default path', () => {
    expect(socketPathProblem(defaultSocketPath())).to.equal(undefined);
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ['an empty path', '', 'is empty'],
    ['a zero byte', 'a\0b', 'holds a zero byte'],
    ['one byte too many', 'p'.repeat(LENGTH_MAX + 1), `is ${LENGTH_MAX + 1} bytes long`],
    ['few characters of many bytes', '鍵'.repeat(40), 'is 120 bytes long'],
  ];
  for (const [title, path, problem] of bad) {
    it(`names ${title}`, () => {
      expect(socketPathProblem(path)).to.include(problem);
    });
  }
});
