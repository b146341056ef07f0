import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Database, inTime, PeriodicWork } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { recordUses, restartUseTracking, type UsesOfToken } from '@tokenwarden/tokens';
import { keptAgent } from './kept-agent.js';
import { UseTally } from './use-tally.js';

const PERIOD_MILLISECONDS = 10_000;
/** Tokens of one transaction. */
const BATCH = 300;
/** Longer than every statement of a batch may take: how it went is known, but for a commit whose answer never came. */
const LONGEST_BATCH_SECONDS = 30;
/** At a stop: before the server closes, and for what it answers while it closes. */
const LONGEST_LAST_FLUSH_SECONDS = 2;
const LONGEST_VERY_LAST_FLUSH_SECONDS = 1;

/** After so long a use stands in the database, in milliseconds, unless that is in trouble: whatever the process that saw it. */
export const USES_WRITTEN_WITHIN_MILLISECONDS = PERIOD_MILLISECONDS + 5_000;

/**
 * Writes down what the tally counted (rule 21): every ten seconds, early when many tokens wait, and at a stop. What cannot
 * be written is kept and tried again with what came since. Each use is written once; but where the answer of a commit never
 * came, those of that batch (at most 300 tokens) may have been, and count twice then. Where uses were dropped, tracking begins
 * anew before anything else is written: what looks unused may have been used.
 */
@Injectable()
export class UseFlusher implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private running: Promise<void> | undefined;
  private underWay: readonly UsesOfToken[] = [];
  private isDropping = false;
  /** Of so many dropped uses the database knows that they were. */
  private knownAsLost = 0;
  // Trouble is logged once and tried again: what waits is safe as long as this process lives.
  private readonly periodic = new PeriodicWork({
    everyMilliseconds: PERIOD_MILLISECONDS,
    work: () => this.flush(),
    onTrouble: (error) =>
      this.logs.warn(
        { error, count: this.tally.size },
        'The last uses of tokens could not be written down; they wait.',
      ),
    onTimeEnded: (isInTrouble) => this.tellOfDropped(isInTrouble),
  });

  constructor(
    private readonly tally: UseTally,
    private readonly database: Database,
    private readonly logs: Logs,
  ) {}

  /** From now on uses are written down within seconds. */
  onApplicationBootstrap(): void {
    this.tally.onHalfFull(() => this.periodic.wake());
    this.periodic.start();
  }

  /** Stops, and writes what waits; gives it up after two seconds. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.flushAtStop(LONGEST_LAST_FLUSH_SECONDS);
  }

  /** Writes what was used while the server closed, within a second, and says what is lost. */
  async onApplicationShutdown(): Promise<void> {
    await this.flushAtStop(LONGEST_VERY_LAST_FLUSH_SECONDS);
    const count = this.tally.size + this.underWay.length;
    if (count > 0)
      this.logs.warn({ count }, 'The last uses of so many tokens were not written down before the stop.');
  }

  /**
   * Writes everything that waits at the call. Simultaneous calls share the work.
   * @throws whatever kept it from that: the rest waits
   */
  async flush(): Promise<void> {
    this.running ??= this.writeAll().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async writeAll(): Promise<void> {
    const dropped = this.tally.everDropped;
    if (dropped !== this.knownAsLost) {
      await this.database.transaction(restartUseTracking, { withinSeconds: LONGEST_BATCH_SECONDS });
      this.knownAsLost = dropped;
    }
    for (let left = this.tally.size; left > 0; left -= BATCH) {
      this.underWay = this.tally.take(BATCH);
      const batch = this.underWay.map((uses) => ({ ...uses, agent: keptAgent(uses.agent) }));
      try {
        await this.database.transaction((tx) => recordUses(tx, batch), {
          withinSeconds: LONGEST_BATCH_SECONDS,
        });
      } catch (error) {
        this.tally.giveBack(this.underWay);
        throw error;
      } finally {
        this.underWay = [];
      }
    }
  }

  private tellOfDropped(isInTrouble: boolean): void {
    const count = this.tally.takeDropped();
    if (count > 0 && !this.isDropping)
      this.logs.warn(
        { count },
        'So many tokens wait for their last use to be written down that uses of others are dropped.',
      );
    this.isDropping = count > 0 || (this.isDropping && isInTrouble);
  }

  // A batch that is under way may hold what came before this call only; what came since needs another.
  private async flushAtStop(seconds: number): Promise<void> {
    const rest = async () => {
      await this.periodic.stop();
      await this.running?.catch(() => undefined);
      await this.flush();
    };
    await inTime(seconds, rest()).catch(() => undefined);
  }
}
