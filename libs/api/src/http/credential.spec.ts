import { describe, expect, it } from '@jest/globals';
import { credentialOf, type AcceptedCarriers } from './credential.js';

const read = (headers: readonly [string, string][], accepts?: AcceptedCarriers) =>
  credentialOf({ rawHeaders: headers.flat() }, accepts);
const authorization = (value: string, accepts?: AcceptedCarriers) =>
  read([['Authorization', value]], accepts);
const basic = (text: string | Buffer) =>
  authorization(`Basic ${Buffer.from(text).toString('base64')}`, { basic: true });
const unusable = { kind: 'unusable' };
const twoCarriers = expect.objectContaining({ code: 'INVALID_INPUT' });

describe('the credential of a request', () => {
  it('is none where nothing was sent', () => expect(read([['Accept', '*/*']])).toEqual({ kind: 'none' }));
  it.each(['Bearer a.b-c_d~e+f/g==', 'bearer a.b-c_d~e+f/g==', 'BEARER a.b-c_d~e+f/g=='])(
    'is the token of %s',
    (value) => expect(authorization(value)).toEqual({ kind: 'bearer', token: 'a.b-c_d~e+f/g==' }),
  );
  it.each([
    'Bearer  a',
    'Bearer\ta',
    'Bearer a b',
    'Bearer',
    'Bearer ',
    'a',
    'Bearer a,Bearer b',
    'Digest a',
    'Bearer é',
  ])('can never be good as %j', (value) => expect(authorization(value)).toEqual(unusable));
  it('is the session cookie where cookies count, however many other cookies there are', () => {
    const cookies: [string, string][] = [
      ['cookie', 'a=b; tokenwarden_session=tws_1; tokenwarden_session_old=x'],
    ];
    expect(read(cookies, { cookie: true })).toEqual({ kind: 'session', token: 'tws_1' });
    expect(read(cookies)).toEqual({ kind: 'none' });
  });
});

describe('two credentials in one request', () => {
  it.each<[string, readonly [string, string][]]>([
    [
      'two Authorization headers',
      [
        ['Authorization', 'Bearer a'],
        ['authorization', 'Bearer a'],
      ],
    ],
    [
      'a header and the cookie',
      [
        ['Authorization', 'Bearer a'],
        ['Cookie', 'tokenwarden_session=b'],
      ],
    ],
    [
      'an unusable header and the cookie',
      [
        ['Authorization', 'x'],
        ['Cookie', 'tokenwarden_session=b'],
      ],
    ],
    ['two session cookies', [['Cookie', 'tokenwarden_session=a; tokenwarden_session=b']]],
    [
      'session cookies of two headers',
      [
        ['Cookie', 'tokenwarden_session=a'],
        ['Cookie', 'tokenwarden_session=b'],
      ],
    ],
  ])('are refused: %s', (_, headers) => expect(() => read(headers, { cookie: true })).toThrow(twoCarriers));
  it('are one where the cookies belong to another request', () =>
    expect(
      read([
        ['Authorization', 'Bearer a'],
        ['Cookie', 'tokenwarden_session=b'],
      ]),
    ).toEqual({ kind: 'bearer', token: 'a' }));
});

describe('HTTP Basic', () => {
  it('is form-decoded in both parts', () =>
    expect(basic('a%3Ab+c:d%2Be:f')).toEqual({ kind: 'basic', id: 'a:b c', secret: 'd+e:f' }));
  it.each(['no colon', 'a:%zz', 'a:%ff'])('can never be good as %j', (text) =>
    expect(basic(text)).toEqual(unusable),
  );
  it('can never be good where it is no UTF-8, or no base64', () => {
    expect(basic(Buffer.from([0x61, 0x3a, 0xff]))).toEqual(unusable);
    expect(authorization('Basic a:b', { basic: true })).toEqual(unusable);
  });
  it('is not taken where it is not accepted', () => expect(authorization('Basic YTpi')).toEqual(unusable));
});
