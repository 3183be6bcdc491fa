import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { pictureQuery, removePicture, setPicture } from "../../api/inside/account";
import { hasCode } from "../../api/problem";
import type { Session } from "../../api/session";
import type { Me } from "../../api/types";
import { t } from "../../i18n";
import { Button } from "../../ui/button";
import { Confirm } from "../../ui/inside/confirm";
import { Ask } from "../../ui/inside/modal";
import { Saved } from "../../ui/inside/saved";
import { Avatar } from "../../ui/people";
import { ActionError, ErrorNotice, Notice } from "../../ui/states";
import { toJpeg, Undecipherable } from "./scale";

/** What somebody looks like, above the form of their details and saved by itself. */
export function ProfilePicture({ session, me }: { session: Session; me: Me }) {
  const queries = useQueryClient();
  const query = pictureQuery(session.user);
  const picture = useQuery(query);
  const file = useRef<HTMLInputElement>(null);
  const [isRemoving, setRemoving] = useState(false);
  const [done, setDone] = useState<"saved" | "removed" | null>(null);
  const preparing = useMutation({ mutationFn: toJpeg });
  const name = `${me.given_name} ${me.family_name}`;
  const choose = () => {
    setDone(null);
    file.current?.click();
  };
  return (
    <section className="picture" aria-labelledby="picture">
      <h2 id="picture" className="visually-hidden">
        {t("picture.heading")}
      </h2>
      <Avatar
        id={session.user}
        name={picture.isPending ? "" : name}
        size="huge"
        picture={picture.data}
      />
      <div className="buttons">
        <input
          ref={file}
          type="file"
          accept="image/*"
          hidden
          onChange={(event) => {
            const [chosen] = event.target.files ?? [];
            if (chosen !== undefined) preparing.mutate(chosen);
            // The same file once more is a choice, too.
            event.target.value = "";
          }}
        />
        <Button busy={preparing.isPending ? t("picture.busy") : null} onPress={choose}>
          {picture.data ? t("picture.replace") : t("picture.choose")}
        </Button>
        {picture.data && (
          <Button
            label={t("picture.remove.label")}
            onPress={() => {
              setDone(null);
              setRemoving(true);
            }}
          >
            {t("picture.remove")}
          </Button>
        )}
      </div>
      <div className="stack-small">
        <p className="field-hint">{t("picture.hint")}</p>
        {preparing.isError && <Refusal error={preparing.error} />}
        {picture.isLoadingError && (
          <ErrorNotice error={picture.error} retry={() => void picture.refetch()} />
        )}
        <Saved
          isShown={done !== null}
          text={done === "removed" ? t("picture.removed") : t("picture.saved")}
        />
      </div>
      {preparing.isSuccess && (
        <Preview
          jpeg={preparing.data}
          onSaved={(saved) => {
            queries.setQueryData(query.queryKey, saved);
            setDone("saved");
          }}
          onClose={() => {
            preparing.reset();
          }}
        />
      )}
      {isRemoving && (
        <Confirm
          title={t("picture.remove.heading")}
          action={t("picture.remove")}
          busy={t("common.working")}
          onConfirm={async () => {
            await removePicture();
            queries.setQueryData(query.queryKey, null);
            setDone("removed");
          }}
          onClose={() => {
            setRemoving(false);
          }}
        >
          <p>{t("picture.remove.text")}</p>
        </Confirm>
      )}
    </section>
  );
}

/** As others will see it: round, and the middle of what was chosen. */
function Preview({
  jpeg,
  onSaved,
  onClose,
}: {
  jpeg: string;
  onSaved: (jpeg: string) => void;
  onClose: () => void;
}) {
  const saving = useMutation({
    mutationFn: setPicture,
    onSuccess: (saved) => {
      onSaved(saved);
      onClose();
    },
  });
  return (
    <Ask title={t("picture.preview")} isBusy={saving.isPending} onClose={onClose}>
      <img
        className="picture-preview"
        src={`data:image/jpeg;base64,${jpeg}`}
        alt={t("picture.preview.alt")}
      />
      {saving.isError && <Refusal error={saving.error} />}
      <div className="actions">
        <Button
          look="primary"
          isWide
          busy={saving.isPending ? t("common.saving") : null}
          onPress={() => {
            saving.mutate(jpeg);
          }}
        >
          {t("picture.submit")}
        </Button>
        <Button isWide isDisabled={saving.isPending} onPress={onClose}>
          {t("common.cancel")}
        </Button>
      </div>
    </Ask>
  );
}

function Refusal({ error }: { error: unknown }) {
  const isNone = error instanceof Undecipherable || hasCode(error, "NOT_A_PICTURE");
  if (!isNone) return <ActionError error={error} />;
  return (
    <Notice tone="warning" isAlert>
      <p>{t("picture.none")}</p>
    </Notice>
  );
}
