import { Icon } from "../icons";

export const PersonIcon = () => (
  <Icon>
    <circle cx="12" cy="8" r="4" />
    <path d="M4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6" />
  </Icon>
);
export const SlidersIcon = () => (
  <Icon>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2" />
    <circle cx="9" cy="17" r="2" />
  </Icon>
);
export const HeartIcon = () => (
  <Icon>
    <path d="M12 20s-7.5-4.6-7.5-10A4.3 4.3 0 0 1 12 7.3 4.3 4.3 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10Z" />
  </Icon>
);
export const LockIcon = () => (
  <Icon>
    <rect x="5" y="10.5" width="14" height="10" rx="2" />
    <path d="M8.5 10.500V7.500a3.5 3.5 0 0 1 7 0v3" />
  </Icon>
);
export const ShieldIcon = () => (
  <Icon>
    <path d="M12 3.5 5 6v5.500c0 4.3 2.9 7.5 7 9 4.1-1.5 7-4.7 7-9V6l-7-2.500Z" />
    <path d="m9 12 2.2 2.200L15 10.3" />
  </Icon>
);
export const DeviceIcon = () => (
  <Icon>
    <rect x="3.5" y="5" width="13" height="10" rx="1.5" />
    <path d="M7 19h6" />
    <rect x="14.5" y="9.5" width="6" height="10.5" rx="1.5" />
  </Icon>
);
export const LeaveIcon = () => (
  <Icon>
    <path d="M10 4.500H6A1.5 1.5 0 0 0 4.5 6v12A1.5 1.5 0 0 0 6 19.500h4M9.5 12h10M16 8.500l3.5 3.5-3.5 3.5" />
  </Icon>
);
export const PeopleIcon = () => (
  <Icon>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M2.5 19.500c.5-3.5 3-5.3 6.5-5.300s6 1.8 6.5 5.300M15.5 5.300a3.5 3.5 0 0 1 0 6.400M18 14.700c2 .8 3.2 2.4 3.5 4.8" />
  </Icon>
);
export const PulseIcon = () => (
  <Icon>
    <path d="M3 12.500h4l2.5-6.5 4.5 12.5 2.5-6H21" />
  </Icon>
);
