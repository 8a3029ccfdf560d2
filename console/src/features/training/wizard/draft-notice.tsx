import { Alert, Button } from "antd";
import { useT } from "@/i18n";
import { forgetDraft } from "./draft";

interface Props {
  readonly experimentId: number;
  readonly onForget: () => void;
}

/** Says that the form holds what was left in it, and starts over. */
export function DraftNotice({ experimentId, onForget }: Props) {
  const t = useT();
  return (
    <Alert
      type="info"
      showIcon
      title={t("runs.form.draft")}
      action={
        <Button
          size="small"
          onClick={() => {
            forgetDraft(experimentId);
            onForget();
          }}
        >
          {t("runs.form.startOver")}
        </Button>
      }
    />
  );
}
