import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { hasPasskeys } from "../api/device";
import { hasCode } from "../api/problem";
import { signIn } from "../api/queries";
import type { IdentityProvider } from "../api/types";
import { AttemptForm } from "./attempt-form";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { KeyIcon } from "../ui/icons";
import { ActionError, Notice } from "../ui/states";
import { PasswordInput, TextInput } from "./fields";
import { formText } from "./form";
import { usePasskeySignIn } from "./passkey";
import { ProviderButtons } from "./providers";

/** Stands on several screens. The guard of the sign-in page leads on from all of them to where the person was going. */
export function SignInForm({
  email = "",
  next,
  providers = [],
}: {
  email?: string;
  next: string | undefined;
  /** Who else signs people in here. */
  providers?: readonly IdentityProvider[];
}) {
  const navigate = useNavigate();
  const leadOn = () => navigate({ to: "/sign-in", search: { next }, replace: true });
  const attempt = useMutation({ mutationFn: signIn, onSuccess: leadOn });
  const passkey = usePasskeySignIn(leadOn);
  return (
    <div className="stack">
      <AttemptForm
        attempt={attempt}
        onSubmit={(data) => {
          attempt.mutate({
            email: formText(data, "email").trim(),
            password: formText(data, "password"),
          });
        }}
      >
        <TextInput
          name="email"
          label={t("field.email_or_username")}
          autoComplete="username webauthn"
          inputMode="email"
          isWord={false}
          defaultValue={email}
        />
        <PasswordInput
          name="password"
          label={t("field.password")}
          autoComplete="current-password"
        />
        <Link to="/forgot" className="field-link">
          {t("sign_in.forgot")}
        </Link>
        {attempt.isError && <SignInError error={attempt.error} />}
        <Button
          type="submit"
          look="primary"
          isWide
          busy={attempt.isPending ? t("sign_in.busy") : null}
        >
          {t("sign_in.submit")}
        </Button>
      </AttemptForm>
      {(hasPasskeys() || providers.length > 0) && <p className="or">{t("sign_in.or")}</p>}
      {hasPasskeys() && (
        <>
          {passkey.error !== null && <SignInError error={passkey.error} />}
          <Button
            isWide
            busy={passkey.isPending ? t("sign_in.passkey.busy") : null}
            onPress={() => void passkey.signIn()}
          >
            <KeyIcon />
            {t("sign_in.passkey")}
          </Button>
        </>
      )}
      {providers.length > 0 && <ProviderButtons providers={providers} next={next} />}
    </div>
  );
}

const MINUTE = 60;

function SignInError({ error }: { error: unknown }) {
  if (hasCode(error, "LOCKED_OUT")) {
    const minutes = Math.max(1, Math.ceil((error.retryAfter ?? MINUTE) / MINUTE));
    return (
      <Notice tone="warning" isAlert>
        <p>{t("sign_in.locked", { minutes })}</p>
      </Notice>
    );
  }
  const words = hasCode(error, "ACCOUNT_INACTIVE")
    ? t("sign_in.inactive")
    : hasCode(error, "PASSKEY_REFUSED")
      ? t("sign_in.passkey.refused")
      : hasCode(error, "WRONG_CREDENTIALS")
        ? t("sign_in.wrong")
        : null;
  if (words !== null) {
    return (
      <Notice tone="warning" isAlert>
        <p>{words}</p>
      </Notice>
    );
  }
  return <ActionError error={error} />;
}
