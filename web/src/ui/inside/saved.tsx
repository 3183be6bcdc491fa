import { t } from "../../i18n";
import { CheckIcon } from "../icons";

/** Beside the button that was pressed; read out once. */
export function Saved({ isShown, text }: { isShown: boolean; text?: string }) {
  return (
    <div role="status" className="live saved">
      {isShown ? (
        <>
          <CheckIcon />
          {text ?? t("common.saved")}
        </>
      ) : null}
    </div>
  );
}
