export { InventoryModule } from './inventory.module.js';
export { TokenViews } from './token-views/token-views.js';
