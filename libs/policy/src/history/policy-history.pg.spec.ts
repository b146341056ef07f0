import { beforeAll, describe, expect, it } from '@jest/globals';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../../test/harness/index.js';
import { changePolicy } from '../change/change-policy.js';
import { FIRST_POLICY } from '../policy-document.rules.js';
import { ensureFirstPolicy } from '../policy.service.js';
import { PolicyHistoryService } from './policy-history.service.js';

const specs = databaseForSpecs();
const history = () => new PolicyHistoryService(specs.database);
beforeAll(async () => {
  await specs.database.transaction(ensureFirstPolicy);
  for (const [index, orphanGrace] of ['P1D', 'P2D', 'P3D'].entries()) {
    const asked = { expectedVersion: index + 1, existingTokens: 'KEEP', changes: { orphanGrace } } as const;
    await specs.database.transaction((tx) =>
      changePolicy(tx, SYSTEM, { ...asked, ...(index === 1 ? { reason: 'longer' } : {}) }),
    );
  }
});

describe('the history of the policy', () => {
  it('is newest first, each version with what it changed and the whole of it; the first has changed nothing', async () => {
    const { nodes, pageInfo } = await history().versionsOnPage({});
    expect(
      nodes.map(({ version, reason, changes, policy }) => ({ version, reason, changes, of: policy.version })),
    ).toEqual([
      { version: 4, reason: null, changes: [{ path: 'orphanGrace', before: 'P2D', after: 'P3D' }], of: 4 },
      {
        version: 3,
        reason: 'longer',
        changes: [{ path: 'orphanGrace', before: 'P1D', after: 'P2D' }],
        of: 3,
      },
      { version: 2, reason: null, changes: [{ path: 'orphanGrace', before: 'P30D', after: 'P1D' }], of: 2 },
      { version: 1, reason: null, changes: [], of: 1 },
    ]);
    expect(nodes.map(({ policy }) => policy.orphanGrace)).toEqual([
      'P3D',
      'P2D',
      'P1D',
      FIRST_POLICY.orphanGrace,
    ]);
    expect(nodes[0]?.createdBy).toMatchObject({ kind: 'SYSTEM' });
    expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
  });

  it('goes on by its cursors, and knows where it ends and how long it is', async () => {
    const first = await history().versionsOnPage({ first: 3 });
    expect(first.nodes.map(({ version }) => version)).toEqual([4, 3, 2]);
    expect(first.pageInfo.hasNextPage).toBe(true);
    expect(await first.totalCount).toBe(4);
    const second = await history().versionsOnPage({ first: 1, after: first.pageInfo.endCursor });
    expect(second.nodes.map(({ version }) => version)).toEqual([1]);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  it('is read in shorter pages where its documents are large, and none is left out', async () => {
    const large = (of: string) =>
      Array.from({ length: 50 }, (_, i) => ({
        ...{ name: `p-${i}`, description: of.repeat(1_000), maximum: 'P30D', default: 'P1D' },
        ...{
          kinds: ['USER', 'SERVICE_ACCOUNT'] as const,
          defaultFor: i === 0 ? (['USER', 'SERVICE_ACCOUNT'] as const) : [],
        },
      }));
    for (let version = 4; version < 34; version += 1) {
      const asked = { expectedVersion: version, existingTokens: 'KEEP' } as const;
      const changes = { profiles: large(version % 2 === 0 ? '\u00fc' : '\u00e9') };
      await specs.database.transaction((tx) => changePolicy(tx, SYSTEM, { ...asked, changes }));
    }
    const pages: number[][] = [];
    let after: string | null = null;
    do {
      const page = await history().versionsOnPage({ first: 100, after });
      expect(page.pageInfo.hasNextPage).toBe(page.nodes.at(-1)?.version !== 1);
      pages.push(page.nodes.map(({ version }) => version));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(pages.flat()).toEqual(Array.from({ length: 34 }, (_, i) => 34 - i));
    for (const page of pages) expect(page.length).toBeLessThan(15);
    const few = await history().versionsOnPage({ first: 2 });
    expect(few.nodes.map(({ version }) => version)).toEqual([34, 33]);
  });

  it('refuses a page of nothing and a cursor of another list', async () => {
    for (const [args, field] of [
      [{ first: 0 }, 'first'],
      [{ first: 101 }, 'first'],
      [{ after: 'x' }, 'after'],
    ] as const) {
      await expect(history().versionsOnPage(args)).rejects.toMatchObject({ code: 'INVALID_INPUT', field });
    }
  });
});
