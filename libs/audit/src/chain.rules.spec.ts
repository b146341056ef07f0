import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '@tokenwarden/vocabulary';
import {
  canonicalForm,
  canonicalJson,
  CHAIN_START,
  chained,
  firstBreak,
  type ChainedContent,
} from './chain.rules.js';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const textOrNull = fc.option(text);
const content: fc.Arbitrary<Omit<ChainedContent, 'sequence'>> = fc.record({
  id: fc.uuid(),
  occurredAt: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  action: fc.constantFrom('token.created', 'token.revoked'),
  outcome: fc.constantFrom('SUCCEEDED', 'REFUSED'),
  actor: fc.record({ kind: fc.constantFrom('USER', 'SYSTEM'), id: fc.option(fc.uuid()), name: text }),
  actorTokenId: fc.option(fc.uuid()),
  targetType: fc.option(fc.constant('token')),
  targetId: textOrNull,
  targetName: textOrNull,
  address: textOrNull,
  userAgent: textOrNull,
  requestId: textOrNull,
  details: fc.jsonValue().map((value) => value as JsonValue),
});
const trail = fc
  .array(content, { minLength: 1, maxLength: 8 })
  .map((contents) => chained(CHAIN_START, contents));
const trailAndPlace = trail.chain((events) => fc.tuple(fc.constant(events), fc.nat(events.length - 1)));

describe('a trail', () => {
  it('is whole as it was written, in one piece or batch by batch', () =>
    fc.assert(
      fc.property(fc.array(content), fc.nat(8), (contents, cut) => {
        const whole = chained(CHAIN_START, contents);
        const begin = chained(CHAIN_START, contents.slice(0, cut));
        const rest = chained(begin.at(-1) ?? CHAIN_START, contents.slice(cut));
        expect([...begin, ...rest]).toEqual(whole);
        expect(firstBreak(CHAIN_START, whole, whole.at(-1))).toBeUndefined();
      }),
    ));
  it('numbers its events from 1 without a gap', () =>
    fc.assert(
      fc.property(trail, (events) =>
        expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => String(index + 1))),
      ),
    ));
  it('shows which event was edited, whatever was edited', () =>
    fc.assert(
      fc.property(trailAndPlace, content, fc.nat(11), ([events, place], other, field) => {
        const keys = Object.keys(other) as (keyof typeof other)[];
        const key = keys[field % keys.length] ?? 'id';
        const edited = events.map((event, index) =>
          index === place ? { ...event, [key]: other[key] } : event,
        );
        const before = events[place];
        fc.pre(!!before && !!edited[place] && canonicalForm(before) !== canonicalForm(edited[place]));
        expect(firstBreak(CHAIN_START, edited)?.sequence).toBe(String(place + 1));
      }),
    ));
  it('shows that an event between others was removed', () =>
    fc.assert(
      fc.property(trailAndPlace, ([events, place]) => {
        fc.pre(place < events.length - 1);
        expect(firstBreak(CHAIN_START, events.toSpliced(place, 1))?.sequence).toBe(String(place + 1));
      }),
    ));
  it('shows that two events changed places, with and without their numbers', () =>
    fc.assert(
      fc.property(trailAndPlace, ([events, place]) => {
        const [one, other] = [events[place], events[place + 1]];
        fc.pre(!!one && !!other);
        if (!one || !other) return;
        const swapped = events.toSpliced(place, 2, other, one);
        expect(firstBreak(CHAIN_START, swapped)?.sequence).toBe(String(place + 1));
        const renumbered = events.toSpliced(
          place,
          2,
          { ...other, sequence: one.sequence },
          { ...one, sequence: other.sequence },
        );
        expect(firstBreak(CHAIN_START, renumbered)?.sequence).toBe(String(place + 1));
      }),
    ));
  it('shows against a seal that its end was cut off', () =>
    fc.assert(
      fc.property(trailAndPlace, ([events, place]) =>
        expect(firstBreak(CHAIN_START, events.slice(0, place), events.at(-1))?.sequence).toBe(
          String(place + 1),
        ),
      ),
    ));
  it('shows against a seal that it was chained anew', () =>
    fc.assert(
      fc.property(trailAndPlace, ([events, place]) => {
        const forged = chained(
          CHAIN_START,
          events.map((event, index) =>
            index === place ? { ...event, requestId: `${event.requestId}!` } : event,
          ),
        );
        expect(firstBreak(CHAIN_START, forged)).toBeUndefined();
        expect(firstBreak(CHAIN_START, forged, events.at(-1))).toBeDefined();
      }),
    ));
});

describe('the canonical form', () => {
  it('does not depend on the order of keys', () =>
    expect(canonicalJson({ b: 1, a: { d: [1, 'é'], c: null } })).toBe(
      canonicalJson({ a: { c: null, d: [1, 'é'] }, b: 1 }),
    ));
  it('is JSON with sorted keys and without blanks', () =>
    expect(canonicalJson({ b: [true, 1e21, -0], a: '\n"' })).toBe('{"a":"\\n\\"","b":[true,1e+21,0]}'));
  it('of one event is what it was at the first release', () =>
    expect(
      chained(CHAIN_START, [
        {
          id: '00000000-0000-4000-8000-000000000001',
          occurredAt: new Date('2026-11-24T14:00:00.000Z'),
          action: 'token.created',
          outcome: 'SUCCEEDED',
          actor: { kind: 'USER', id: '00000000-0000-4000-8000-000000000002', name: 'ada' },
          actorTokenId: null,
          targetType: 'token',
          targetId: '00000000-0000-4000-8000-000000000003',
          targetName: 'laptop',
          address: '127.0.0.1',
          userAgent: null,
          requestId: null,
          details: { profile: 'interactive' },
        },
      ])[0]?.hash,
    ).toBe('a96e65e29019937417602cfff6f334b2b11e5076c389559eb952c90448c71f25'));
});
