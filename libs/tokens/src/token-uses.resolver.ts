import { Args, Int, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { DateTimeScalar, RequestLoaders, SizedBy, type Batch, type Loaders } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { AccessToken } from './access-token.types.js';
import { lastUsesOf, usageOf, USAGE_DAYS_KEPT, type LastUse, type UsageDay } from './token-uses.js';
import { TokenUsageDay } from './token-uses.types.js';

/** When, from where, by what and how often was it used? For a whole page of tokens in one statement each. */
@Resolver(() => AccessToken)
export class TokenUsesResolver {
  private readonly lastUses: Batch<string, LastUse>;
  private readonly usages = new Map<number, Batch<string, readonly UsageDay[]>>();

  constructor(private readonly database: Database) {
    this.lastUses = (ids) => database.read((tx) => lastUsesOf(tx, ids));
  }

  @ResolveField(() => DateTimeScalar, { nullable: true })
  async lastUsedAt(@Parent() token: AccessToken, @RequestLoaders() loaders: Loaders): Promise<Date | null> {
    return (await loaders.load(this.lastUses, token.id))?.at ?? null;
  }

  @ResolveField(() => String, {
    nullable: true,
    description: 'The IP address of the last use that said one.',
  })
  async lastUsedFrom(
    @Parent() token: AccessToken,
    @RequestLoaders() loaders: Loaders,
  ): Promise<string | null> {
    if (token.isForeign) return null;
    return (await loaders.load(this.lastUses, token.id))?.from ?? null;
  }

  @ResolveField(() => String, {
    nullable: true,
    description: 'The user agent of the last use that said one.',
  })
  async lastUsedAgent(
    @Parent() token: AccessToken,
    @RequestLoaders() loaders: Loaders,
  ): Promise<string | null> {
    if (token.isForeign) return null;
    return (await loaders.load(this.lastUses, token.id))?.agent ?? null;
  }

  @ResolveField(() => [TokenUsageDay], {
    description: `Uses a day over the last days (1 to ${USAGE_DAYS_KEPT}), oldest first, days without use included.`,
  })
  @SizedBy('days', USAGE_DAYS_KEPT)
  async usage(
    @Parent() token: AccessToken,
    @RequestLoaders() loaders: Loaders,
    @Args('days', { type: () => Int, defaultValue: 30 }) days: number,
  ): Promise<readonly UsageDay[]> {
    if (token.isForeign) return [];
    return (await loaders.load(this.usageOver(days), token.id)) ?? [];
  }

  // One for each number of days, the same at every call, so that a page is read together.
  private usageOver(days: number): Batch<string, readonly UsageDay[]> {
    const known = this.usages.get(days);
    if (known) return known;
    const usage: Batch<string, readonly UsageDay[]> = (ids) =>
      this.database.read((tx) => usageOf(tx, ids, days));
    this.usages.set(days, usage);
    return usage;
  }
}
