import type { PolicyDocument } from '@tokenwarden/policy';
import { RunFailed } from '../runs/run.js';

/** Which ways there are, as the settings of this process have them. */
export interface WaysOpen {
  /** SMTP_URL is set. */
  readonly isMailOn: boolean;
  /** WEBHOOK_URL is set. */
  readonly isWebhookOn: boolean;
}

/** On which ways the warnings of a run go; one at least. */
export interface WarningChannels {
  readonly byMail: boolean;
  readonly byWebhook: boolean;
  /** What the run's details say of the webhook: `off` where the policy names it and there is none. */
  readonly webhook: 'on' | 'off' | null;
}

/** The channels of the policy that this process can use. A webhook that is missing beside mail is left out, and said. */
export function openChannels(
  { channels }: Pick<PolicyDocument['expiryWarnings'], 'channels'>,
  { isMailOn, isWebhookOn }: WaysOpen,
): WarningChannels {
  const wantsWebhook = channels.includes('WEBHOOK');
  const webhook = wantsWebhook ? (isWebhookOn ? 'on' : 'off') : null;
  return { byMail: channels.includes('EMAIL') && isMailOn, byWebhook: webhook === 'on', webhook };
}

/** Why a run can warn nobody as the policy has it, in words for an operator; undefined where it can. */
export function missingChannel(
  { channels }: Pick<PolicyDocument['expiryWarnings'], 'channels'>,
  { isMailOn, isWebhookOn }: WaysOpen,
): string | undefined {
  if (channels.includes('EMAIL') && !isMailOn)
    return 'The policy warns by EMAIL, and SMTP_URL is not set: nobody was told, and nothing is marked. Set SMTP_URL, or take EMAIL out of expiryWarnings.channels.';
  if (!channels.includes('EMAIL') && !isWebhookOn)
    return 'The policy warns by WEBHOOK alone, and WEBHOOK_URL is not set: nobody was told, and nothing is marked. Set WEBHOOK_URL, or add EMAIL to expiryWarnings.channels.';
  return undefined;
}

/**
 * The channels of a run; look before anything is decided, for what could be told to nobody is not marked.
 * @throws RunFailed where the policy names mail and there is none, or nothing but a webhook and there is none
 */
export function requireChannels(
  warnings: Pick<PolicyDocument['expiryWarnings'], 'channels'>,
  ways: WaysOpen,
): WarningChannels {
  const missing = missingChannel(warnings, ways);
  if (missing !== undefined) throw new RunFailed(missing);
  return openChannels(warnings, ways);
}
