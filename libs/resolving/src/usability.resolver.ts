import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { RequestLoaders, type Batch, type Loaders } from '@tokenwarden/api';
import { AccessToken, UnusableReasonEnum } from '@tokenwarden/tokens';
import type { UnusableReason } from '@tokenwarden/vocabulary';
import { ResolvingService, type Usability } from './resolving.service.js';

/** Would it resolve now, and what may it do? For a whole page of tokens in one statement. */
@Resolver(() => AccessToken)
export class UsabilityResolver {
  private readonly usabilities: Batch<string, Usability>;

  constructor(resolving: ResolvingService) {
    this.usabilities = (ids) => resolving.usabilityOf(ids);
  }

  @ResolveField(() => [String], {
    description: 'What it may do at this moment; empty while it is not usable.',
  })
  async effectiveScopes(
    @Parent() token: AccessToken,
    @RequestLoaders() loaders: Loaders,
  ): Promise<readonly string[]> {
    // Of a token that asked for none they are what its principal may do.
    return token.isForeign ? [] : (await this.of(token, loaders)).scopes;
  }

  @ResolveField(() => Boolean, {
    description:
      'Would it resolve now? Status speaks of the token, this of the token and its principal together.',
  })
  async usable(@Parent() token: AccessToken, @RequestLoaders() loaders: Loaders): Promise<boolean> {
    return (await this.of(token, loaders)).reason === null;
  }

  @ResolveField(() => UnusableReasonEnum, { nullable: true })
  async unusableReason(
    @Parent() token: AccessToken,
    @RequestLoaders() loaders: Loaders,
  ): Promise<UnusableReason | null> {
    return (await this.of(token, loaders)).reason;
  }

  // A row that is gone since the list was read resolves no more: the answer that is safe.
  private async of(token: AccessToken, loaders: Loaders): Promise<Usability> {
    return (await loaders.load(this.usabilities, token.id)) ?? { reason: 'REVOKED', scopes: [] };
  }
}
