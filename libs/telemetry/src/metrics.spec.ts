import { describe, expect, it } from '@jest/globals';
import { Gathering } from './gathering.js';
import { Logs, Metrics } from './index.js';

function metricsWithLines() {
  const lines: string[] = [];
  const metrics = new Metrics(
    new Logs({ level: 'info', destination: { write: (line) => void lines.push(line) } }),
  );
  return { metrics, lines };
}

describe('the page of metrics', () => {
  it('is OpenMetrics, to its last line', async () => {
    const { metrics } = metricsWithLines();
    expect(metrics.registry.contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(await metrics.registry.metrics()).toMatch(/\n# EOF\n$/);
  });
  it('keeps every name at a second scrape', async () => {
    const { metrics } = metricsWithLines();
    metrics.resolved('introspect', 'active', 0.001);
    const names = async () => (await metrics.registry.metrics()).match(/^# TYPE .*$/gm);
    expect(await names()).toEqual(await names());
  });
  it('counts what was resolved, by endpoint and outcome, from 0', async () => {
    const { metrics } = metricsWithLines();
    metrics.resolved('introspect', 'active', 0.002);
    metrics.resolved('introspect', 'active', 0.004);
    const page = await metrics.registry.metrics();
    expect(page).toContain('# TYPE tokenwarden_resolve counter');
    expect(page).toContain('tokenwarden_resolve_total{endpoint="introspect",outcome="active"} 2');
    expect(page).toContain('tokenwarden_resolve_total{endpoint="graphql",outcome="undecided"} 0');
    expect(page).toContain('tokenwarden_resolve_duration_seconds_bucket{le="0.0025"} 1');
    expect(page).toContain('tokenwarden_resolve_duration_seconds_count 2');
  });
  it('holds the process itself', async () =>
    expect(await metricsWithLines().metrics.registry.metrics()).toContain('process_start_time_seconds'));
});

describe('a gauge', () => {
  it('is read when somebody scrapes; what is not named is 0', async () => {
    const { metrics } = metricsWithLines();
    metrics.collectTokens(() => Promise.resolve([{ kind: 'USER', status: 'ACTIVE', count: 3 }]));
    metrics.collectTokensEnding(() =>
      Promise.resolve([{ kind: 'SERVICE_ACCOUNT', within: 'P7D', count: 2 }]),
    );
    metrics.collectDirectoryLastSuccess(() => Promise.resolve(new Date(1_700_000_000_500)));
    metrics.collectServiceAccounts(() => Promise.resolve([{ state: 'ORPHANED', count: 4 }]));
    metrics.collectDirectoryHeld(() => Promise.resolve(true));
    metrics.collectHousekeeping(() =>
      Promise.resolve([
        { task: 'DIRECTORY_SYNC', lastSuccessAt: new Date(1_700_000_001_000), isFailing: false },
      ]),
    );
    const page = await metrics.registry.metrics();
    expect(page).toContain(
      'tokenwarden_housekeeping_last_success_timestamp_seconds{task="DIRECTORY_SYNC"} 1700000001',
    );
    expect(page).toContain('tokenwarden_housekeeping_failing{task="DIRECTORY_SYNC"} 0');
    expect(page).toContain('tokenwarden_tokens{kind="USER",status="ACTIVE"} 3');
    expect(page).toContain('tokenwarden_tokens{kind="SERVICE_ACCOUNT",status="REVOKED"} 0');
    expect(page).toContain('tokenwarden_tokens_ending{kind="SERVICE_ACCOUNT",within="P7D"} 2');
    expect(page).toContain('tokenwarden_directory_last_success_timestamp_seconds 1700000000.5');
    expect(page).toContain('tokenwarden_service_accounts{state="ORPHANED"} 4');
    expect(page).toContain('tokenwarden_service_accounts{state="ACTIVE"} 0');
    expect(page).toContain('tokenwarden_directory_held 1');
  });
  it('is absent, and not 0, where it could not be read or there is nothing yet', async () => {
    const { metrics, lines } = metricsWithLines();
    metrics.collectTokens(() => Promise.reject(new Error('no database')));
    metrics.collectDirectoryLastSuccess(() => Promise.resolve(undefined));
    metrics.collectHousekeeping(() =>
      Promise.resolve([{ task: 'DIRECTORY_SYNC', lastSuccessAt: null, isFailing: true }]),
    );
    const page = await metrics.registry.metrics();
    expect(page).not.toMatch(/^tokenwarden_(tokens|directory\w+|housekeeping_last\w+)[ {]/m);
    expect(page).toContain('tokenwarden_housekeeping_failing{task="DIRECTORY_SYNC"} 1');
    expect(page).toMatch(/# EOF\n$/);
    expect(lines.join('')).toContain('no database');
  });
});

describe('gathering', () => {
  it('reads once for all who look at the same time or within a second', async () => {
    let reads = 0;
    let clock = 0;
    const gathering = new Gathering(
      () => Promise.resolve((reads += 1)),
      () => undefined,
      () => clock,
    );
    expect(await Promise.all([gathering.value(), gathering.value()])).toEqual([1, 1]);
    clock = 999;
    expect(await gathering.value()).toBe(1);
    clock = 1_000;
    expect(await gathering.value()).toBe(2);
  });
  it('gives up what does not come', async () => {
    const faults: unknown[] = [];
    const gathering = new Gathering(
      () => new Promise(() => undefined),
      (error) => faults.push(error),
    );
    expect(await gathering.value()).toBeUndefined();
    expect(faults).toHaveLength(1);
  });
});
