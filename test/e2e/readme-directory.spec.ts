import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { freePort, newFolder } from '../harness/index.js';
import { startDemoOpenLdap, type DemoOpenLdap } from './demo-openldap.js';
import { jsonOf, printedBy, tourOfReadme, walk, type Step } from './shell-tour.js';
import { until } from './waiting.js';

jest.setTimeout(120_000);

const ROOT = join(import.meta.dirname, '../..');

let openldap: DemoOpenLdap;
let terminal: ChildProcess;
let printed = '';
let steps: Step[];

beforeAll(async () => {
  openldap = await startDemoOpenLdap();
  const port = await freePort();
  terminal = inTerminal(literally('directory: connect', 'ldap://127.0.0.1:1389', openldap.url), {
    PORT: String(port),
    DATA_DIR: join(newFolder('readme-directory'), 'data'),
  });
  await until(() => terminal.exitCode !== null || printed.includes('Tokenwarden is ready'), { seconds: 60 });
  steps = await walk(
    literally('directory: use', 'BASE=http://127.0.0.1:3000', `BASE=http://127.0.0.1:${port}`),
  );
});

afterAll(async () => {
  const ended = new Promise((resolve) => terminal.once('close', resolve));
  process.kill(-(terminal.pid ?? 0), 'SIGTERM');
  await ended;
  await openldap.stop();
});

describe('"Connect your directory" of the README, pasted line by line', () => {
  it('checks the directory first: what would come in, and who administers', () => {
    const [check = ''] = printed.split('Tokenwarden is ready');
    for (const line of [
      `Directory: LDAP_URL, ${openldap.url} (LDAP_SCHEMA=openldap)`,
      '  5 users: 4 enabled, 1 disabled',
      '  ✓ platform-admins: the group 7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11, 1 enabled member: ada',
      'The directory can be read as a whole: a synchronisation would apply this.',
    ])
      expect(check.split('\n')).toContain(line);
    expect(check).not.toMatch(/ ✗ | ! /);
  });

  it('starts the product on these people', () => {
    expect(printed).toContain(`Directory          ${openldap.url} (openldap)`);
    expect(printed).not.toContain('tokenwarden-demo');
  });

  it('has no line that fails', () => {
    expect(steps.length).toBeGreaterThan(8);
    expect(steps.filter((step) => step.exitCode !== 0)).toEqual([]);
  });

  it('lets Ada grant, and Grace do what was granted', () => {
    const grants = ['dataset/*:read', 'dataset/*:write'];
    expect(jsonOf(printedBy(steps, 'setGroupGrants'))).toEqual({
      data: { setGroupGrants: { group: { name: 'data-engineering', grants } } },
    });
    expect(jsonOf(printedBy(steps, 'viewer'))).toEqual({
      data: { viewer: { user: { username: 'grace', email: 'grace@demo.example' }, permissions: grants } },
    });
  });

  it('reads the directory now, and shows its runs', () => {
    const started = jsonOf(printedBy(steps, 'runHousekeeping')) as {
      data: { runHousekeeping: { run: unknown } };
    };
    expect(started.data.runHousekeeping.run).toMatchObject({
      state: expect.stringMatching(/RUNNING|SUCCEEDED/),
    });
    const shown = jsonOf(printedBy(steps, 'housekeepingRuns')) as {
      data: { housekeepingRuns: { nodes: { trigger: string; error: string | null }[] } };
    };
    const { nodes } = shown.data.housekeepingRuns;
    expect(nodes[0]?.trigger).toBe('MANUAL');
    expect(nodes.map(({ error }) => error)).toEqual(nodes.map(() => null));
  });
});

/** The block as it stands there, but for an address that tests may not have. */
function literally(mark: string, address: string, here: string): string {
  const tour = tourOfReadme(mark);
  expect(tour.split(address)).toHaveLength(2);
  return tour.replace(address, here);
}

/** A shell that reads these lines, in a process group of its own as a terminal gives it. */
function inTerminal(lines: string, env: Record<string, string>): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('bash', {
    cwd: ROOT,
    detached: true,
    env: { PATH, HOME, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stdin.end(`${lines}\n`);
  return child;
}
