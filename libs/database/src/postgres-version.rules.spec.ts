import { describe, expect, it } from '@jest/globals';
import { PostgresTooOldError, requireNewEnough } from './postgres-version.rules.js';

describe('a Postgres', () => {
  it.each([150_000, 150_006, 180_004])('of version %i is new enough', (version) =>
    expect(() => requireNewEnough(version)).not.toThrow(),
  );
  it.each([
    [149_999, 14],
    [140_012, 14],
    [90_624, 9],
  ])('of version %i is refused, with the one that it needs', (version, major) => {
    const refusal = `The Postgres at DATABASE_URL is version ${major}: Tokenwarden needs 15 or newer. Nothing was changed.`;
    expect(() => requireNewEnough(version)).toThrow(new PostgresTooOldError(refusal));
  });
});
