import type { Caller, RequestOrigin } from '@tokenwarden/vocabulary';
import type { Loaders } from './loaders.js';

/** What every GraphQL operation has at hand. `caller` is missing where no good credential came. */
export interface GraphQLContext {
  readonly caller?: Caller | undefined;
  readonly origin: RequestOrigin;
  readonly loaders: Loaders;
}
