import { Webhook } from 'standardwebhooks';
import { CLOUD_EVENT_TYPE } from './cloud-event.rules.js';

/**
 * The headers of one attempt by Standard Webhooks 1: the signature covers id, moment and body, and the moment is that of the
 * attempt, so that a receiver can refuse what somebody recorded and sends again later. The secret is `whsec_` and base64.
 */
export function signedHeaders(
  message: { readonly id: string; readonly body: string },
  secret: string,
  now: Date,
): Record<string, string> {
  return {
    'content-type': CLOUD_EVENT_TYPE,
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(message.id, now, message.body),
  };
}
