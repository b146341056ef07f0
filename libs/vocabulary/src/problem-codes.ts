/** Every code a caller can meet, its HTTP status where it decides one, and what it means; `docs/errors.md` comes from here. */
export const PROBLEM_CODES = {
  UNAUTHENTICATED: {
    status: 401,
    meaning: 'No credential, or one that is not good (any more). Sign in, or send a live access token.',
  },
  FORBIDDEN: {
    status: 403,
    meaning: 'The credential is good, but may not do this. The message names the scope, or who may.',
  },
  NOT_FOUND: { status: 404, meaning: 'There is nothing of this id that you may see.' },
  INVALID_INPUT: {
    status: 400,
    meaning:
      'The request cannot be understood or breaks a rule; `field` names where, the message what would be right.',
  },
  LIFETIME_EXCEEDS_POLICY: {
    status: 400,
    meaning:
      'The asked end lies beyond the maximum of the lifetime profile. The message names the latest possible end.',
  },
  SCOPE_NOT_GRANTED: {
    status: 403,
    meaning: 'A scope was asked or given that the principal, or the caller, does not hold; `field` names it.',
  },
  NOT_A_MEMBER: {
    status: 403,
    meaning: "Only members of the service account's groups may do this, administrators included.",
  },
  VERSION_CONFLICT: {
    status: 409,
    meaning: 'Somebody changed it meanwhile. Read it again and repeat the change on what is there now.',
  },
  ALREADY_ROTATED: { status: 409, meaning: 'The token has a successor already; rotate that one.' },
  TOKEN_NOT_ACTIVE: {
    status: 409,
    meaning: 'The token has ended or is suspended, so this cannot be done with it.',
  },
  PRINCIPAL_NOT_ACTIVE: {
    status: 409,
    meaning: 'The user is disabled or removed, or the service account is suspended or orphaned.',
  },
  WOULD_LOCK_OUT: { status: 409, meaning: 'After this change nobody could administer Tokenwarden any more.' },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    meaning: 'This idempotencyKey was used with another input. Use a new key for a new request.',
  },
  RATE_LIMITED: {
    status: 429,
    meaning: 'Too many at once. The message says when to try again; over HTTP so does Retry-After.',
  },
  QUERY_TOO_COMPLEX: {
    status: 400,
    meaning:
      'The GraphQL operation is larger than the limits allow, or too many tokens would have to be looked at for a list (`filter`). The message names the limit, or what to add.',
  },
  DIRECTORY_UNAVAILABLE: {
    status: 503,
    meaning: 'The directory cannot be asked right now. Existing sessions and tokens go on.',
  },
  UNAVAILABLE: {
    status: 503,
    meaning:
      'Tokenwarden cannot decide or store right now. Nothing was changed unless it was done already; try again.',
  },
  INTERNAL: { status: 500, meaning: 'A fault of Tokenwarden. Tell the operators the requestId.' },
} as const satisfies Record<string, { status: number; meaning: string }>;

/** One of `PROBLEM_CODES`. */
export type ProblemCode = keyof typeof PROBLEM_CODES;
