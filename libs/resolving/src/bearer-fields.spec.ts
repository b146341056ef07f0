import { describe, expect, it } from '@jest/globals';
import { bearerIn } from './bearer-fields.js';

const bearer = (fields: string) => bearerIn(new URLSearchParams(fields));

describe('the bearer in a form', () => {
  it.each([
    ['', {}],
    ['client_ip=&client_agent=', {}],
    ['client_ip=192.0.2.7', { from: '192.0.2.7' }],
    ['client_ip=2001:db8::1&client_agent=curl%2F8', { from: '2001:db8::1', agent: 'curl/8' }],
    ['client_ip=::ffff:192.0.2.7', { from: '192.0.2.7' }],
    ['client_ip=fe80::1%25eth0', { from: 'fe80::1' }],
    ['client_agent=a+b', { agent: 'a b' }],
  ])('of %j is %j', (fields, said) => expect(bearer(fields)).toEqual(said));

  it.each([
    'not an address',
    ' 192.0.2.7',
    '192.0.2.7, 192.0.2.8',
    '192.0.2.7:443',
    '[2001:db8::1]',
    '192.0.2.256',
    '192.0.02.7',
    '192.0.2.0/24',
    '2001:db8::g',
    'localhost',
    '%25eth0',
    '٣.٣.٣.٣',
    '192.0.2.7\0',
  ])('has no address %j: refused by its name', (address) =>
    expect(() => bearer(new URLSearchParams({ client_ip: address }).toString())).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        field: 'client_ip',
        message: expect.stringContaining('client_ip'),
      }),
    ),
  );

  it.each(['client_ip', 'client_agent'])('has %s once', (field) =>
    expect(() => bearer(`${field}=192.0.2.7&${field}=192.0.2.7`)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', field }),
    ),
  );
});
