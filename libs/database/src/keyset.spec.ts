import { describe, expect, it } from '@jest/globals';
import { keyset } from './keyset.js';

const byCreation = [
  { column: 'created_at', descending: true, type: 'timestamptz' },
  { column: 'id', descending: true, type: 'uuid' },
] as const;

describe('a page as SQL', () => {
  it('begins at the top without a cursor and fetches one row more', () =>
    expect(keyset({ size: 50, backward: false, binding: '' }, byCreation, 1)).toEqual({
      condition: 'TRUE',
      orderBy: 'created_at DESC, id DESC',
      direction: 'DESC',
      limit: 51,
      parameters: [],
    }));
  it('goes on beyond its cursor as one range of an index', () =>
    expect(
      keyset({ size: 2, backward: false, binding: '', after: ['2026-01-01T00:00:00Z', 'x'] }, byCreation, 3),
    ).toMatchObject({
      condition: '(created_at, id) < ($3::timestamptz, $4::uuid)',
      parameters: ['2026-01-01T00:00:00Z', 'x'],
    }));
  it('is fetched the other way round when it is asked from the end', () =>
    expect(
      keyset({ size: 2, backward: true, binding: '', before: ['2026-01-01T00:00:00Z', 'x'] }, byCreation, 1),
    ).toMatchObject({
      condition: '(created_at, id) > ($1::timestamptz, $2::uuid)',
      orderBy: 'created_at ASC, id ASC',
      direction: 'ASC',
    }));
  it('compares column by column where the columns go different ways', () =>
    expect(
      keyset(
        { size: 2, backward: false, binding: '', after: ['a', 'x'] },
        [
          { column: 'name', descending: true, type: 'text' },
          { column: 'id', descending: false, type: 'uuid' },
        ],
        1,
      ).condition,
    ).toBe('((name < $1::text) OR (name = $1::text AND id > $2::uuid))'));
  describe('of an order in which rows without a value stand last', () => {
    const byUse = (descending: boolean) =>
      [
        { column: 'used_at', descending, type: 'timestamptz', isNullable: true },
        { column: 'id', descending, type: 'uuid' },
      ] as const;
    const open = { size: 2, binding: '' };
    const orderOf = (descending: boolean, backward: boolean) =>
      keyset({ ...open, backward }, byUse(descending), 1).orderBy;
    const conditionOf = (cursor: object, backward = false) =>
      keyset({ ...open, backward, ...cursor }, byUse(true), 1).condition;
    it('keeps them last whichever way the order goes', () => {
      expect(orderOf(true, false)).toBe('used_at IS NULL ASC, used_at DESC, id DESC');
      expect(orderOf(false, false)).toBe('used_at IS NULL ASC, used_at ASC, id ASC');
      expect(orderOf(true, true)).toBe('used_at IS NULL DESC, used_at ASC, id ASC');
    });
    it('goes on from a value to smaller ones and to those without', () =>
      expect(conditionOf({ after: ['2026-01-01T00:00:00Z', 'x'] })).toBe(
        '((used_at IS NOT NULL AND (used_at, id) < ($1::timestamptz, $2::uuid)) OR used_at IS NULL)',
      ));
    it('goes on from one without to others without', () =>
      expect(conditionOf({ after: [null, 'x'] })).toBe('(used_at IS NULL AND (id) < ($1::uuid))'));
    it('goes back from a value to greater ones only', () =>
      expect(conditionOf({ before: ['2026-01-01T00:00:00Z', 'x'] }, true)).toBe(
        '(used_at IS NOT NULL AND (used_at, id) > ($1::timestamptz, $2::uuid))',
      ));
    it('goes back from one without to others without and to all values', () =>
      expect(conditionOf({ before: [null, 'x'] }, true)).toBe(
        '((used_at IS NULL AND (id) > ($1::uuid)) OR used_at IS NOT NULL)',
      ));
  });
});
