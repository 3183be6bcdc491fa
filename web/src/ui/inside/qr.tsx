import { encode } from "uqr";
import { t } from "../../i18n";

const QUIET = 4;

/** Dark on white in every theme: cameras do not read it otherwise. */
export function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: QUIET, ecc: "M" });
  const path = data
    .flatMap((row, y) =>
      row.map((isDark, x) => (isDark ? `M${String(x)} ${String(y)}h1v1h-1z` : "")),
    )
    .join("");
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${String(size)} ${String(size)}`}
      role="img"
      aria-label={t("totp.qr")}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} className="qr-ground" />
      <path d={path} className="qr-ink" />
    </svg>
  );
}
