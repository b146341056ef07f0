export { InventoryModule } from './inventory.module.js';
export { TokenViews } from './token-views.js';
