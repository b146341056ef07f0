import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { Metrics } from '@tokenwarden/telemetry';
import { directoryStanding, lastApplied } from './directory-standing.queries.js';

/** Says how the directory stands, read from the database: every process shows the same, whoever read the directory. */
@Injectable()
export class DirectoryGauges implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  /** Tells the metrics where to look. */
  onModuleInit(): void {
    this.metrics.collectDirectoryLastSuccess(() => this.database.read((tx) => lastApplied(tx)));
    this.metrics.collectDirectoryHeld(async () => {
      return (await this.database.read((tx) => directoryStanding(tx))).heldSince !== null;
    });
  }
}
