import { ReloadOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { useFirstSamples, type SampleFilter } from "@/api/queries/samples";
import { previewAugmentation } from "@/api/queries/training";
import type { AugmentationOperator, Schemas } from "@/api/types";
import { useLanguage, useT } from "@/i18n";
import { annotationMarks } from "@/ui/picture/annotation-marks";
import { MarkedPicture } from "@/ui/picture/marked-picture";
import { problemText } from "@/ui/problem-text";
import type { RunFormValues } from "./form-values";
import { augmentationOf } from "./run-request";

interface Props {
  readonly projectId: number;
  readonly taskType: string;
  readonly operators: readonly AugmentationOperator[];
  readonly values: Partial<RunFormValues> | undefined;
}

type Picture = Awaited<ReturnType<typeof previewAugmentation>>["original"];

const PICTURES = 5;
const LABELLED: SampleFilter = { annotation_state: "labelled" };

/** What training would see of a picture of the chosen data, each time with other chances. */
export function AugmentationPreview({ projectId, taskType, operators, values }: Props) {
  const t = useT();
  const [tries, setTries] = useState(0);
  const choice = values?.training?.[0];
  const ref = { projectId, datasetId: choice?.dataset_id ?? 0, versionNumber: choice?.version_number ?? 0 };
  const isKnown = ref.datasetId > 0 && ref.versionNumber > 0;
  const samples = useFirstSamples(ref, LABELLED, isKnown);
  const preview = useMutation({ mutationFn: (body: Schemas["AugmentationPreviewRequest"]) => previewAugmentation(projectId, body) });
  const listed = samples.data?.items ?? [];
  const show = (): void => {
    const sample = listed[tries % Math.max(1, listed.length)];
    if (!sample || !values?.augmentation) return;
    setTries(tries + 1);
    const size = values.hyper_parameters?.input_size;
    preview.mutate({
      task_type: taskType,
      augmentation: { flip: "auto", mixing: [], operators: [], ...augmentationOf(values.augmentation) },
      sample: { dataset_id: ref.datasetId, version_number: ref.versionNumber, sample_id: sample.sample_id },
      count: PICTURES,
      seed: tries,
      ...(typeof size === "number" ? { input_size: size } : {}),
    });
  };
  return (
    <div className="ob-stack-s" style={{ marginTop: 12 }}>
      <div>
        <Button icon={<ReloadOutlined />} loading={preview.isPending || samples.isFetching} disabled={listed.length === 0} onClick={show}>
          {t(preview.data ? "augmentation.previewAgain" : "augmentation.preview")}
        </Button>
      </div>
      {preview.error ? <Alert type="error" showIcon role="alert" title={problemText(preview.error, t)} /> : null}
      {preview.data ? (
        <ul className="ob-thumbs ob-thumbs-large" data-testid="augmentation-preview">
          <Shown picture={preview.data.original} title={t("augmentation.original")} />
          {preview.data.pictures.map((picture, index) => (
            <Shown key={index} picture={picture} title={titleOf(picture, operators)} />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function titleOf(picture: Picture, operators: readonly AugmentationOperator[]): readonly AugmentationOperator[] {
  return picture.operators.flatMap((applied) => operators.find((operator) => operator.name === applied.name) ?? []);
}

function Shown({ picture, title }: { readonly picture: Picture; readonly title: string | readonly AugmentationOperator[] }) {
  const t = useT();
  const chinese = useLanguage() === "zh-CN";
  const text = typeof title === "string" ? title : title.map((operator) => (chinese ? operator.label_zh : operator.label_en)).join(", ") || t("augmentation.unchanged");
  return (
    <li>
      <figure className="ob-preview">
        <MarkedPicture src={picture.image_url} alt={text} width={picture.width} height={picture.height} marks={annotationMarks(picture.annotation)} maxHeight="170px" />
        <figcaption className="ob-small ob-muted">{text}</figcaption>
      </figure>
    </li>
  );
}
