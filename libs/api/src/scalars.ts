import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';
import type { ValueNode } from 'graphql';
import { parseDuration, parseInstant, type JsonValue } from '@tokenwarden/vocabulary';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const WHOLE_NUMBER = /^-?\d{1,30}$/;

/** A refused value: the message says what would be right and never repeats what was sent, which may be a secret. */
function refuse(whatIsRight: string): never {
  throw new GraphQLError(whatIsRight);
}

function textOf(node: ValueNode, whatIsRight: string): string {
  return node.kind === Kind.STRING ? node.value : refuse(whatIsRight);
}

const DATE_TIME = 'A moment by RFC 3339 with an offset, as 2026-11-24T14:00:00Z.';

function dateTimeOf(text: unknown): Date {
  return (typeof text === 'string' && parseInstant(text)) || refuse(DATE_TIME);
}

/** An instant. In: RFC 3339 with `Z` or an offset, a `Date` for the code. Out: UTC with milliseconds. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'An instant, RFC 3339 in UTC with milliseconds, as 2026-11-24T14:00:00.000Z. Input may carry another offset.',
  serialize: (value) => (value instanceof Date ? value : new Date(value as string)).toISOString(),
  parseValue: dateTimeOf,
  parseLiteral: (node) => dateTimeOf(textOf(node, DATE_TIME)),
});

const DATE = 'A calendar day that exists, as 2026-11-24.';

function dayOf(text: unknown): string {
  if (typeof text !== 'string' || !DAY.test(text) || !parseInstant(`${text}T00:00:00Z`)) return refuse(DATE);
  return text;
}

/** A calendar day in UTC: a text as `2026-11-24` for the code; a `Date` is answered by its day. */
export const DateScalar = new GraphQLScalarType<string, string>({
  name: 'Date',
  description: 'A calendar day in UTC, as 2026-11-24.',
  serialize: (value) => dayOf(value instanceof Date ? value.toISOString().slice(0, 10) : value),
  parseValue: dayOf,
  parseLiteral: (node) => dayOf(textOf(node, DATE)),
});

const DURATION =
  'An ISO 8601 duration of weeks, days, hours, minutes, seconds up to P3650D, as P7D or PT90M.';

function durationOf(text: unknown): string {
  return (typeof text === 'string' && parseDuration(text)) || refuse(DURATION);
}

/** A span of time, normalised both ways: `PT24H` comes in and goes out as `P1D`. Zero is a duration; rooms refuse it where it is none. */
export const DurationScalar = new GraphQLScalarType<string, string>({
  name: 'Duration',
  description:
    'ISO 8601 duration of weeks, days, hours, minutes, seconds (P7D, PT90M). Years and months are refused as inexact. A day is 86,400 seconds.',
  serialize: durationOf,
  parseValue: durationOf,
  parseLiteral: (node) => durationOf(textOf(node, DURATION)),
});

const BIG_INT = 'A whole number of at most 30 digits, as a decimal string.';

function bigIntOf(value: unknown): bigint {
  if (typeof value === 'string' && WHOLE_NUMBER.test(value)) return BigInt(value);
  return Number.isSafeInteger(value) ? BigInt(value as number) : refuse(BIG_INT);
}

/** A whole number beyond 32 bits: a `bigint` for the code, a decimal string outside. */
export const BigIntScalar = new GraphQLScalarType<bigint, string>({
  name: 'BigInt',
  description: 'A whole number beyond 32 bits, as a decimal string.',
  serialize: (value) => (typeof value === 'bigint' ? value : bigIntOf(value)).toString(),
  parseValue: bigIntOf,
  parseLiteral: (node) =>
    node.kind === Kind.INT || node.kind === Kind.STRING ? bigIntOf(node.value) : refuse(BIG_INT),
});

/** Any JSON value, as it is. */
export const JSONScalar = new GraphQLScalarType<JsonValue, JsonValue>({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value as JsonValue,
  parseValue: (value) => value as JsonValue,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables) as JsonValue,
});
