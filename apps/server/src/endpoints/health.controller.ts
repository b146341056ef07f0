import { Controller, Get, Header } from '@nestjs/common';
import { Settings } from '@tokenwarden/settings';
import { Readiness } from './readiness.js';

/** For load balancers and supervisors: open to everybody, holding nothing personal. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly settings: Settings,
    private readonly readiness: Readiness,
  ) {}

  /** The process runs; whether it can do its work is another question. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live() {
    return { status: 'live', process: this.settings.processName };
  }

  /** It can do its work; else 503 with what is missing. `warnings` is what somebody should look at all the same. */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready() {
    await this.readiness.assertReady();
    return {
      status: 'ready',
      process: this.settings.processName,
      warnings: await this.readiness.warnings(),
    };
  }
}
