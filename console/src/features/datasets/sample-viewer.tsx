import { Modal } from "antd";
import { useSample, type VersionRef } from "@/api/queries/datasets";
import type { Sample } from "@/api/types";
import { useFormat } from "@/format/use-format";
import { useT } from "@/i18n";
import { CopyText } from "@/ui/copy";
import { Facts } from "@/ui/page";
import { QueryView } from "@/ui/query-view";

interface Props {
  readonly refTo: VersionRef;
  readonly sample: Sample | null;
  readonly onClose: () => void;
}

export function SampleViewer({ refTo, sample, onClose }: Props) {
  const t = useT();
  const format = useFormat();
  const query = useSample(refTo, sample?.sample_id ?? null);
  return (
    <Modal open={sample !== null} title={sample?.name} footer={null} width={760} onCancel={onClose} destroyOnHidden>
      <QueryView query={query}>
        {(full) => (
          <div className="ob-stack">
            <img
              src={full.image_url}
              alt={full.name}
              style={{ maxWidth: "100%", maxHeight: "56vh", margin: "0 auto", display: "block" }}
            />
            <Facts
              facts={[
                { label: t("samples.labels"), value: full.labels.map((label) => label.name).join(", ") || t("samples.unlabelled") },
                { label: t("samples.size"), value: `${full.width} × ${full.height} px · ${format.bytes(full.size_bytes)}` },
                { label: t("field.sha256"), value: <CopyText text={full.sha256} /> },
                { label: t("field.id"), value: <CopyText text={full.sample_id} /> },
              ]}
            />
          </div>
        )}
      </QueryView>
    </Modal>
  );
}
