import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tokenwarden/vocabulary';
import { readJsonBody } from './json-body.js';

function fieldRefused(text: string): string | undefined {
  try {
    readJsonBody(Buffer.from(text));
  } catch (error) {
    if (error instanceof Problem && error.code === 'INVALID_INPUT') return error.field ?? 'no field';
    throw error;
  }
  return undefined;
}

describe('a JSON body', () => {
  it.each(['{}', ' [1, {"a": "}"}] ', '"{\\"a\\":1,\\"a\\":2}"', '0', '{"a":{"b":1},"b":["a","a"],"c":"a"}'])(
    'is what JSON says: %s',
    (text) => expect(readJsonBody(Buffer.from(text))).toEqual(JSON.parse(text)),
  );

  it('may be missing', () => expect(readJsonBody(Buffer.alloc(0))).toBeUndefined());

  it.each(['{', '{"a":1,}', '{"a":NaN}', "{'a':1}", '\ufeff{}', 'undefined', ' '])(
    'is refused where it is none: %s',
    (text) => expect(fieldRefused(text)).toBe('no field'),
  );

  it('is UTF-8', () =>
    expect(() => readJsonBody(Buffer.from([0x22, 0xff, 0x22]))).toThrow('A body that is JSON, in UTF-8.'));
});

describe('a key that stands twice in one object', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"" : 1, "" :2}', ''],
    ['{"a":{"b":[1,{"c":1,"c":1}]}}', 'a.b.1.c'],
    ['{"a":"\\\\","a":"\\""}', 'a'],
    ['{"variables":{"input":{"name":1,"name":2}}}', 'name'],
    ['{"variables":{"first":1,"first":2}}', 'first'],
    ['{"variables":{},"variables":{}}', 'no field'],
    ['{"query":"{ a }","query":"{ b }"}', 'no field'],
  ])('is refused by its path: %s', (text, field) => expect(fieldRefused(text)).toBe(field));
});

describe('the key __proto__', () => {
  it.each([
    ['{"__proto__":{}}', '__proto__'],
    ['{"variables":{"input":{"\\u005f_proto__":1}}}', '__proto__'],
  ])('is refused by its path: %s', (text, field) => expect(fieldRefused(text)).toBe(field));

  it('is a text like others where it is no key', () => expect(fieldRefused('["__proto__"]')).toBeUndefined());
});

describe('a body as large as a body may be', () => {
  const LARGE: Readonly<Record<string, string>> = {
    deep: '['.repeat(500_000) + ']'.repeat(500_000),
    'of objects': `[${'{"a":{}},'.repeat(100_000)}0]`,
    'of keys': `{${Array.from({ length: 80_000 }, (_, i) => `"k${i}":1`).join(',')}}`,
  };
  it.each(Object.keys(LARGE))('is read without a deep stack, here %s', (kind) =>
    expect(fieldRefused(LARGE[kind] ?? '')).toBeUndefined(),
  );
});
