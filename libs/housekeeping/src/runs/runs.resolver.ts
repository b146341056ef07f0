import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentCaller, type Connection } from '@tokenwarden/api';
import { authorOf, type Caller } from '@tokenwarden/vocabulary';
import {
  HousekeepingRunConnection,
  HousekeepingRunPayload,
  HousekeepingTaskStatus,
  RunHousekeepingInput,
  RunListArgs,
  toHousekeepingRun,
  type HousekeepingRun,
} from './run.types.js';
import { RunViews } from './run-views.js';
import { Runs } from './runs.js';

/** Housekeeping in GraphQL. */
@Resolver()
export class RunsResolver {
  constructor(
    private readonly runs: Runs,
    private readonly views: RunViews,
  ) {}

  @Query(() => [HousekeepingTaskStatus], {
    description: 'What is done again and again. Needs housekeeping:run.',
  })
  housekeepingTasks(): Promise<HousekeepingTaskStatus[]> {
    return this.views.taskStatuses();
  }

  @Query(() => HousekeepingRunConnection, {
    description: 'What housekeeping has done, newest first. Needs housekeeping:run.',
  })
  housekeepingRuns(@Args() args: RunListArgs): Promise<Connection<HousekeepingRun>> {
    return this.views.runsOnPage(args);
  }

  @Mutation(() => HousekeepingRunPayload, {
    description:
      'Begins a run and answers at once; where one of the task is RUNNING already, that one. A dry run may run beside it. ' +
      'Needs housekeeping:run.',
  })
  async runHousekeeping(
    @Args('input') { task, dryRun }: RunHousekeepingInput,
    @CurrentCaller() caller: Caller,
  ): Promise<HousekeepingRunPayload> {
    const { run } = await this.runs.begin(task, { trigger: 'MANUAL', by: authorOf(caller), dryRun });
    return { run: toHousekeepingRun(run) };
  }
}
