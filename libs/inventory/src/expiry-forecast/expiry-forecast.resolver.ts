import { Args, Int, Query, Resolver } from '@nestjs/graphql';
import { CurrentCaller, RequestLoaders, SizedBy } from '@tokenwarden/api';
import type { Loaders } from '@tokenwarden/api';
import type { Caller } from '@tokenwarden/vocabulary';
import { ExpiryForecastDay } from './expiry-forecast.types.js';
import { TokenViews } from '../token-views/token-views.js';

const LONGEST_FORECAST = 366;

/** What ends soon. */
@Resolver(() => ExpiryForecastDay)
export class ExpiryForecastResolver {
  constructor(private readonly views: TokenViews) {}

  @Query(() => [ExpiryForecastDay], {
    description:
      'Live tokens by the day on which they end, from today, for 1 to 366 days, days without one included; those that the caller may see.',
  })
  @SizedBy('days', LONGEST_FORECAST)
  expiryForecast(
    @Args('days', { type: () => Int, defaultValue: 30 }) days: number,
    @CurrentCaller() caller: Caller,
    @RequestLoaders() loaders: Loaders,
  ): Promise<ExpiryForecastDay[]> {
    return this.views.expiryForecast(caller, days, loaders);
  }
}
