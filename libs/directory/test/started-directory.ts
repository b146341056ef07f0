import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Client } from 'ldapts';
import type { RunningDirectory } from '../../../test/harness/index.js';

const MAKING_IT_MS = 180_000; // the first time on this machine

/** A directory server for all tests of a file, and what a test has to undo in it. */
export class StartedDirectory {
  server!: RunningDirectory;
  /** Bound as its administrator. */
  admin!: Client;
  /** What is done after a test, the last of them first. */
  readonly ends: (() => Promise<void>)[] = [];

  constructor(private readonly start: () => Promise<RunningDirectory>) {}

  /** Starts the server, and binds. */
  async open(): Promise<void> {
    this.server = await this.start();
    this.admin = await this.server.admin();
  }

  /** Does what a test has left to be done. */
  async end(): Promise<void> {
    for (const end of this.ends.splice(0).toReversed()) await end();
  }

  /** Stops the server, as far as it was started. */
  async close(): Promise<void> {
    await this.admin?.unbind();
    await this.server?.stop();
  }
}

/** A server, started in this way, for the tests of the file that calls this. */
export function directoryForSpecs(start: () => Promise<RunningDirectory>): StartedDirectory {
  const directory = new StartedDirectory(start);
  beforeAll(() => directory.open(), MAKING_IT_MS);
  afterEach(() => directory.end());
  afterAll(() => directory.close());
  return directory;
}
