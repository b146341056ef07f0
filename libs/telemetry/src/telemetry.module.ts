import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { Logs } from './logs.js';
import { Metrics } from './metrics.js';

/** Gives `Logs` and `Metrics` to every room. The log is made before Nest starts, so that the start itself can speak. */
@Module({})
export class TelemetryModule {
  static forRoot(logs: Logs): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      providers: [
        { provide: Logs, useValue: logs },
        { provide: Metrics, useValue: new Metrics(logs) },
      ],
      exports: [Logs, Metrics],
    };
  }
}
