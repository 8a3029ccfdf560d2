import { InboxOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import { StateMessage } from "./problem";

interface Props {
  readonly title: string;
  readonly text?: string;
  readonly action?: ReactNode;
}

export function EmptyState({ title, text, action }: Props) {
  return (
    <StateMessage icon={<InboxOutlined />} title={title} action={action}>
      {text ? <p>{text}</p> : null}
    </StateMessage>
  );
}
