import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { DateTimeScalar, RequestLoaders } from '@tokenwarden/api';
import type { Batch, Loaders } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { currentPolicy } from '@tokenwarden/policy';
import { ServiceAccount } from '@tokenwarden/service-accounts';
import { addDuration, type Duration } from '@tokenwarden/vocabulary';

const NOW = 'now';

/** Until when an orphaned service account can be brought back: its moment and the policy's grace together. */
@Resolver(() => ServiceAccount)
export class RecoverableUntilResolver {
  constructor(private readonly database: Database) {}

  private readonly grace: Batch<typeof NOW, Duration> = async () =>
    new Map([[NOW, (await this.database.read(currentPolicy)).document.orphanGrace]]);

  @ResolveField(() => DateTimeScalar, {
    nullable: true,
    description: 'Until when linking it to a live group brings it back.',
  })
  async recoverableUntil(
    @Parent() account: ServiceAccount,
    @RequestLoaders() loaders: Loaders,
  ): Promise<Date | null> {
    if (account.orphanedAt === null) return null;
    const grace = await loaders.load(this.grace, NOW);
    return grace === undefined ? null : addDuration(account.orphanedAt, grace);
  }
}
