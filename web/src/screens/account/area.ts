export { AccountFrame, AccountScreen } from "./frame";
export { ProfileScreen } from "./profile";
export { PreferencesScreen } from "./preferences";
export { HealthScreen } from "./health";
export { PasswordScreen } from "./password";
export { FactorsScreen } from "./factors";
export { DevicesScreen } from "./devices";
export { ClosingScreen } from "./closing";
