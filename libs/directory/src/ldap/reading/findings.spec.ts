import { describe, expect, it } from '@jest/globals';
import { Findings } from './findings.js';

const findings = () => new Findings(['user', 'users'], 2);

describe('what was found in many entries', () => {
  it('is nothing at first', () => {
    const none = findings();
    expect([none.isEmpty, none.sentences()]).toEqual([true, []]);
  });

  it('is one sentence for each kind, the first found first, with what would be right', () => {
    const found = findings();
    found.add('without a name', 'Give one.', 'a');
    found.add('with two names', '', 'b');
    found.add('without a name', 'Give one.', 'c');
    expect(found.isEmpty).toBe(false);
    expect(found.sentences()).toEqual([
      '2 users without a name (a, c). Give one.',
      '1 user with two names (b).',
    ]);
  });

  it('names a few and counts all', () => {
    const found = findings();
    for (const name of ['a', 'b', 'c', 'd', 'e']) found.add('without a name', 'Give one.', name);
    expect(found.sentences()).toEqual(['5 users without a name (a, b, 3 more). Give one.']);
  });

  it('names a place once, however often it is found there', () => {
    const found = findings();
    for (let n = 0; n < 3; n += 1) found.add('without an id', 'Let it be read.', 'below ou=people');
    expect(found.sentences()).toEqual(['3 users without an id (below ou=people). Let it be read.']);
  });
});
