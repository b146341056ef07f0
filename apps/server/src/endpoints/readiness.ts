import { Injectable } from '@nestjs/common';
import { besideOwnClock, Database, databaseNow } from '@tokenwarden/database';
import { administratorGroupWarnings } from '@tokenwarden/directory';
import { housekeepingWarnings } from '@tokenwarden/housekeeping';
import { Settings } from '@tokenwarden/settings';
import { unavailable } from '@tokenwarden/vocabulary';

const PATIENCE_SECONDS = 2;
/** Whoever asks whether it is ready may wait a second, and warnings are the lesser part of the answer. */
const WARNINGS_PATIENCE_SECONDS = 0.5;
/** Anybody may ask as often as they like; the warnings are read so often at the most. */
const WARNINGS_KEPT_MILLISECONDS = 1_000;

const UNREAD =
  'The warnings could not be read: the database did not answer in time. Ask again; the log says more if it lasts.';

/** Whether this process can do its work now. */
@Injectable()
export class Readiness {
  private isStarted = false;
  private kept: { readonly until: number; readonly warnings: Promise<readonly string[]> } | undefined;

  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  /**
   * What an operator should look at although the product works, as of a second ago at most. Never an error: where it cannot
   * be read in half a second, that is the warning, for a product that works is ready.
   */
  async warnings(): Promise<readonly string[]> {
    if (!this.kept || performance.now() >= this.kept.until) {
      const warnings = this.readWarnings().catch(() => [UNREAD]);
      this.kept = { until: performance.now() + WARNINGS_KEPT_MILLISECONDS, warnings };
    }
    return this.kept.warnings;
  }

  /** Everything that the start has to do is done. */
  started(): void {
    this.isStarted = true;
  }

  /** @throws Problem `UNAVAILABLE` naming what is missing */
  async assertReady(): Promise<void> {
    if (!this.isStarted) throw unavailable('Starting: the directory has not been read yet.');
    const { difference } = await besideOwnClock(() =>
      this.database.read(databaseNow, { withinSeconds: PATIENCE_SECONDS }),
    );
    if (difference !== undefined) throw unavailable(difference);
  }

  private readWarnings(): Promise<readonly string[]> {
    return this.database.read(
      async (tx) => [
        ...(await administratorGroupWarnings(tx, this.settings.adminGroups)),
        ...(await housekeepingWarnings(tx)),
      ],
      { withinSeconds: WARNINGS_PATIENCE_SECONDS },
    );
  }
}
