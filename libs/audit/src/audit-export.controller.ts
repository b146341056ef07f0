import { Readable } from 'node:stream';
import { Controller, Get, Header, Query, StreamableFile } from '@nestjs/common';
import { invalidInput, parseInstant } from '@tokenwarden/vocabulary';
import type { AuditEvent } from './audit-event.type.js';
import { AuditService } from './audit.service.js';

const PARAMETERS: readonly string[] = ['since', 'until'];

/** The trail as a stream of lines. */
@Controller('audit')
export class AuditExportController {
  constructor(private readonly audit: AuditService) {}

  /**
   * One event a line, oldest first, each as GraphQL's AuditEvent with the actor's id. Batches are read as the client
   * takes them. When the database is lost on the way the connection is broken off, so that no client takes the part for
   * the whole.
   * @throws Problem `INVALID_INPUT` on `since`, `until` or an unknown parameter
   */
  @Get('events.ndjson')
  @Header('Cache-Control', 'no-store')
  async events(@Query() query: Record<string, unknown>): Promise<StreamableFile> {
    const unknown = Object.keys(query).find((name) => !PARAMETERS.includes(name));
    if (unknown !== undefined) throw invalidInput(unknown, 'Only since and until are known here.');
    const span = { since: momentIn(query, 'since'), until: momentIn(query, 'until') };
    const lines = Readable.from(linesOf(await this.audit.exported(span)), { objectMode: false });
    return new StreamableFile(lines, { type: 'application/x-ndjson' });
  }
}

function momentIn(query: Record<string, unknown>, field: 'since' | 'until'): Date | undefined {
  const text = query[field];
  if (text === undefined) return undefined;
  const moment = typeof text === 'string' ? parseInstant(text) : undefined;
  if (!moment) throw invalidInput(field, 'One moment by RFC 3339 with an offset, as 2026-11-24T14:00:00Z.');
  return moment;
}

async function* linesOf(batches: AsyncIterable<AuditEvent[]>): AsyncGenerator<string> {
  for await (const batch of batches) yield batch.map(lineOf).join('');
}

function lineOf(event: AuditEvent): string {
  const { id, sequence, occurredAt, action, outcome, actor, ...rest } = event;
  const { actorTokenId, targetType, targetId, targetName, address, userAgent, requestId, details, hash } =
    rest;
  const line = {
    id,
    sequence,
    occurredAt,
    action,
    outcome,
    actor: { kind: actor.kind, id: actor.id, name: actor.name },
    actorTokenId,
    targetType,
    targetId,
    targetName,
    address,
    userAgent,
    requestId,
    details,
    hash,
  };
  return `${JSON.stringify(line)}\n`;
}
