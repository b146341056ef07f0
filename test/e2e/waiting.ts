export { until } from '../harness/index.js';
