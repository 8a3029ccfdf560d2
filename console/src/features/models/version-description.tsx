import { EditOutlined } from "@ant-design/icons";
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { usePermissions } from "@/api/queries/identity";
import { useDescribeVersion } from "@/api/queries/repository";
import type { ModelVersion } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";

interface Props {
  readonly projectId: number;
  readonly version: ModelVersion;
}

const MOST_CHARACTERS = 500;

/** What people say of a version; it is all of one that can be changed. */
export function Description({ projectId, version }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const [text, setText] = useState<string | null>(null);
  const describe = useDescribeVersion(projectId, version.model_id, version.version_number);
  const mayWrite = usePermissions(projectId).has("models.write");
  const close = (): void => {
    setText(null);
  };
  return (
    <span>
      {version.description || "–"}
      <Button
        type="text"
        size="small"
        icon={<EditOutlined />}
        aria-label={t("models.describe")}
        disabled={!mayWrite}
        onClick={() => {
          setText(version.description);
        }}
      />
      <Modal
        open={text !== null}
        title={t("models.describeVersion", { version: `V${version.version_number}` })}
        okText={t("action.save")}
        okButtonProps={{ loading: describe.isPending }}
        onOk={() => {
          describe.mutate((text ?? "").trim(), { onSuccess: close, onError: (error) => void message.error(problemText(error, t)) });
        }}
        onCancel={close}
      >
        <Input.TextArea
          rows={4}
          maxLength={MOST_CHARACTERS}
          showCount
          aria-label={t("field.descriptionShort")}
          value={text ?? ""}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
      </Modal>
    </span>
  );
}
