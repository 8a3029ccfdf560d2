import { DownOutlined, FolderOutlined, PlusOutlined } from "@ant-design/icons";
import { App, Button, Dropdown, Input, Modal } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useCreateProject } from "@/api/queries/identity";
import type { Me } from "@/api/types";
import { useT } from "@/i18n";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";

interface Props {
  readonly projectId: number;
  readonly me: Me | undefined;
}

export function ProjectSwitcher({ projectId, me }: Props) {
  const t = useT();
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const current = me?.projects.find((project) => project.project_id === projectId);
  const projects = me?.projects ?? [];
  return (
    <>
      <Dropdown
        trigger={["click"]}
        menu={{
          selectedKeys: [String(projectId)],
          items: [
            ...projects.map((project) => ({ key: String(project.project_id), label: project.name, icon: <FolderOutlined /> })),
            ...(me?.is_owner ? [{ type: "divider" as const }, { key: "new", label: t("project.create"), icon: <PlusOutlined /> }] : []),
          ],
          onClick: ({ key }) => {
            if (key === "new") setCreating(true);
            else void navigate(links.home(Number(key)));
          },
        }}
      >
        <Button type="text" icon={<FolderOutlined />} aria-label={t("project.switch")}>
          {current?.name ?? t("project.unknown")} <DownOutlined style={{ fontSize: 10 }} />
        </Button>
      </Dropdown>
      <NewProject
        open={creating}
        onClose={() => {
          setCreating(false);
        }}
      />
    </>
  );
}

function NewProject({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const t = useT();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const create = useCreateProject();
  const [name, setName] = useState("");
  const submit = (): void => {
    create.mutate(name.trim(), {
      onSuccess: (project) => {
        onClose();
        setName("");
        void navigate(links.home(project.project_id));
      },
      onError: (error) => void message.error(problemText(error, t)),
    });
  };
  return (
    <Modal
      open={open}
      title={t("project.create")}
      okText={t("action.create")}
      onOk={submit}
      okButtonProps={{ disabled: name.trim() === "", loading: create.isPending }}
      onCancel={onClose}
      destroyOnHidden
    >
      <label>
        {t("field.name")}
        <Input
          autoFocus
          value={name}
          maxLength={50}
          onChange={(event) => {
            setName(event.target.value);
          }}
          onPressEnter={submit}
        />
      </label>
    </Modal>
  );
}
