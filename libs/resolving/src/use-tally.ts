import type { UsesOfToken } from '@tokenwarden/tokens';

/** What is known, at a use of a token, of whoever bears it; what is not said leaves what was known before. */
export interface Bearer {
  /** IP address. */
  readonly from?: string | undefined;
  /** User agent. */
  readonly agent?: string | undefined;
}

/** So many tokens may wait to be written down: some tens of megabytes at the very most. */
const MOST_TOKENS = 50_000;
/** The longest IP address, and twice what is kept of an agent: it is cleaned and cut when it is written down. */
const LONGEST_ADDRESS = 45;
const LONGEST_AGENT = 1_000;
const DAY_MILLISECONDS = 86_400_000;

interface Uses {
  lastUsedAt: number;
  from: string | undefined;
  agent: string | undefined;
  readonly days: Map<string, number>;
}

/**
 * The uses of tokens since they were last written down (rule 21), in the memory of this process. Bounded: when too many
 * tokens wait, uses of further ones are dropped, and those of the waiting ones still count. The text of an agent is as it
 * came.
 */
export class UseTally {
  private readonly waiting = new Map<string, Uses>();
  private droppedUses = 0;
  private droppedEver = 0;
  private isFilling = true;
  private today = { number: Number.NaN, text: '' };
  private whenHalfFull: () => void = () => undefined;

  constructor(private readonly mostTokens: number = MOST_TOKENS) {}

  /** How many tokens wait. */
  get size(): number {
    return this.waiting.size;
  }

  /** `listener` is called behind a use, each time that half of the room is taken; it must neither throw nor take long. */
  onHalfFull(listener: () => void): void {
    this.whenHalfFull = listener;
  }

  /** One use, at `at`. Cheap, and it never fails: it stands on the path of every answer. */
  count(tokenId: string, at: Date, { from, agent }: Bearer): void {
    const uses = this.waiting.get(tokenId) ?? this.begin(tokenId);
    if (uses === undefined) {
      this.droppedUses += 1;
      this.droppedEver += 1;
      return;
    }
    const moment = at.getTime();
    if (moment > uses.lastUsedAt) uses.lastUsedAt = moment;
    if (from !== undefined && from !== uses.from) uses.from = ownCopy(from, LONGEST_ADDRESS);
    if (agent !== undefined && agent !== uses.agent) uses.agent = ownCopy(agent, LONGEST_AGENT);
    const day = this.dayOf(moment);
    uses.days.set(day, (uses.days.get(day) ?? 0) + 1);
    if (this.isFilling && !this.isHalfEmpty()) {
      this.isFilling = false;
      this.whenHalfFull();
    }
  }

  /** Takes the uses of at most `most` tokens out, those that wait longest. */
  take(most: number): UsesOfToken[] {
    const taken: UsesOfToken[] = [];
    for (const [tokenId, { lastUsedAt, ...uses }] of this.waiting) {
      if (taken.length === most) break;
      taken.push({ tokenId, lastUsedAt: new Date(lastUsedAt), ...uses });
      this.waiting.delete(tokenId);
    }
    this.isFilling = this.isHalfEmpty();
    return taken;
  }

  /** Puts back what was taken and could not be written, together with what has come since. */
  giveBack(taken: readonly UsesOfToken[]): void {
    for (const { tokenId, lastUsedAt, from, agent, days } of taken) {
      const since = this.waiting.get(tokenId);
      const before = lastUsedAt.getTime();
      if (since === undefined) {
        this.waiting.set(tokenId, { lastUsedAt: before, from, agent, days: new Map(days) });
        continue;
      }
      since.lastUsedAt = Math.max(since.lastUsedAt, before);
      since.from ??= from;
      since.agent ??= agent;
      for (const [day, count] of days) since.days.set(day, (since.days.get(day) ?? 0) + count);
    }
    this.isFilling = this.isHalfEmpty(); // else every use would ask a database again that takes nothing
  }

  /** How many uses were dropped since this began. */
  get everDropped(): number {
    return this.droppedEver;
  }

  /** How many uses were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.droppedUses;
    this.droppedUses = 0;
    return dropped;
  }

  private isHalfEmpty(): boolean {
    return this.waiting.size < this.mostTokens / 2;
  }

  private begin(tokenId: string): Uses | undefined {
    if (this.waiting.size >= this.mostTokens) return undefined;
    const uses: Uses = { lastUsedAt: -Infinity, from: undefined, agent: undefined, days: new Map() };
    this.waiting.set(tokenId, uses);
    return uses;
  }

  private dayOf(moment: number): string {
    const number = Math.floor(moment / DAY_MILLISECONDS);
    if (number !== this.today.number) {
      this.today = { number, text: new Date(moment).toISOString().slice(0, 10) };
    }
    return this.today.text;
  }
}

// A part of a text keeps the whole of it in memory: of a form of 64 KiB, for every token that waits.
function ownCopy(text: string, longest: number): string {
  return Buffer.from(text.slice(0, longest)).toString();
}
