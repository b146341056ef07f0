import { Module } from '@nestjs/common';
import { SuspensionWriter } from './suspension-writer.js';

/** What follows behind the commit of a directory change that hits very many tokens. */
@Module({ providers: [SuspensionWriter] })
export class ConsequencesModule {}
