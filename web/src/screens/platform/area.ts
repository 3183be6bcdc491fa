export { AccountsScreen } from "./accounts";
export { StatusScreen } from "./status";
