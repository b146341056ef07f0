import { Module } from '@nestjs/common';
import { SigningModule } from '@tokenwarden/signing';
import { IssuingService } from './issuing.service.js';

/** What both kinds of issuing stand on. */
@Module({ imports: [SigningModule], providers: [IssuingService], exports: [IssuingService] })
export class IssuingModule {}
