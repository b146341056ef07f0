import {
  embeddedMasterKey,
  lockDataDirectory,
  startEmbeddedPostgres,
  type EmbeddedLog,
} from '@tokenwarden/embedded';
import type { DirectorySource } from '@tokenwarden/directory';
import type { Settings } from '@tokenwarden/settings';
import type { Logs } from '@tokenwarden/telemetry';
import { openDirectory } from './open-directory.js';

/** What the product stands on once its embedded parts run: settings without a gap, and where people come from. */
export interface Parts {
  readonly settings: Settings;
  readonly directory: DirectorySource;
  /** Whether these parts are Tokenwarden's own stand-ins. */
  readonly isEmbedded: { readonly postgres: boolean; readonly directory: boolean };
}

/** What has to be undone when the product stops, the last first. */
export class Teardown {
  private readonly steps: (() => Promise<void>)[] = [];
  private done: Promise<void> | undefined;

  /** One more step, done before all that were added before it. */
  add(step: () => Promise<void>): void {
    this.steps.push(step);
  }

  /** Undoes everything once; a step that fails does not keep the others from being done. */
  run(onFailure: (error: unknown) => void): Promise<void> {
    this.done ??= this.undo(onFailure);
    return this.done;
  }

  private async undo(onFailure: (error: unknown) => void): Promise<void> {
    for (const step of this.steps.reverse()) await step().catch(onFailure);
  }
}

/**
 * Takes the DATA_DIR and starts what the settings leave to us.
 * @throws CannotStartError when another product has the DATA_DIR, or Postgres cannot be started here
 */
export async function startParts(settings: Settings, logs: Logs, teardown: Teardown): Promise<Parts> {
  const { dataDir, instanceName: instance } = settings;
  teardown.add(await lockDataDirectory(dataDir, { instance }));
  const completed =
    settings.databaseUrl === undefined ? await withEmbeddedPostgres(settings, logs, teardown) : settings;
  const directory = await openDirectory(settings);
  teardown.add(() => directory.close());
  return {
    settings: completed,
    directory,
    isEmbedded: {
      postgres: settings.databaseUrl === undefined,
      directory: settings.directoryFile === undefined && settings.ldap === undefined,
    },
  };
}

async function withEmbeddedPostgres(settings: Settings, logs: Logs, teardown: Teardown): Promise<Settings> {
  const masterKey = settings.masterKey ?? (await embeddedMasterKey(settings.dataDir));
  const postgres = await startEmbeddedPostgres({ dataDir: settings.dataDir, log: embeddedLog(logs) });
  teardown.add(() => postgres.stop());
  return settings.with({ databaseUrl: postgres.url, databaseDirectUrl: postgres.url, masterKey });
}

/** What the embedded parts have to say, in our log. */
export function embeddedLog(logs: Logs): EmbeddedLog {
  return { info: (sentence) => logs.info({}, sentence), warn: (sentence) => logs.warn({}, sentence) };
}
