import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { UserState } from '@tokenwarden/vocabulary';

/** One person of the directory, as last seen there. The key is the directory's stable id: names come and go. */
@Entity('users')
@Index('users_by_canonical_username', ['canonicalUsername'], { where: `state <> 'REMOVED'` })
export class UserEntity {
  @PrimaryColumn('uuid') id: string;
  @Column('text') username: string;
  @Column('text', { name: 'canonical_username' }) canonicalUsername: string; // what sign-in and throttling go by
  @Column('text', { name: 'display_name' }) displayName: string;
  @Column('text', { nullable: true }) email: string | null;
  @Column('text', { name: 'search_text' }) searchText: string;
  @Column('text') state: UserState;
  @Column('timestamptz', { name: 'removed_at', nullable: true }) removedAt: Date | null;
  @Column('timestamptz', { name: 'last_sign_in_at', nullable: true }) lastSignInAt: Date | null;
  // Sessions from before this moment are dead for good, also after the user is enabled again.
  @Column('timestamptz', { name: 'sessions_end_before', nullable: true }) sessionsEndBefore: Date | null;
}
