import { Args, Query, Resolver } from '@nestjs/graphql';
import { CurrentCaller } from '@tokenwarden/api';
import { Metrics } from '@tokenwarden/telemetry';
import { AccessToken, toAccessToken } from '@tokenwarden/tokens';
import { authorOf, checkedScopes, type Caller } from '@tokenwarden/vocabulary';
import { measured } from './measured.js';
import { ResolvingService } from './resolving.service.js';
import { TokenResolution, toTokenResolution } from './resolving.types.js';

/** What GraphQL asks of a token's value. */
@Resolver()
export class ResolvingResolver {
  constructor(
    private readonly resolving: ResolvingService,
    private readonly metrics: Metrics,
  ) {}

  @Query(() => TokenResolution, {
    description:
      'Whose token is this, what may it do: the same answer as OAuth introspection, for callers with tokens:introspect.',
  })
  async resolveToken(
    @Args('value', { type: () => String }) value: string,
    @Args('scopes', { type: () => [String], nullable: true }) scopes?: string[] | null,
  ): Promise<TokenResolution> {
    const asked = scopes ? checkedScopes(scopes, 'scopes') : undefined;
    const resolution = await measured(this.metrics, 'graphql', () => this.resolving.resolveToken(value));
    return toTokenResolution(resolution, asked);
  }

  @Query(() => AccessToken, {
    nullable: true,
    description:
      'The token with this value, ended ones too, for whoever found it: needs tokens:read, is audited, and the value is stored and logged nowhere.',
  })
  async inspectToken(
    @Args('value', { type: () => String }) value: string,
    @CurrentCaller() caller: Caller,
  ): Promise<AccessToken | null> {
    const token = await this.resolving.inspectToken(value, authorOf(caller));
    return token === null ? null : toAccessToken(token, new Date());
  }
}
