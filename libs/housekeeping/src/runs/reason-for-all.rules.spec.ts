import { describe, expect, it } from '@jest/globals';
import { reasonForAll } from './reason-for-all.rules.js';

describe('why a task fails, for everybody', () => {
  it.each([
    ['SMTP_URL is not set.', 'SMTP_URL is not set.'],
    [
      'Nobody could be told. 550 5.1.1 <grace.hopper+x@example.org>: No such user',
      'Nobody could be told. 550 5.1.1 <(an address)>: No such user',
    ],
    ['550 grace@例え.jp, ada@localhost are unknown', '550 (an address), (an address) are unknown'],
    ['two\r\nlines', 'two lines'],
    ['x'.repeat(400), `${'x'.repeat(300)}…`],
  ])('%j names nobody and is one line', (reason, shown) => expect(reasonForAll(reason)).toBe(shown));
});
