import { Select } from "antd";
import type { Application } from "@/api/types";
import { useT } from "@/i18n";

interface Props {
  readonly applications: readonly Application[];
  readonly value: number | null;
  readonly onChange: (appId: number) => void;
}

/** Whose keys a call is made with. */
export function ApplicationSelect({ applications, value, onChange }: Props) {
  const t = useT();
  return (
    <label className="ob-stack-s">
      <span>{t("tryIt.application")}</span>
      <Select aria-label={t("tryIt.application")} value={value} onChange={onChange} options={applications.map((candidate) => ({ value: candidate.app_id, label: candidate.name }))} />
    </label>
  );
}
