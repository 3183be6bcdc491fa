import { type State } from "../booking";
import { t } from "../i18n";

export function Status({ state }: { state: State }) {
  return (
    <span className="status" data-state={state}>
      {t(`status.${state}`)}
    </span>
  );
}
