import type { Metrics, ResolveEndpoint } from '@tokenwarden/telemetry';
import { Problem } from '@tokenwarden/vocabulary';

/**
 * What `work` gives, counted by where it was asked and how it was answered. Refusals of the asker are no answer to the
 * question whose token it is, and are not counted here.
 */
export async function measured<T extends { readonly active: boolean }>(
  metrics: Metrics,
  endpoint: ResolveEndpoint,
  work: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  try {
    const answer = await work();
    metrics.resolved(endpoint, answer.active ? 'active' : 'inactive', seconds());
    return answer;
  } catch (error) {
    if (error instanceof Problem && error.code === 'UNAVAILABLE')
      metrics.resolved(endpoint, 'undecided', seconds());
    throw error;
  }
}
