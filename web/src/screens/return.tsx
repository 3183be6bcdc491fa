import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { type Answer, type Attempt, getReturn } from "../api/attempt";
import { arrive, connect } from "../api/inside/identities";
import { findSession } from "../api/keep";
import { hasCode, Problem } from "../api/problem";
import { meQuery } from "../api/queries";
import { isWhole } from "../api/session";
import { AttemptForm } from "../forms/attempt-form";
import { isAtFields, PasswordInput } from "../forms/fields";
import { formText } from "../forms/form";
import { RegistrationClosed, useIsRegistrationClosed } from "../forms/registration-closed";
import { t } from "../i18n";
import { Button } from "../ui/button";
import { Heading } from "../ui/heading";
import { Page } from "../ui/page";
import { ActionError, ErrorNotice, Notice } from "../ui/states";
import { SignInAgain } from "./account/sign-in-again";

const SIGN_INS = "/account/factors";

/** Where people arrive who have been elsewhere to say who they are. */
export function ReturnScreen() {
  const { returned, attempt } = getReturn();
  return (
    <Page title={t("return.title")} width="narrow">
      <div className="panel">
        {attempt === null || returned === null ? (
          <Explained title={t("return.nothing.title")} text={t("return.nothing.text")}>
            <WayOn attempt={attempt} words={t("return.again")} />
          </Explained>
        ) : returned === "declined" ? (
          <Ended words="declined" attempt={attempt} />
        ) : attempt.user === null ? (
          <Arriving attempt={attempt} returned={returned} />
        ) : (
          <Connecting attempt={attempt} returned={returned} />
        )}
      </div>
    </Page>
  );
}

interface Coming {
  readonly attempt: Attempt;
  readonly returned: Answer;
}

/** Asked once for as long as the page stands: what somebody comes back with is good for one answer. */
const ONCE = {
  queryKey: ["return"],
  staleTime: Infinity,
  gcTime: Infinity,
  retry: false,
  retryOnMount: false,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
} as const;

function Arriving({ attempt, returned }: Coming) {
  const navigate = useNavigate();
  const arrival = useQuery({
    ...ONCE,
    queryFn: async () => {
      await arrive(attempt, returned);
      return true;
    },
  });
  useEffect(() => {
    if (!arrival.isSuccess) return;
    // Its guard leads on, as after a password.
    const search = { next: attempt.next ?? undefined };
    void navigate({ to: "/sign-in", search, replace: true });
  }, [arrival.isSuccess, attempt, navigate]);
  if (arrival.isError && !arrival.isFetching) {
    const retry = () => void arrival.refetch();
    return <Refused error={arrival.error} attempt={attempt} retry={retry} />;
  }
  return <Waiting title={t("return.signing_in", { name: attempt.name })} />;
}

function Connecting({ attempt, returned }: Coming) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const bind = async (password?: string) => {
    const session = await findSession();
    // Somebody else may have signed in meanwhile, in another tab.
    if (!isWhole(session) || session.user !== attempt.user) return "signed-out";
    const me = await connect(attempt, returned, password);
    queries.setQueryData(meQuery(session.user).queryKey, me);
    return "connected";
  };
  const binding = useQuery({ ...ONCE, queryFn: () => bind() });
  const confirming = useMutation({ mutationFn: bind });
  const outcome = confirming.data ?? binding.data;
  useEffect(() => {
    if (outcome !== "connected") return;
    const search = { connected: returned.provider };
    void navigate({ to: SIGN_INS, search, replace: true });
  }, [outcome, returned, navigate]);

  if (outcome === "signed-out") return <Ended words="signed_out" attempt={attempt} />;
  if (confirming.isError && !canMend(confirming.error)) {
    const retry = () => {
      confirming.reset();
    };
    return <Refused error={confirming.error} attempt={attempt} retry={retry} />;
  }
  if (hasCode(binding.error, "PASSWORD_NEEDED") && outcome === undefined) {
    return (
      <>
        <div className="stack-small">
          <Heading>{t("return.connecting", { name: attempt.name })}</Heading>
          <p className="muted">{t("return.password", { name: attempt.name })}</p>
        </div>
        <AttemptForm
          attempt={confirming}
          onSubmit={(data) => {
            confirming.mutate(formText(data, "password"));
          }}
        >
          <PasswordInput
            name="password"
            label={t("field.password")}
            autoComplete="current-password"
          />
          {confirming.isError && !isAtFields(confirming.error) && (
            <ActionError error={confirming.error} />
          )}
          <Button
            type="submit"
            look="primary"
            isWide
            busy={confirming.isPending ? t("common.working") : null}
          >
            {t("return.connect", { name: attempt.name })}
          </Button>
        </AttemptForm>
      </>
    );
  }
  if (binding.isError && !binding.isFetching) {
    const retry = () => void binding.refetch();
    return <Refused error={binding.error} attempt={attempt} retry={retry} />;
  }
  return <Waiting title={t("return.connecting", { name: attempt.name })} />;
}

