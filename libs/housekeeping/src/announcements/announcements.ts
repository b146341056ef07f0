import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { AuditService, changesBehind } from '@tokenwarden/audit';
import { Database, PeriodicWork, type Transaction } from '@tokenwarden/database';
import {
  announcementOf,
  enqueue,
  Notifications,
  type OutgoingEvent,
  type TrailEvent,
} from '@tokenwarden/notifications';
import { Logs } from '@tokenwarden/telemetry';
import { ANNOUNCED_ACTIONS, isAnnounced } from './announced.rules.js';
import { feedNow, holdFeed, moveFeed, turnFeedOff, turnFeedOn } from './webhook-feed.queries.js';

/** Beside the fraction of a second after which an event has its place in the trail. */
const REST_MILLISECONDS = 1_000;
/** So many places of the trail by one transaction: it enqueues them in a few statements. */
const STRETCH = 500;
/** After so many stretches it looks anew: a bound, which a trail that grows on does not move. */
const MOST_STRETCHES = 200;

/**
 * Tells the webhook what the trail records: every process with WEBHOOK_URL follows the trail, and one at a time moves on. Each
 * event is enqueued by the very transaction that notes that it was, under its own id: once, whoever is killed in between.
 *
 * While there is no webhook nothing is told, and nothing of that time later: turned on, it begins at the head of the trail. A
 * process without WEBHOOK_URL turns it off at its start.
 */
@Injectable()
export class Announcements implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private isBegun = false;
  private readonly periodic = new PeriodicWork({
    everyMilliseconds: REST_MILLISECONDS,
    work: (stopping) => this.look(stopping),
    onTrouble: (error) => this.logs.warn({ error }, 'The webhook is told nothing new for now: it waits.'),
    onRecovered: () => this.logs.info({}, 'The webhook is told again what happens.'),
  });

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly notifications: Notifications,
    private readonly logs: Logs,
  ) {}

  /** Before the product listens: what it is asked to do from then on is told. */
  async onApplicationBootstrap(): Promise<void> {
    await this.begin().catch(() => undefined); // it is tried again below, and said there
    this.periodic.start();
    this.periodic.wake();
  }

  /** Follows no more, and returns after what is under way. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  /**
   * Tells what has come since the last look.
   * @throws Error when an instance without a webhook turned it off; Problem `UNAVAILABLE`
   */
  async look(stopping: AbortSignal): Promise<void> {
    await this.begin();
    if (!this.notifications.isWebhookOn) return;
    const { isOn, isBehind } = await this.database.read(feedNow);
    if (!isOn) throw new Error(TURNED_OFF);
    if (!isBehind) return;
    for (let stretches = 0; stretches < MOST_STRETCHES && !stopping.aborted; stretches++) {
      if (!(await this.database.transaction(feedStretch))) break;
    }
    this.notifications.wake();
  }

  // Once: later on it is another instance that decides, and two that disagree must not turn it on and off in turns.
  private async begin(): Promise<void> {
    if (this.isBegun) return;
    if (this.notifications.isWebhookOn) {
      const head = await this.audit.head();
      await this.database.transaction((tx) => turnFeedOn(tx, head));
    } else if (await this.database.transaction(turnFeedOff)) {
      this.logs.info(
        { setting: 'WEBHOOK_URL' },
        'There is no webhook any more: what happens from now on is not sent.',
      );
    }
    this.isBegun = true;
  }
}

const TURNED_OFF =
  'An instance without WEBHOOK_URL was started and has turned the webhook off: give it to every instance, and start this one again.';

/** @returns whether there may be more */
async function feedStretch(tx: Transaction): Promise<boolean> {
  const place = await holdFeed(tx);
  if (place === undefined) return false;
  const { events, through } = await changesBehind(tx, place, STRETCH, ANNOUNCED_ACTIONS);
  if (through === place) return false;
  await enqueue(tx, events.filter(isAnnounced).map(toOutgoing));
  await moveFeed(tx, through);
  return BigInt(through) - BigInt(place) === BigInt(STRETCH);
}

type EventOfTrail = Omit<TrailEvent, 'actor'> & {
  readonly id: string;
  readonly actorKind: TrailEvent['actor']['kind'];
  readonly actorId: string | null;
  readonly actorName: string;
};

function toOutgoing({ id, actorKind, actorId, actorName, ...event }: EventOfTrail): OutgoingEvent {
  const actor = { kind: actorKind, id: actorId, name: actorName };
  return { channel: 'WEBHOOK', purpose: 'event', id, content: announcementOf({ ...event, actor }) };
}
