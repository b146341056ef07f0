import { headersFor, type Credentials } from './credentials.js';

/** One error of a GraphQL answer, with the contract's extensions. */
export interface GraphQLFailure {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly field?: string; readonly requestId?: string };
}

/** A GraphQL answer together with its HTTP part. */
export class GraphQLAnswer<T> {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    private readonly body: { readonly data?: T | null; readonly errors?: readonly GraphQLFailure[] },
  ) {}

  /** What was asked for; throws, naming the errors, when nothing of it is there. */
  get data(): T {
    if (this.body.data === null || this.body.data === undefined) {
      throw new Error(`GraphQL ${this.status}: ${JSON.stringify(this.body)}`);
    }
    return this.body.data;
  }

  /** Empty when all went well. */
  get errors(): readonly GraphQLFailure[] {
    return this.body.errors ?? [];
  }

  /** Of the first error; undefined when all went well. */
  get code(): string | undefined {
    return this.errors[0]?.extensions.code;
  }

  /** The input at fault, of the first error. */
  get field(): string | undefined {
    return this.errors[0]?.extensions.field;
  }
}

/**
 * Sends one operation to `POST /graphql`.
 * @param url The product's
 * @param credentials Whose request it is; undefined: nobody's
 * @param query The document
 * @param variables Its variables
 * @returns Whatever was answered, refusals included
 */
export async function graphql<T = Record<string, unknown>>(
  url: string,
  credentials: Credentials | undefined,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<GraphQLAnswer<T>> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersFor(credentials) },
    body: JSON.stringify({ query, variables }),
  });
  const text = await answer.text();
  try {
    return new GraphQLAnswer<T>(answer.status, answer.headers, JSON.parse(text) as { data?: T });
  } catch (cause) {
    throw new Error(`GraphQL ${answer.status}, and no JSON: ${text}`, { cause });
  }
}
