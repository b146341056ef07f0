import { Controller, Get, Res } from '@nestjs/common';
import { Metrics } from '@tokenwarden/telemetry';
import type { FastifyReply } from 'fastify';

/** Everything that is counted, as OpenMetrics text. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  async scrape(@Res() reply: FastifyReply): Promise<void> {
    const text = await this.metrics.registry.metrics();
    await reply
      .header('content-type', this.metrics.registry.contentType)
      .header('cache-control', 'no-store')
      .send(text);
  }
}
