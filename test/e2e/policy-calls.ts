import { graphql, type Credentials, type GraphQLAnswer } from '../harness/index.js';

/** A policy as GraphQL gives it. */
export interface ShownPolicy {
  readonly version: number;
  readonly reason: string | null;
  readonly profiles: readonly ShownProfile[];
  readonly maximumOverlap: string;
  readonly orphanGrace: string;
  readonly requireScopes: boolean;
  readonly expiryWarnings: Readonly<Record<string, unknown>>;
  readonly purge: Readonly<Record<string, unknown>>;
  readonly idleRevocation: Readonly<Record<string, unknown>>;
}

/** A lifetime profile, as it is given and as it is asked for. */
export interface ShownProfile {
  readonly name: string;
  readonly description: string | null;
  readonly maximum: string;
  readonly default: string;
  readonly kinds: readonly string[];
  readonly defaultFor: readonly string[];
}

/** What a change of the policy answers. */
export interface ChangedPolicy {
  readonly policy: ShownPolicy;
  readonly capped: number;
}

/** What can be asked of a change; anything at all, where a test wants it refused. */
export type ChangeInput = Readonly<Record<string, unknown>>;

/** All of a policy. */
export const POLICY = `version reason maximumOverlap orphanGrace requireScopes
  profiles { name description maximum default kinds defaultFor }
  expiryWarnings { enabled thresholds schedule channels }
  purge { enabled after schedule } idleRevocation { enabled after schedule }`;

/**
 * The policy in force.
 * @param url The product's
 * @param caller Anybody signed in
 * @returns It
 */
export async function policyInForce(url: string, caller: Credentials): Promise<ShownPolicy> {
  return (await graphql<{ policy: ShownPolicy }>(url, caller, `{ policy { ${POLICY} } }`)).data.policy;
}

/**
 * Asks for a change of the policy, whatever comes of it.
 * @param url The product's
 * @param caller Who asks
 * @param input As `UpdatePolicyInput`
 * @returns The answer, to be looked at for refusals
 */
export async function askForChange(
  url: string,
  caller: Credentials,
  input: ChangeInput,
): Promise<GraphQLAnswer<{ updatePolicy: ChangedPolicy }>> {
  const document = `mutation ($input: UpdatePolicyInput!) { updatePolicy(input: $input) { policy { ${POLICY} } capped } }`;
  return await graphql(url, caller, document, { input });
}

/**
 * Changes the policy in force.
 * @param url The product's
 * @param caller With `policy:write`
 * @param changes As `PolicyChangesInput`
 * @param more `existingTokens`, `enforceFrom`, `reason`
 * @returns What came of it; throws, naming the errors, where it was refused
 */
export async function changeNow(
  url: string,
  caller: Credentials,
  changes: ChangeInput,
  more: ChangeInput = {},
): Promise<ChangedPolicy> {
  const { version: expectedVersion } = await policyInForce(url, caller);
  return (await askForChange(url, caller, { expectedVersion, changes, ...more })).data.updatePolicy;
}

/**
 * The profiles of a policy as a change asks for them, one of them with other values.
 * @param profiles As they are
 * @param name Of the one that is to be different
 * @param values What is different about it
 * @returns The whole new list
 */
export function profilesWith(
  profiles: readonly ShownProfile[],
  name: string,
  values: Partial<ShownProfile>,
): ShownProfile[] {
  return profiles.map((profile) => (profile.name === name ? { ...profile, ...values } : profile));
}
