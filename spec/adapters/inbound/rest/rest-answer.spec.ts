import { expect } from 'chai';
import {
  lockAnswer,
  sessionAnswer,
  statusAnswer,
  unlockAnswer,
} from '../../../../adapters/inbound/rest/rest-answer.js';

const error = { code: 'InvalidLockKey', message: 'invalid lock key' };

describe('The answers of REST', () => {
  it('write a grant with its fencing token as a string', () => {
    const granted = { locked: true, name: 'a', key: 'k', fencingToken: Number.MAX_SAFE_INTEGER };
    expect(lockAnswer(granted)).to.deep.equal({
      status: 200,
      body: '{"locked":true,"name":"a","key":"k","fencing_token":"9007199254740991"}',
    });
  });

  it('write false and empty texts, and no error where there is none', () => {
    expect(lockAnswer({ locked: false, name: '', key: '' }).body).to.equal(
      '{"locked":false,"name":"","key":""}',
    );
  });

  it('write an error last', () => {
    expect(lockAnswer({ error, locked: false, name: 'a', key: 'k' }).body).to.equal(
      '{"locked":false,"name":"a","key":"k","error":{"code":"InvalidLockKey","message":"invalid lock key"}}',
    );
    expect(unlockAnswer({ error, unlocked: false, name: 'a' }).body).to.equal(
      '{"unlocked":false,"name":"a","error":{"code":"InvalidLockKey","message":"invalid lock key"}}',
    );
  });

  it('write an unlock without a key', () => {
    expect(unlockAnswer({ unlocked: true, name: 'a' }).body).to.equal(
      '{"unlocked":true,"name":"a"}',
    );
  });

  it('write a session with the blank that existing clients see', () => {
    expect(sessionAnswer(201, 'abc')).to.deep.equal({ status: 201, body: '{"session_id": "abc"}' });
  });

  it('write what was not decided as gRPC gateways do', () => {
    expect(statusAnswer({ status: 404, code: 5, message: 'Not "Found"' })).to.deep.equal({
      status: 404,
      body: '{"code":5,"message":"Not \\"Found\\"","details":[]}',
    });
  });
});
