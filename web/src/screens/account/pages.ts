import type { ReactNode } from "react";
import type { Session } from "../../api/session";
import {
  DeviceIcon,
  HeartIcon,
  LeaveIcon,
  LockIcon,
  PersonIcon,
  ShieldIcon,
  SlidersIcon,
} from "../../ui/inside/icons";

interface AccountPage {
  readonly words:
    "profile" | "preferences" | "health" | "password" | "factors" | "devices" | "closing";
  readonly icon: () => ReactNode;
  readonly isPatientsOnly?: true;
}

const PAGES: readonly AccountPage[] = [
  { words: "profile", icon: PersonIcon },
  { words: "health", icon: HeartIcon, isPatientsOnly: true },
  { words: "preferences", icon: SlidersIcon },
  { words: "password", icon: LockIcon },
  { words: "factors", icon: ShieldIcon },
  { words: "devices", icon: DeviceIcon },
  { words: "closing", icon: LeaveIcon },
];

export const pagesOf = (session: Session): readonly AccountPage[] =>
  PAGES.filter(({ isPatientsOnly }) => session.isPatient || isPatientsOnly === undefined);
