import { App, Button } from "antd";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";

interface Saving<T> {
  readonly isPending: boolean;
  readonly mutate: (draft: T, options: { readonly onError: (error: Error) => void }) => void;
}

interface Props<T> {
  readonly draft: T;
  readonly saved: T;
  readonly saving: Saving<T>;
  readonly mayWrite: boolean;
}

/** Saves what differs from the service's own settings, and tells why where that is refused. */
export function SaveDraft<T>({ draft, saved, saving, mayWrite }: Props<T>) {
  const t = useT();
  const { message } = App.useApp();
  return (
    <div>
      <Button
        type="primary"
        disabled={!mayWrite || JSON.stringify(draft) === JSON.stringify(saved)}
        loading={saving.isPending}
        onClick={() => {
          saving.mutate(draft, { onError: (error) => void message.error(problemText(error, t)) });
        }}
      >
        {t("action.save")}
      </Button>
    </div>
  );
}
