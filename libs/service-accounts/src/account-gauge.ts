import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { Metrics } from '@tokenwarden/telemetry';
import { countByState } from './account-lists.queries.js';

/** Says how many service accounts there are in which state, counted when somebody scrapes: an orphan is seen by it. */
@Injectable()
export class AccountGauge implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  /** Tells the metrics how to count. */
  onModuleInit(): void {
    this.metrics.collectServiceAccounts(() => this.database.read(countByState));
  }
}
