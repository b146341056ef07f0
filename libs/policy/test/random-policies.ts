import fc from 'fast-check';
import { durationOfSeconds } from '@tokenwarden/vocabulary';
import type { PolicyChanges } from '../src/change/change.rules.js';
import type { AskedProfile } from '../src/change/profiles.rules.js';
import { FIRST_POLICY, type PolicyDocument } from '../src/policy-document.rules.js';
import { anyLength } from './random-tokens.js';

const anyDuration = anyLength.map((hours) => durationOfSeconds(hours * 3_600));
const thresholds = fc.uniqueArray(anyDuration, { minLength: 1, maxLength: 5 });
const task = fc.record({ enabled: fc.boolean(), after: anyDuration });

const profileOf = (name: string, kinds: AskedProfile['kinds'], defaultFor: AskedProfile['defaultFor']) =>
  anyDuration.map((maximum) => ({ name, maximum, default: 'PT1H', kinds, defaultFor }));
const profiles = fc
  .tuple(
    profileOf('interactive', ['USER'], ['USER']),
    profileOf('automation', ['SERVICE_ACCOUNT'], ['SERVICE_ACCOUNT']),
    fc.option(profileOf('ephemeral', ['USER', 'SERVICE_ACCOUNT'], [])),
  )
  .map((some) => some.filter((profile) => profile !== null));

/** Changes of all that has an impact, each of them made or left out. */
export const anyChanges: fc.Arbitrary<PolicyChanges> = fc.record(
  {
    profiles,
    requireScopes: fc.boolean(),
    expiryWarnings: fc.record({ enabled: fc.boolean(), thresholds }, { requiredKeys: [] }),
    purge: task,
    idleRevocation: task,
  },
  { requiredKeys: [] },
);

/** A whole policy that may be in force. */
export const anyPolicy: fc.Arbitrary<PolicyDocument> = fc
  .record({ warns: fc.boolean(), thresholds, purge: task, idle: task })
  .map(({ warns, purge, idle, ...facts }) => ({
    ...FIRST_POLICY,
    expiryWarnings: { ...FIRST_POLICY.expiryWarnings, enabled: warns, thresholds: facts.thresholds },
    purge: { ...FIRST_POLICY.purge, ...purge },
    idleRevocation: { ...FIRST_POLICY.idleRevocation, ...idle },
  }));
