import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { settingsQuery } from "../api/queries";
import { t } from "../i18n";
import { focusHeading } from "./heading";
import { CloseIcon } from "./icons";
import { useNow } from "./now";

const KEPT = "careplane.dismissed";

/** What everybody is told, until it ends or has been read; another text is shown anew. */
export function Announcement() {
  const { data } = useQuery(settingsQuery);
  const now = useNow();
  const [dismissed, setDismissed] = useState(() => sessionStorage.getItem(KEPT));
  const told = data?.announcement;
  const stands = told != null && (told.until === null || now < Date.parse(told.until));
  const text = stands && told.text !== dismissed ? told.text : null;
  return (
    // A live region has to be there before its words are; the place has a name only while it holds something.
    <div
      className="told"
      role={text === null ? undefined : "region"}
      aria-label={text === null ? undefined : t("announcement.label")}
    >
      <div className="told-inner">
        <p role="status" className="told-text">
          {text}
        </p>
        {text !== null && (
          <button
            type="button"
            className="told-close"
            aria-label={t("announcement.dismiss")}
            onClick={() => {
              sessionStorage.setItem(KEPT, text);
              setDismissed(text);
              focusHeading(document.querySelector("main"));
            }}
          >
            <CloseIcon />
          </button>
        )}
      </div>
    </div>
  );
}
