import type { GivenSettings, SettingKey } from './definitions.js';
import { isLoopback } from './loopback.rules.js';
import type { WebhookSettings } from './settings.js';

/** WEBHOOK_* as one: undefined where there is no webhook. Complete only where `webhookMistakes` found none. */
export function webhookSettings(given: GivenSettings): WebhookSettings | undefined {
  const { webhookUrl: url, webhookSecret: secret } = given;
  return url === undefined || secret === undefined ? undefined : { url, secret };
}

/** What must hold between the settings of the webhook. */
export function webhookMistakes(named: ReadonlySet<SettingKey>): string[] {
  if (named.has('webhookUrl') === named.has('webhookSecret')) return [];
  return named.has('webhookUrl')
    ? [
        'WEBHOOK_SECRET: it is required with WEBHOOK_URL: give whsec_ and 32 bytes in base64 (`echo whsec_$(openssl rand -base64 32)`).',
      ]
    : ['WEBHOOK_SECRET: it goes with WEBHOOK_URL: give that too, or leave this out.'];
}

/** What is allowed and should be known. */
export function webhookWarnings(webhook: WebhookSettings | undefined): string[] {
  if (!webhook) return [];
  const { protocol, hostname } = new URL(webhook.url);
  return protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''))
    ? []
    : ['WEBHOOK_URL is plain http: whoever is on the way reads the events. Give an https URL.'];
}
