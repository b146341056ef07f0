import type { Duration, TokenKind } from '@tokenwarden/vocabulary';

/** A named risk profile: how long tokens of which kinds may live. */
export interface LifetimeProfile {
  /** 2 to 32 characters of a-z, 0-9 and -, beginning with a letter. A profile is its name. */
  readonly name: string;
  readonly description: string | null;
  readonly maximum: Duration;
  /** What a token gets that asks for nothing; never above the maximum. */
  readonly defaultLifetime: Duration;
  /** The kinds of token that may be issued under it. */
  readonly kinds: readonly TokenKind[];
  /** The kinds that get it when none is asked for: each kind has exactly one such profile. */
  readonly defaultFor: readonly TokenKind[];
}

/** The ways a warning can go. */
export const WARNING_CHANNELS = ['EMAIL', 'WEBHOOK'] as const;
/** See `WARNING_CHANNELS`. */
export type WarningChannel = (typeof WARNING_CHANNELS)[number];

/** A housekeeping task that looks at tokens by their age; `schedule` is a cron expression of five fields, in UTC. */
export interface TaskByAge {
  readonly enabled: boolean;
  readonly after: Duration;
  readonly schedule: string;
}

/** The one document that administrators tune; every change makes a new version of it (rule 13). */
export interface PolicyDocument {
  readonly profiles: readonly LifetimeProfile[];
  readonly maximumOverlap: Duration;
  /** How long an orphaned service account can be brought back. */
  readonly orphanGrace: Duration;
  /** Tokens must name their scopes. */
  readonly requireScopes: boolean;
  readonly expiryWarnings: {
    readonly enabled: boolean;
    readonly thresholds: readonly Duration[];
    readonly schedule: string;
    readonly channels: readonly WarningChannel[];
  };
  readonly purge: TaskByAge;
  readonly idleRevocation: TaskByAge;
}

/** Version 1, as RULINGS has it; durations in their shortest form. */
export const FIRST_POLICY: PolicyDocument = {
  profiles: [
    {
      name: 'ephemeral',
      description: null,
      maximum: 'P1D',
      defaultLifetime: 'PT1H',
      kinds: ['USER', 'SERVICE_ACCOUNT'],
      defaultFor: [],
    },
    {
      name: 'interactive',
      description: null,
      maximum: 'P30D',
      defaultLifetime: 'P7D',
      kinds: ['USER'],
      defaultFor: ['USER'],
    },
    {
      name: 'automation',
      description: null,
      maximum: 'P365D',
      defaultLifetime: 'P90D',
      kinds: ['SERVICE_ACCOUNT'],
      defaultFor: ['SERVICE_ACCOUNT'],
    },
  ],
  maximumOverlap: 'P7D',
  orphanGrace: 'P30D',
  requireScopes: false,
  expiryWarnings: {
    enabled: true,
    thresholds: ['P30D', 'P7D', 'P1D'],
    schedule: '0 8 * * *',
    channels: ['EMAIL'],
  },
  purge: { enabled: true, after: 'P90D', schedule: '30 3 * * *' },
  idleRevocation: { enabled: false, after: 'P90D', schedule: '0 4 * * *' },
};
