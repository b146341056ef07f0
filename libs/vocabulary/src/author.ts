import type { ActorKind } from './words.js';

/** Who did something, as it is kept with what was done: the name is the one of that moment. */
export interface ActorRef {
  readonly kind: ActorKind;
  /** Of the user or the service account; null for SYSTEM. */
  readonly id: string | null;
  readonly name: string;
}

/** Where a request came from. */
export interface RequestOrigin {
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

/** Who an audit event speaks of as its author, and by what way they came. */
export interface Author {
  readonly actor: ActorRef;
  /** The token the actor came with, where it was one. */
  readonly actorTokenId: string | null;
  readonly origin: RequestOrigin | null;
}

/** Tokenwarden itself: housekeeping, the directory, the command line. */
export const SYSTEM: Author = {
  actor: { kind: 'SYSTEM', id: null, name: 'Tokenwarden' },
  actorTokenId: null,
  origin: null,
};
