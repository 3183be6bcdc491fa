import { settleStepUp } from "../../api/step-up";
import { SecondFactor } from "../../forms/inside/second-factor";
import { t } from "../../i18n";
import { Button } from "../button";
import { Ask } from "./modal";

export function StepUpDialog() {
  const close = () => {
    settleStepUp(false);
  };
  return (
    <Ask title={t("step_up.heading")} onClose={close}>
      <p>{t("step_up.text")}</p>
      <SecondFactor
        onDone={() => {
          settleStepUp(true);
        }}
      />
      <Button isWide onPress={close}>
        {t("common.cancel")}
      </Button>
    </Ask>
  );
}