/** A wrong password, too many of them, or no answer: what they came back with is as good as before. */
const canMend = (error: unknown): boolean =>
  !(error instanceof Problem) || isAtFields(error) || error.status === 429 || error.status >= 500;

function Waiting({ title }: { title: string }) {
  return (
    <>
      <Heading>{title}</Heading>
      <p role="status" className="muted">
        {t("common.working")}
      </p>
    </>
  );
}

const REFUSALS = {
  NOT_IDENTIFIED: "unknown",
  ACCOUNT_EXISTS: "exists",
  ADDRESS_UNPROVED: "unproved",
  IDENTITY_TAKEN: "taken",
  IDENTITY_PROVIDER_FAILS: "fails",
  IDENTITY_PROVIDER_REFUSES_US: "refuses",
} as const;

type End = (typeof REFUSALS)[keyof typeof REFUSALS] | "declined" | "signed_out";

function Refused({
  error,
  attempt,
  retry,
}: {
  error: unknown;
  attempt: Attempt;
  retry: () => void;
}) {
  const words = Object.entries(REFUSALS).find(([code]) => hasCode(error, code))?.[1];
  if (words !== undefined) return <Ended words={words} attempt={attempt} />;
  if (hasCode(error, "REGISTRATION_CLOSED")) {
    return (
      <>
        <Heading>{t("return.heading")}</Heading>
        <RegistrationClosed takesFocus />
        <WayOn attempt={attempt} words={t("nav.sign_in")} />
      </>
    );
  }
  if (hasCode(error, "ACCOUNT_INACTIVE")) {
    return (
      <Explained title={t("return.heading")} text={t("sign_in.inactive")}>
        <WayOn attempt={attempt} words={t("return.again")} />
      </Explained>
    );
  }
  if (hasCode(error, "SIGN_IN_AGAIN")) {
    return (
      <>
        <Heading>{t("return.signed_out.title", { name: attempt.name })}</Heading>
        <SignInAgain next={SIGN_INS} />
      </>
    );
  }
  // The session ended while its owner was away.
  if (error instanceof Problem && error.status === 401) {
    return <Ended words="signed_out" attempt={attempt} />;
  }
  return (
    <>
      <Heading>{t("return.heading")}</Heading>
      {hasCode(error, "STEP_UP_REQUIRED") ? (
        <>
          <ActionError error={error} />
          <Button look="primary" isWide onPress={retry}>
            {t("common.retry")}
          </Button>
        </>
      ) : (
        <ErrorNotice error={error} retry={retry} />
      )}
    </>
  );
}

function Ended({ words, attempt }: { words: End; attempt: Attempt }) {
  const { name } = attempt;
  const isClosed = useIsRegistrationClosed();
  return (
    <Explained
      title={t(`return.${words}.title`, { name })}
      text={t(`return.${words}.text`, { name })}
    >
      <WayOn
        attempt={attempt}
        words={words === "exists" ? t("nav.sign_in") : t("return.again")}
        // Whoever was on the way to nothing else goes on to where the two are connected.
        {...(words === "exists" && { otherwise: SIGN_INS })}
      />
      {words === "unproved" && !isClosed && (
        <Link
          to="/register"
          search={{ next: attempt.next ?? undefined }}
          className="button"
          data-look="secondary"
          data-wide
        >
          {t("sign_in.register")}
        </Link>
      )}
    </Explained>
  );
}

function Explained({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children: ReactNode;
}) {
  return (
    <>
      <Heading>{title}</Heading>
      <Notice tone="info" isAlert>
        <p>{text}</p>
      </Notice>
      <div className="actions">{children}</div>
    </>
  );
}

/** To where they were when they left. */
function WayOn({
  attempt,
  words,
  otherwise,
}: {
  attempt: Attempt | null;
  words: string;
  otherwise?: string;
}) {
  const look = { className: "button", "data-look": "primary", "data-wide": true };
  return attempt !== null && attempt.user !== null ? (
    <Link to={SIGN_INS} {...look}>
      {words}
    </Link>
  ) : (
    <Link to="/sign-in" search={{ next: attempt?.next ?? otherwise }} {...look}>
      {words}
    </Link>
  );
}
