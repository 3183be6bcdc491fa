import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { askForReset } from "../api/queries";
import { isAtFields, TextInput } from "../forms/fields";
import { formText } from "../forms/form";
import { AttemptForm } from "../forms/attempt-form";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { PreviousIcon } from "../ui/icons";
import { LetterBox } from "../ui/letter";
import { Page } from "../ui/page";
import { ActionError } from "../ui/states";

export function ForgotScreen() {
  const request = useMutation({ mutationFn: askForReset });
  if (request.isSuccess) {
    return (
      <Page title={t("letter.title")} width="narrow">
        <LetterBox
          email={request.data.email}
          text={t("letter.reset")}
          onAgain={async () => {
            await askForReset(request.data.email);
          }}
        />
      </Page>
    );
  }
  return (
    <Page title={t("forgot.title")} width="narrow">
      <Link to="/sign-in" className="back">
        <PreviousIcon />
        {t("nav.sign_in")}
      </Link>
      <div className="panel">
        <div className="stack-small">
          <Heading>{t("forgot.heading")}</Heading>
          <p className="muted">{t("forgot.lead")}</p>
        </div>
        <AttemptForm
          attempt={request}
          onSubmit={(data) => {
            request.mutate(formText(data, "email").trim());
          }}
        >
          <TextInput name="email" type="email" label={t("field.email")} autoComplete="username" />
          {request.isError && !isAtFields(request.error) && <ActionError error={request.error} />}
          <Button
            type="submit"
            look="primary"
            isWide
            busy={request.isPending ? t("letter.sending") : null}
          >
            {t("forgot.submit")}
          </Button>
        </AttemptForm>
      </div>
    </Page>
  );
}
