import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { CurrentCaller, RequestLoaders } from '@tokenwarden/api';
import type { Loaders } from '@tokenwarden/api';
import { DirectoryViews } from '@tokenwarden/directory';
import { ServiceAccountViews } from '@tokenwarden/service-accounts';
import { AccessToken, actionsOn, TokenActionEnum } from '@tokenwarden/tokens';
import type { Caller, TokenAction } from '@tokenwarden/vocabulary';
import { TokenViews } from './token-views.js';

/** What a caller may do with a token that it was shown: offered is what would not be refused. */
@Resolver(() => AccessToken)
export class ViewerCanResolver {
  constructor(
    private readonly tokens: TokenViews,
    private readonly users: DirectoryViews,
    private readonly accounts: ServiceAccountViews,
  ) {}

  @ResolveField(() => [TokenActionEnum], { description: 'What the caller may do with it now.' })
  async viewerCan(
    @Parent() token: AccessToken,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<TokenAction[]> {
    const standing = await this.tokens.standingTo(caller, token, loaders);
    const { kind, principalId } = token.record;
    const principal =
      kind === 'USER'
        ? await this.users.namedUser(caller, principalId, loaders)
        : await this.accounts.namedAccount(caller, principalId, loaders);
    const isPrincipalActive = principal?.state === 'ACTIVE';
    return actionsOn({ ...token.record, isPrincipalActive }, standing, caller, token.asOf);
  }
}
