import { describe, expect, it } from '@jest/globals';
import { Kind } from 'graphql';
import { BigIntScalar, DateScalar, DateTimeScalar, DurationScalar, JSONScalar } from './scalars.js';

describe('DateTime', () => {
  it('takes an offset and goes out in UTC with milliseconds', () => {
    const moment = DateTimeScalar.parseValue('2026-11-24T15:00:00+01:00');
    expect(DateTimeScalar.serialize(moment)).toBe('2026-11-24T14:00:00.000Z');
  });
  it.each(['2026-02-30T00:00:00Z', '2026-11-24 14:00:00Z', '2026-11-24T14:00:00', '2026-11-24', 1, null])(
    'refuses %p and says what would be right',
    (value) => expect(() => DateTimeScalar.parseValue(value)).toThrow('RFC 3339'),
  );
  it('refuses a number written into the document', () =>
    expect(() => DateTimeScalar.parseLiteral({ kind: Kind.INT, value: '1' }, {})).toThrow('RFC 3339'));
});

describe('Date', () => {
  it('answers a moment by its day in UTC', () =>
    expect(DateScalar.serialize(new Date('2026-11-24T23:59:59.999Z'))).toBe('2026-11-24'));
  it.each(['2026-02-29', '2026-1-1', '', 20261124])('refuses %p', (value) =>
    expect(() => DateScalar.parseValue(value)).toThrow('calendar day'),
  );
});

describe('Duration', () => {
  it('is normalised on its way in and out', () => {
    expect(DurationScalar.parseValue('PT24H')).toBe('P1D');
    expect(DurationScalar.serialize('P2W')).toBe('P14D');
  });
  it.each(['P1Y', 'pt1s', '-P1D', 'P', 'PT', 'PT1.5S', 'P3651D', 7])('refuses %p', (value) =>
    expect(() => DurationScalar.parseValue(value)).toThrow('ISO 8601'),
  );
});

describe('BigInt', () => {
  it('carries what a double cannot', () =>
    expect(BigIntScalar.serialize(BigIntScalar.parseValue('9007199254740993'))).toBe('9007199254740993'));
  it.each(['1.5', '١', '', ' 1', 2 ** 53, NaN, true])('refuses %p', (value) =>
    expect(() => BigIntScalar.parseValue(value)).toThrow('decimal string'),
  );
});

describe('JSON', () => {
  it('is taken as it is', () => expect(JSONScalar.parseValue({ a: [1, null] })).toEqual({ a: [1, null] }));
});
