import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { IsDuration, IsInput, IsText, IsTextList, MayBeLeftOut, NullIsMeant } from './input.decorators.js';
import { inputValidation } from './input-validation.pipe.js';

class Purge {
  @IsDuration('PT1M') @MayBeLeftOut() after?: string;
}
class Profile {
  @IsDuration() maximum: string;
}
class Changes {
  @IsInput(() => Purge) @MayBeLeftOut() purge?: Purge;
  @IsInput(() => Profile) @MayBeLeftOut() profiles?: Profile[];
}
class Input {
  @IsText({ maximum: 5 }) name: string;
  @IsText({ maximum: 5, lines: true }) @NullIsMeant() description?: string | null;
  @IsTextList({ most: 4, least: 1, maximum: 3 }) @MayBeLeftOut() scopes?: string[];
  @IsInput(() => Changes) @MayBeLeftOut() changes?: Changes;
  @MayBeLeftOut() at?: Date;
}

const body = (value: unknown) =>
  inputValidation().transform(value, { type: 'body', metatype: Input }) as Promise<Input>;
const argument = (value: unknown, data = 'input') =>
  inputValidation().transform(value, { type: 'query', metatype: Input, data }) as Promise<Input>;
const refusal = (field: string | undefined) => expect.objectContaining({ code: 'INVALID_INPUT', field });

describe('an input', () => {
  it('comes out as its class, its moments as moments', async () => {
    const at = new Date(0);
    const input = await argument({ name: 'a', at });
    expect(input).toBeInstanceOf(Input);
    expect(input.at).toEqual(at);
  });
  it('has no nulls but where null is meant', async () => {
    const input = await argument({ name: 'a', description: null, scopes: null, changes: { purge: null } });
    expect(input.description).toBeNull();
    expect('scopes' in input).toBe(false);
    expect(input.changes).toEqual({});
  });
  it('as an argument that was left out, or null, is undefined', async () => {
    expect(await argument(null)).toBeUndefined();
    expect(await argument(undefined)).toBeUndefined();
  });
  it.each([
    [{ name: '123456' }, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'a', description: 'a\u0000' }, 'description'],
    [{ name: 'a', scopes: [] }, 'scopes'],
    [{ name: 'a', scopes: ['a', 'b', 'c', 'd', 'e'] }, 'scopes'],
    [{ name: 'a', scopes: ['a', 'b', 'c', '1234'] }, 'scopes.3'],
    [{ name: 'a', changes: { purge: { after: 'PT59S' } } }, 'changes.purge.after'],
    [
      { name: 'a', changes: { profiles: [{ maximum: 'P1D' }, { maximum: 'PT0S' }] } },
      'changes.profiles.1.maximum',
    ],
  ])('%j is refused on %s', async (value, field) => {
    await expect(argument(value)).rejects.toEqual(refusal(field));
  });
  it('of another name than input is named by it', async () => {
    await expect(argument({ name: '' }, 'filter')).rejects.toEqual(refusal('filter.name'));
  });
  it('counts characters, not halves of them', async () => {
    expect((await argument({ name: '😀😀😀😀😀' })).name).toHaveLength(10);
  });
});

describe('a JSON body', () => {
  it.each([null, [], 'text', 7])('is refused as %j', async (value) => {
    await expect(body(value)).rejects.toEqual(refusal(undefined));
  });
  it('is refused with a field that does not exist, by its name', async () => {
    await expect(body({ name: 'a', nickname: 'b' })).rejects.toEqual(refusal('nickname'));
  });
  it('is refused unread where it is too large or too deep, by the part that is', async () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    const members = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`m${i}`, 1]));
    await expect(body({ name: Array(1_001).fill(1) })).rejects.toEqual(refusal('name'));
    await expect(body({ name: { inner: members } })).rejects.toEqual(refusal('name.inner'));
    await expect(body(members)).rejects.toEqual(refusal(undefined));
    await expect(body({ name: deep })).rejects.toEqual(refusal(`name${'.0'.repeat(11)}`));
  });
  it.each([
    [{}, 'This is required.'],
    [{ name: 7 }, 'This must be a text.'],
    [{ name: 'a', scopes: 'b' }, 'This must be a list.'],
    [{ name: 'a', scopes: ['b', 7] }, 'This must be a text.'],
    [
      { name: 'a', changes: { profiles: [{ maximum: 'P1M' }] } },
      'This must be a duration from PT1S to P3650D.',
    ],
    [[], 'This must be an object.'],
  ])('%j is answered with a sentence of its own', async (value, sentence) => {
    await expect(body(value)).rejects.toEqual(expect.objectContaining({ message: sentence }));
  });
  it('is refused with another type', async () => {
    await expect(body({ name: 7 })).rejects.toEqual(refusal('name'));
  });
});
