import type { WebhookSettings } from '@tokenwarden/settings';
import type { AttemptEnd, Delivery } from '../outbox/channel-sender.js';
import type { Claimed } from '../outbox/claims.queries.js';
import { cloudEventBody, type WebhookEvent } from './cloud-event.rules.js';
import { outcomeOf } from './delivery-answer.rules.js';
import { Receiver } from './post-event.js';
import { signedHeaders } from './signed-headers.js';

/** A receiver that is slow keeps so many of our requests open, and no more. */
const LANES = 4;
/** What happened three days ago is no news. */
const LIFETIME_SECONDS = 3 * 24 * 3_600;
/** An answer that is on its way is worth waiting for: without it the event goes once more. */
const STOPPING_MILLISECONDS = 3_000;

/** How events are delivered to the webhook: one signed post each; see `outcomeOf` for what its answer means. */
export function webhookDelivery({ url, secret }: WebhookSettings, publicUrl: string): Delivery {
  const receiver = new Receiver(url);
  return {
    channel: 'WEBHOOK',
    lanes: LANES,
    lifetimeSeconds: LIFETIME_SECONDS,
    sayings: {
      trouble: 'The webhook does not take events: they wait, and are tried again.',
      recovered: 'The webhook takes events again.',
    },
    deliver: async (message: Claimed, ending: AttemptEnd) => {
      const body = cloudEventBody(message.content as WebhookEvent, message.id, publicUrl);
      const headers = signedHeaders({ id: message.id, body }, secret, new Date());
      const { signal, forget } = endOfAttempt(ending);
      const answer = await receiver.post(body, headers, signal).finally(forget);
      return outcomeOf(answer, new Date());
    },
    rest: () => receiver.close(),
  };
}

function endOfAttempt({ timeIsUp, stopping }: AttemptEnd): { signal: AbortSignal; forget: () => void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const end = () => controller.abort();
  const endSoon = () => (timer = setTimeout(end, STOPPING_MILLISECONDS));
  timeIsUp.addEventListener('abort', end, { once: true });
  stopping.addEventListener('abort', endSoon, { once: true });
  const forget = () => {
    timeIsUp.removeEventListener('abort', end);
    stopping.removeEventListener('abort', endSoon);
    clearTimeout(timer);
  };
  return { signal: controller.signal, forget };
}
