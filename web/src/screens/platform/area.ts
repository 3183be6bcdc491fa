export { AccountScreen } from "./account";
export { AccountsScreen } from "./accounts";
export { SettingsScreen } from "./settings";
export { StatusScreen } from "./status";
