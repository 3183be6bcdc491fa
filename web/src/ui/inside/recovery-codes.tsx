import { useState } from "react";
import { t } from "../../i18n";
import { Button } from "../button";
import { Notice } from "../states";

function download(text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = t("recovery.file");
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Shown this once. Each of the three ways keeps them where the person wants, and none is the client's memory. */
export function RecoveryCodes({
  codes,
  onDone,
  action,
}: {
  codes: readonly string[];
  onDone: () => void;
  action: string;
}) {
  const [done, setDone] = useState<"copied" | "failed" | null>(null);
  const text = `${t("recovery.file.head")}\n\n${codes.join("\n")}\n`;
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => {
        setDone("copied");
      },
      () => {
        setDone("failed");
      },
    );
  };
  return (
    <section className="stack sheet" aria-labelledby="recovery">
      <h2 id="recovery">{t("recovery.heading")}</h2>
      <Notice tone="warning" takesFocus>
        <p>{t("recovery.text")}</p>
      </Notice>
      <ol className="codes" aria-label={t("recovery.list")}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className="buttons">
        <Button onPress={copy}>{t("recovery.copy")}</Button>
        <Button
          onPress={() => {
            download(text);
          }}
        >
          {t("recovery.download")}
        </Button>
        <Button
          onPress={() => {
            print();
          }}
        >
          {t("recovery.print")}
        </Button>
      </div>
      <p role="status" className="live">
        {done === null ? null : t(`recovery.${done}`)}
      </p>
      <Button look="primary" isWide onPress={onDone}>
        {action}
      </Button>
    </section>
  );
}
