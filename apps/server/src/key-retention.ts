import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Database, rows } from '@tokenwarden/database';
import { SigningService } from '@tokenwarden/signing';
import { Logs } from '@tokenwarden/telemetry';

const PERIOD_MILLISECONDS = 60_000;

/** Tells signing when the last token of each retired key ends: until then the key stays in the JWKS. Signing knows no tokens. */
@Injectable()
export class KeyRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly signing: SigningService,
    private readonly logs: Logs,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), PERIOD_MILLISECONDS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const kids = this.signing.retiredKids();
    if (kids.length === 0) return;
    try {
      const ends = await this.database.read((tx) =>
        rows<{ kid: string; end: Date | null }>(tx, LAST_ENDS, [kids]),
      );
      this.signing.knowLastEnds(new Map(ends.map(({ kid, end }) => [kid, end])));
    } catch (error) {
      // The key stays published a little longer, which harms nobody.
      this.logs.warn({ error }, 'The ends of retired signing keys could not be read.');
    }
  }
}

const LAST_ENDS = `
  SELECT kid, (SELECT max(expires_at) FROM access_tokens t WHERE t.kid = k.kid) AS "end" FROM unnest($1::text[]) AS k (kid)`;
