import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { RequestLoaders, type Batch, type Loaders } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { AccessToken, decidedWarningsOf, type DecidedWarning } from '@tokenwarden/tokens';
import type { PolicyDocument } from '../policy-document.rules.js';
import { currentPolicy } from '../policy.service.js';
import { warningsOfToken, type WarningOfToken } from './warnings-of-token.rules.js';
import { TokenWarning } from './warnings.types.js';

interface WarningFacts {
  readonly decided: readonly DecidedWarning[];
  readonly policy: PolicyDocument['expiryWarnings'];
}

/** When is somebody told that a token ends, and when were they? For a whole page of tokens in two statements. */
@Resolver(() => AccessToken)
export class WarningsResolver {
  private readonly facts: Batch<string, WarningFacts>;

  constructor(database: Database) {
    this.facts = (ids) =>
      database.read(async (tx) => {
        const { expiryWarnings: policy } = (await currentPolicy(tx)).document;
        const decided = await decidedWarningsOf(tx, ids);
        return new Map(ids.map((id) => [id, { decided: decided.get(id) ?? [], policy }]));
      });
  }

  @ResolveField(() => [TokenWarning], {
    description:
      'The warnings sent or due for its present end, soonest first, as the policy is now. Of thresholds that passed between two runs only the most urgent is sent.',
  })
  async warnings(
    @Parent() { id, record, asOf }: AccessToken,
    @RequestLoaders() loaders: Loaders,
  ): Promise<WarningOfToken[]> {
    const facts = await loaders.load(this.facts, id);
    return facts ? warningsOfToken(record, facts.decided, facts.policy, asOf) : [];
  }
}
