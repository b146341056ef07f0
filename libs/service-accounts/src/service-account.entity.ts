import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ActorRef } from '@tokenwarden/vocabulary';

/** An identity that belongs to no person. Its state is derived and stored nowhere: see `stateOf`. */
@Entity('service_accounts')
export class ServiceAccountEntity {
  @PrimaryColumn('uuid') id: string; // also the claims `sub` and `client_id` of its tokens
  @Column('text') name: string; // unique among those not deleted
  @Column('text', { nullable: true }) description: string | null;
  @Column('text', { name: 'search_text' }) searchText: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('jsonb', { name: 'created_by' }) createdBy: ActorRef;
  @Column('timestamptz', { name: 'suspended_at', nullable: true }) suspendedAt: Date | null;
  @Column('timestamptz', { name: 'orphaned_at', nullable: true }) orphanedAt: Date | null; // its last group is gone
  @Column('timestamptz', { name: 'grace_ended_at', nullable: true }) graceEndedAt: Date | null; // nothing brings it back
  @Column('timestamptz', { name: 'deleted_at', nullable: true }) deletedAt: Date | null;
}

/** That an account is linked to a group: every member of it may act with all that the account may do (rule 5). */
@Entity('service_account_groups')
export class ServiceAccountGroupEntity {
  @PrimaryColumn('uuid', { name: 'service_account_id' }) serviceAccountId: string;
  @PrimaryColumn('uuid', { name: 'group_id' }) groupId: string;
}
