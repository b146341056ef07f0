import { Injectable } from '@nestjs/common';
import { Database, databaseNow } from '@tokenwarden/database';
import { administratorGroupWarnings } from '@tokenwarden/directory';
import { directoryWarnings } from '@tokenwarden/housekeeping';
import { Settings } from '@tokenwarden/settings';
import { unavailable } from '@tokenwarden/vocabulary';

/** Farther apart than this, lifetimes and expiry would be judged by different clocks. */
const WIDEST_CLOCK_GAP_SECONDS = 5;

const PATIENCE_SECONDS = 2;

/** Whether this process can do its work now. */
@Injectable()
export class Readiness {
  private isStarted = false;

  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  /** What an operator should look at although the product works, as of now. */
  async warnings(): Promise<readonly string[]> {
    return this.database.read(
      async (tx) => [
        ...(await administratorGroupWarnings(tx, this.settings.adminGroups)),
        ...(await directoryWarnings(tx)),
      ],
      { withinSeconds: PATIENCE_SECONDS },
    );
  }

  /** Everything that the start has to do is done. */
  started(): void {
    this.isStarted = true;
  }

  /** @throws Problem `UNAVAILABLE` naming what is missing */
  async assertReady(): Promise<void> {
    if (!this.isStarted) throw unavailable('Starting: the directory has not been read yet.');
    const asked = Date.now();
    const databaseTime = await this.database.read(databaseNow, { withinSeconds: PATIENCE_SECONDS });
    const answered = Date.now();
    const ahead = Math.max(asked - databaseTime.getTime(), databaseTime.getTime() - answered);
    if (ahead > WIDEST_CLOCK_GAP_SECONDS * 1_000) {
      throw unavailable(
        `The clocks of this machine and of the database are more than ${WIDEST_CLOCK_GAP_SECONDS} seconds apart.`,
      );
    }
  }
}
