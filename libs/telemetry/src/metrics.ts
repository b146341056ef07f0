import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { OpenMetricsContentType } from 'prom-client';
import { SERVICE_ACCOUNT_STATES, TOKEN_KINDS, TOKEN_STATUSES } from '@tokenwarden/vocabulary';
import { Gathering } from './gathering.js';
import {
  ENDING_WITHIN,
  type AccountCount,
  type EndingCount,
  type OutboxCount,
  type TaskHealth,
  type TokenCount,
} from './gauge-values.js';
import type { Logs } from './logs.js';

/** Where a token was asked about. */
export const RESOLVE_ENDPOINTS = ['introspect', 'graphql', 'caller'] as const;
/** See `RESOLVE_ENDPOINTS`: OAuth introspection, GraphQL's resolveToken, the token of a caller's own request. */
export type ResolveEndpoint = (typeof RESOLVE_ENDPOINTS)[number];

/** How it was answered. */
export const RESOLVE_OUTCOMES = ['active', 'inactive', 'undecided'] as const;
/** See `RESOLVE_OUTCOMES`: undecided is a 503. */
export type ResolveOutcome = (typeof RESOLVE_OUTCOMES)[number];

// From a hit in memory to the end of a database's patience.
const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * What is counted, as OpenMetrics (names by CONTRACT, "Metrics"). Labels are words of closed lists: none can hold a token,
 * a name or a value without bound. Upper rooms say once where the gauges' numbers come from; they are read at a scrape.
 */
export class Metrics {
  readonly registry = openMetricsRegistry();
  readonly #resolved = new Map<string, Counter.Internal>();
  readonly #duration: Histogram;

  constructor(private readonly logs: Logs) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const total = new Counter({
      name: 'tokenwarden_resolve_total',
      help: 'Answers to the question whose token this is, by where it was asked and how it was answered.',
      labelNames: ['endpoint', 'outcome'],
      registers,
    });
    for (const endpoint of RESOLVE_ENDPOINTS) {
      // Children kept from the start: series begin at 0, and counting one costs no look-up by labels.
      for (const outcome of RESOLVE_OUTCOMES) {
        const child = total.labels(endpoint, outcome);
        child.inc(0);
        this.#resolved.set(`${endpoint} ${outcome}`, child);
      }
    }
    this.#duration = new Histogram({
      name: 'tokenwarden_resolve_duration_seconds',
      help: 'How long such an answer took.',
      buckets: BUCKETS_SECONDS,
      registers,
    });
  }

  /** One token was resolved, in so many seconds. */
  resolved(endpoint: ResolveEndpoint, outcome: ResolveOutcome, seconds: number): void {
    this.#resolved.get(`${endpoint} ${outcome}`)?.inc();
    this.#duration.observe(seconds);
  }

  /** Says how to count tokens by kind and status; what `read` leaves out is 0. */
  collectTokens(read: () => Promise<readonly TokenCount[]>): void {
    const zeroes = TOKEN_KINDS.flatMap((kind) =>
      TOKEN_STATUSES.map((status) => ({ labels: { kind, status }, value: 0 })),
    );
    this.#gauge('tokenwarden_tokens', 'Tokens that have a row.', ['kind', 'status'], async () => [
      ...zeroes,
      ...(await read()).map(({ kind, status, count }) => ({ labels: { kind, status }, value: count })),
    ]);
  }

  /** Says how to count the live tokens that end soon; what `read` leaves out is 0. */
  collectTokensEnding(read: () => Promise<readonly EndingCount[]>): void {
    const zeroes = TOKEN_KINDS.flatMap((kind) =>
      ENDING_WITHIN.map((within) => ({ labels: { kind, within }, value: 0 })),
    );
    this.#gauge(
      'tokenwarden_tokens_ending',
      'Live tokens that end within a span.',
      ['kind', 'within'],
      async () => [
        ...zeroes,
        ...(await read()).map(({ kind, within, count }) => ({ labels: { kind, within }, value: count })),
      ],
    );
  }

  /** Says how to count service accounts by state; what `read` leaves out is 0. */
  collectServiceAccounts(read: () => Promise<readonly AccountCount[]>): void {
    const zeroes = SERVICE_ACCOUNT_STATES.map((state) => ({ labels: { state }, value: 0 }));
    this.#gauge('tokenwarden_service_accounts', 'Service accounts.', ['state'], async () => [
      ...zeroes,
      ...(await read()).map(({ state, count }) => ({ labels: { state }, value: count })),
    ]);
  }

  /** Says how the housekeeping tasks do; one that never succeeded has no moment. */
  collectHousekeeping(read: () => Promise<readonly TaskHealth[]>): void {
    const lastSuccess = 'tokenwarden_housekeeping_last_success_timestamp_seconds';
    this.#gauge(lastSuccess, 'When a run of the task last succeeded.', ['task'], async () =>
      (await read()).flatMap(({ task, lastSuccessAt }) =>
        lastSuccessAt === null ? [] : [{ labels: { task }, value: secondsOf(lastSuccessAt) }],
      ),
    );
    const failing = 'tokenwarden_housekeeping_failing';
    const help =
      'Whether the task fails: 1 until a run succeeds or is HELD; dry, stopped and refused runs do not count.';
    this.#gauge(failing, help, ['task'], async () =>
      (await read()).map(({ task, isFailing }) => ({ labels: { task }, value: isFailing ? 1 : 0 })),
    );
  }

  /** Says how many messages wait in the outbox, and how many were given up and are kept. */
  collectOutbox(read: () => Promise<OutboxCount>): void {
    const pending = 'tokenwarden_outbox_pending';
    this.#gauge(pending, 'Mails and events that wait to be sent.', [], async () => [
      { labels: {}, value: (await read()).pending },
    ]);
    const givenUp = 'tokenwarden_outbox_given_up';
    const help = 'Mails and events of the last 90 days that could not be sent and are tried no more.';
    this.#gauge(givenUp, help, [], async () => [{ labels: {}, value: (await read()).givenUp }]);
  }

  /** Says whether an answer of the directory is held and waits for an administrator. */
  collectDirectoryHeld(read: () => Promise<boolean>): void {
    const name = 'tokenwarden_directory_held';
    this.#gauge(name, 'Whether an answer of the directory waits for an administrator.', [], async () => [
      { labels: {}, value: (await read()) ? 1 : 0 },
    ]);
  }

  /** Says when a whole answer of the directory was last applied; undefined while there was none. */
  collectDirectoryLastSuccess(read: () => Promise<Date | undefined>): void {
    const name = 'tokenwarden_directory_last_success_timestamp_seconds';
    this.#gauge(name, 'When a whole answer of the directory was last applied.', [], async () => {
      const moment = await read();
      return moment === undefined ? [] : [{ labels: {}, value: secondsOf(moment) }];
    });
  }

  #gauge(name: string, help: string, labelNames: string[], read: () => Promise<readonly Sample[]>): void {
    const gathering = new Gathering(read, (error) =>
      this.logs.warn(
        { error, operation: name },
        'A gauge could not be read, and is absent from this scrape.',
      ),
    );
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this.registry],
      async collect() {
        const samples = await gathering.value();
        this.reset();
        if (labelNames.length === 0) this.remove(); // reset leaves a 0 there, which would be 1970
        for (const { labels, value } of samples ?? []) this.set(labels, value);
      },
    });
  }
}

interface Sample {
  readonly labels: Record<string, string>;
  readonly value: number;
}

function secondsOf(moment: Date): number {
  return moment.getTime() / 1_000;
}

function openMetricsRegistry(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}
