import { useMutation } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { signOut } from "../../api/queries";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Notice } from "../../ui/states";

/** For what wants a sign-in of the last minutes, of somebody who has nothing else to show that it is they. */
export function SignInAgain({ next }: { next: string }) {
  const router = useRouter();
  const leaving = useMutation({
    mutationFn: async () => {
      await signOut();
      await router.navigate({ to: "/sign-in", search: { next }, replace: true });
    },
  });
  return (
    <>
      <Notice tone="info" isAlert>
        <p>{t("sign_in_again.text")}</p>
      </Notice>
      <Button
        look="primary"
        isWide
        busy={leaving.isPending ? t("menu.leaving") : null}
        onPress={() => {
          leaving.mutate();
        }}
      >
        {t("sign_in_again.go")}
      </Button>
    </>
  );
}
