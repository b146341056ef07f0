import { currentPolicy, type PolicyDocument } from '@tokenwarden/policy';
import type { JsonObject } from '@tokenwarden/vocabulary';
import { agreedNow } from '../runs/clocks-apart.js';
import { cutShort } from '../runs/cut-short.js';
import type { RunContext, RunOutcome, RunWork } from '../runs/run.js';
import type { Task, Timing } from '../runs/task.js';
import { foresee } from '../warnings/foreseeing.js';
import { tellAll, type WarningSurroundings } from '../warnings/telling.js';
import { Collected, decideAll } from '../warnings/through-ends.js';
import { missingChannel, openChannels } from '../warnings/warning-channels.js';
import { idleTokens } from './idle-tokens.queries.js';
import {
  countToRevoke,
  nothingBefore,
  releaseUsed,
  revokeMarked,
  type IdleSurroundings,
} from './idle-run.js';

/** What the task needs. */
export type IdleParts = IdleSurroundings & WarningSurroundings;

/** What a run has done so far. */
interface Done {
  revoked: number;
  released: number;
  readonly collected: Collected;
}

/**
 * IDLE_REVOCATION: tokens that nobody has used for the policy's `after` are marked and their owners told, and revoked a further
 * `after` later where they were not used in between. It does nothing before uses have been recorded whole for as long. Each
 * part is committed bit by bit: a run that was killed is gone on with by the next one, wherever it stood.
 */
export class IdleRevocationTask implements Task {
  readonly name = 'IDLE_REVOCATION';
  readonly budgetSeconds = 3_600;
  readonly isByTheClock = true;
  readonly run: RunWork = async (context) => {
    await this.parts.database.read(agreedNow);
    const { document } = await this.parts.database.read(currentPolicy);
    const { after } = document.idleRevocation;
    const notBefore = await this.parts.database.read((tx) => nothingBefore(tx, after));
    if (notBefore) return nothingDue(after, notBefore);
    return context.dryRun ? this.look(context, document) : this.keepHouse(context, document);
  };

  constructor(private readonly parts: IdleParts) {}

  /** As the policy in force says. */
  timing({ idleRevocation }: PolicyDocument): Timing {
    return { schedule: idleRevocation.schedule, isEnabled: idleRevocation.enabled };
  }

  private async keepHouse(context: RunContext, document: PolicyDocument): Promise<RunOutcome> {
    const done: Done = { revoked: 0, released: 0, collected: new Collected() };
    const said = () => detailsOf(document, done);
    try {
      const { after } = document.idleRevocation;
      await revokeMarked(context, this.parts, after, (count) => (done.revoked += count));
      done.released = await releaseUsed(context);
      const { state, error, details } = await this.markAndTell(context, document, done.collected);
      return { state, ...countsOf(done), ...(error && { error }), details: { ...said(), ...details } };
    } catch (error) {
      const { details, ...end } = cutShort(error);
      return { ...end, ...countsOf(done), details: { ...said(), ...details } };
    }
  }

  private async markAndTell(
    context: RunContext,
    { expiryWarnings, idleRevocation: { after } }: PolicyDocument,
    collected: Collected,
  ): Promise<Pick<RunOutcome, 'state' | 'error' | 'details'>> {
    const { database, notifications } = this.parts;
    // What could be told to nobody is not marked.
    const missing = missingChannel(expiryWarnings, notifications);
    if (missing !== undefined) return { state: 'FAILED', error: missing };
    const channels = openChannels(expiryWarnings, notifications);
    await decideAll(context, collected, idleTokens(after, channels), this);
    const told = { subject: { kind: 'IDLE', after }, channels } as const;
    const { details, ...end } = await tellAll(context, told, { database, notifications });
    const { webhook } = channels;
    return { ...end, details: { ...details, ...(webhook && { webhook }) } };
  }

  private async look({ signal }: RunContext, document: PolicyDocument): Promise<RunOutcome> {
    const { after } = document.idleRevocation;
    let revoked = 0;
    const foreseen = await foresee(this.parts, signal, document.expiryWarnings, async (tx, channels) => {
      revoked = await countToRevoke(tx, after);
      return idleTokens(after, channels);
    });
    const done: Done = { revoked, released: 0, collected: foreseen.collected };
    const details = { ...detailsOf(document, done), ...foreseen.details };
    return { state: 'SUCCEEDED', ...countsOf(done), details };
  }
}

const nothingDue = (after: string, notBefore: Date): RunOutcome => ({
  ...{ state: 'SUCCEEDED', examined: 0, affected: 0 },
  details: { after, nothingBefore: notBefore.toISOString() },
});

function countsOf({ revoked, collected }: Done) {
  return { examined: revoked + collected.examined, affected: revoked + collected.due };
}

function detailsOf({ idleRevocation }: PolicyDocument, { revoked, released, collected }: Done): JsonObject {
  const { due: marked, detailsOfUnreachable } = collected;
  return { after: idleRevocation.after, revoked, marked, released, ...detailsOfUnreachable };
}
