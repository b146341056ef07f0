import { Module } from '@nestjs/common';
import { AuditModule } from '@tokenwarden/audit';
import { Database } from '@tokenwarden/database';
import { Notifications, NotificationsModule } from '@tokenwarden/notifications';
import { USES_WRITTEN_WITHIN_MILLISECONDS } from '@tokenwarden/resolving';
import { Announcements } from './announcements/announcements.js';
import { DirectoryAcceptance } from './directory-sync/acceptance.js';
import { AcceptanceResolver } from './directory-sync/acceptance.resolver.js';
import { DirectoryGauges } from './directory-sync/directory-gauges.js';
import { DirectorySync } from './directory-sync/directory-sync.js';
import { DirectorySyncTask } from './directory-sync/directory-sync.task.js';
import { SyncLog } from './directory-sync/sync-log.js';
import { ExpiryWarningsTask } from './expiry-warnings/expiry-warnings.task.js';
import { IdleRevocationTask } from './idle-revocation/idle-revocation.task.js';
import { PurgeTask } from './purge/purge.task.js';
import { RecoverableUntilResolver } from './recoverable-until.resolver.js';
import { RunEnds } from './runs/run-end.js';
import { RunGauges } from './runs/run-gauges.js';
import { RunViews } from './runs/run-views.js';
import { Runs } from './runs/runs.js';
import { RunsResolver } from './runs/runs.resolver.js';
import { Scheduler } from './runs/scheduler.js';
import { Tasks, type Task } from './runs/task.js';
import { WarningSettler } from './warnings/warning-settler.js';

/** What is done again and again without being asked. Nothing runs before `firstSynchronisation` was called. */
@Module({
  imports: [AuditModule, NotificationsModule],
  providers: [
    SyncLog,
    DirectorySyncTask,
    DirectorySync,
    DirectoryAcceptance,
    AcceptanceResolver,
    DirectoryGauges,
    RecoverableUntilResolver,
    ExpiryWarningsTask,
    PurgeTask,
    {
      provide: IdleRevocationTask,
      useFactory: (database: Database, notifications: Notifications) =>
        new IdleRevocationTask({
          database,
          notifications,
          usesWrittenWithin: USES_WRITTEN_WITHIN_MILLISECONDS,
        }),
      inject: [Database, Notifications],
    },
    WarningSettler,
    {
      provide: Tasks,
      useFactory: (...tasks: Task[]) => new Tasks(tasks),
      inject: [ExpiryWarningsTask, PurgeTask, IdleRevocationTask, DirectorySyncTask],
    },
    RunEnds,
    Runs,
    RunViews,
    RunsResolver,
    RunGauges,
    Scheduler,
    Announcements,
  ],
  exports: [DirectorySync, RunViews, Scheduler],
})
export class HousekeepingModule {}
