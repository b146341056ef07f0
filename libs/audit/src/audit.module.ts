import { Module } from '@nestjs/common';
import { AuditExportController } from './audit-export.controller.js';
import { AuditResolver } from './audit.resolver.js';
import { AuditService } from './audit.service.js';
import { Sequencer } from './sequencer.js';

/** The trail: its sequencer, its search and its export. Recording needs no module: `record` is a function. */
@Module({
  controllers: [AuditExportController],
  providers: [AuditService, AuditResolver, Sequencer],
  exports: [AuditService],
})
export class AuditModule {}
