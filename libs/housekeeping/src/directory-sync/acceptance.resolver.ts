import { Args, Field, ID, InputType, Mutation, Resolver } from '@nestjs/graphql';
import { CurrentCaller, IsText, MayBeLeftOut } from '@tokenwarden/api';
import { TEXT_LIMITS, type Caller } from '@tokenwarden/vocabulary';
import { HousekeepingRunPayload, toHousekeepingRun } from '../runs/run.types.js';
import { DirectoryAcceptance } from './acceptance.js';

/** Which held run is accepted, and why. */
@InputType('AcceptDirectoryChangesInput', { description: 'Which held run is accepted, and why.' })
export class AcceptDirectoryChangesInput {
  @Field(() => ID, {
    description: 'The latest held run; its details say what would be disabled and removed.',
  })
  runId: string;

  @MayBeLeftOut()
  @IsText({ maximum: TEXT_LIMITS.reason, lines: true })
  @Field(() => String, { nullable: true, description: 'Kept in the audit trail.' })
  reason?: string;
}

/** Accepting what the brake held. */
@Resolver()
export class AcceptanceResolver {
  constructor(private readonly acceptance: DirectoryAcceptance) {}

  @Mutation(() => HousekeepingRunPayload, {
    description:
      'Reads the directory again and applies it, if it disables and removes nothing beyond what the held run named; else ' +
      'it is HELD anew. Gives the run that does so. Needs directory:accept.',
  })
  async acceptDirectoryChanges(
    @Args('input') { runId, reason }: AcceptDirectoryChangesInput,
    @CurrentCaller() caller: Caller,
  ): Promise<HousekeepingRunPayload> {
    const run = await this.acceptance.accept(caller, { runId, reason: reason ?? null });
    return { run: toHousekeepingRun(run) };
  }
}
