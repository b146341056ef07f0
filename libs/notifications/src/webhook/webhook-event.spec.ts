import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { cloudEventBody, CLOUD_EVENT_TYPE } from './cloud-event.rules.js';
import { signedHeaders } from './signed-headers.js';
import { announcementOf, tokensExpiring, type TrailEvent, type WebhookEvent } from './webhook-event.js';

const ID = '0d4f7a52-6c58-4f0f-8d0a-2f1f7a9b1c01';
const TOKEN = '7b1c2d3e-4f50-4a61-9b72-8c93ad04be15';
const KEY = Buffer.from('a key of exactly thirty-two byte');
const SECRET = `whsec_${KEY.toString('base64')}`;
const REVOKED: TrailEvent = {
  sequence: '42',
  occurredAt: new Date('2026-11-27T08:00:00.123Z'),
  action: 'token.revoked',
  outcome: 'SUCCEEDED',
  actor: { kind: 'USER', id: '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01', name: 'grâce' },
  targetType: 'token',
  targetId: TOKEN,
  targetName: 'nightly "etl"',
  details: { reason: 'lost\nlaptop 💻' },
};

/** The body as a client reads it that nobody here wrote; made anew by its strict constructor, which refuses what is no CloudEvent. */
function accepted(event: WebhookEvent): CloudEvent<unknown> {
  const headers = { 'content-type': CLOUD_EVENT_TYPE };
  const read = HTTP.toEvent({ headers, body: cloudEventBody(event, ID, 'https://tokens.example') });
  if (Array.isArray(read)) throw new Error('One event was read as several.');
  return new CloudEvent(read, true);
}

describe('an event of the trail', () => {
  it('is a CloudEvent of the action, about its target, with what the trail says', () =>
    expect(accepted(announcementOf(REVOKED)).toJSON()).toEqual({
      specversion: '1.0',
      id: ID,
      source: 'https://tokens.example',
      type: 'tokenwarden.token.revoked',
      subject: TOKEN,
      time: '2026-11-27T08:00:00.123Z',
      datacontenttype: 'application/json',
      data: {
        action: 'token.revoked',
        outcome: 'SUCCEEDED',
        actor: REVOKED.actor,
        target: { type: 'token', id: TOKEN, name: 'nightly "etl"' },
        details: { reason: 'lost\nlaptop 💻' },
        sequence: '42',
      },
    }));
  it('without a target has no subject, for that is never empty', () => {
    const many = {
      ...REVOKED,
      action: 'tokens.bulk-revoked',
      targetType: null,
      targetId: null,
      targetName: null,
    };
    const event = announcementOf({ ...many, details: null });
    expect(JSON.parse(cloudEventBody(event, ID, 'https://a'))).not.toHaveProperty('subject');
    const read = accepted(event);
    expect(read.subject).toBeUndefined();
    expect(read.data).toMatchObject({ target: null, details: null });
  });
  it('is always the same text', () =>
    expect(cloudEventBody(announcementOf(REVOKED), ID, 'https://a')).toBe(
      cloudEventBody(announcementOf({ ...REVOKED }), ID, 'https://a'),
    ));
});

describe('tokens that end soon', () => {
  it('are one CloudEvent for a threshold, each with its owner and its last use', () => {
    const token = { id: TOKEN, name: 'ci', kind: 'SERVICE_ACCOUNT', endsAt: REVOKED.occurredAt } as const;
    const owner = { id: ID, name: 'nightly-etl' };
    const event = tokensExpiring(
      'P7D',
      [{ ...token, lastUsedAt: null, owner }],
      new Date('2026-11-20T08:00:00Z'),
    );
    expect(accepted(event)).toMatchObject({
      type: 'tokenwarden.token.expiring',
      time: '2026-11-20T08:00:00.000Z',
      data: {
        threshold: 'P7D',
        tokens: [
          {
            ...{ id: TOKEN, name: 'ci', kind: 'SERVICE_ACCOUNT', endsAt: '2026-11-27T08:00:00.123Z' },
            lastUsedAt: null,
            owner: { kind: 'SERVICE_ACCOUNT', ...owner },
          },
        ],
      },
    });
  });
});

describe('a signature', () => {
  const body = cloudEventBody(announcementOf(REVOKED), ID, 'https://tokens.example');

  it('is that of Standard Webhooks: HMAC-SHA256 over id, moment and body with the bytes of the secret', () => {
    const headers = signedHeaders({ id: ID, body }, SECRET, new Date('2026-11-27T08:00:00.999Z'));
    const expected = createHmac('sha256', KEY).update(`${ID}.1795766400.${body}`).digest('base64');
    expect(headers).toEqual({
      'content-type': 'application/cloudevents+json',
      'webhook-id': ID,
      'webhook-timestamp': '1795766400',
      'webhook-signature': `v1,${expected}`,
    });
  });
  it('is verified by the library of receivers, and not of another body', () => {
    const headers = signedHeaders({ id: ID, body }, SECRET, new Date());
    expect(new Webhook(SECRET).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow('No matching signature found');
  });
});
