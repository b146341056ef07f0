import { describe, expect, it } from '@jest/globals';
import { format } from 'prettier';
import { settingsTable } from './index.js';

describe('the reference of settings', () => {
  it('has a line for each setting, with its default', () => {
    const lines = settingsTable().trimEnd().split('\n');
    expect(lines).toHaveLength(2 + 35);
    expect(lines).toContainEqual(expect.stringMatching(/^\| `PORT` +\| `3000` +\| Port to listen on/));
  });
  it('says of a secret that a file may hold it', () =>
    expect(settingsTable()).toContain('or `MASTER_KEY_FILE`'));
  it('is what the formatter of README and docs would make of it', async () =>
    expect(await format(settingsTable(), { parser: 'markdown' })).toBe(settingsTable()));
});
