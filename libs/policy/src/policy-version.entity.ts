import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { ActorRef } from '@tokenwarden/vocabulary';
import type { PolicyDocument } from './policy-document.rules.js';

/** One version of the policy; the highest is in force. Rows are added and never changed. */
@Entity('policy_versions')
@Check('policy_versions_count_from_one', '"version" >= 1')
export class PolicyVersionEntity {
  @PrimaryColumn('integer') version: number;
  @Column('jsonb') document: PolicyDocument;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('jsonb', { name: 'created_by' }) createdBy: ActorRef;
  @Column('text', { nullable: true }) reason: string | null;
}
