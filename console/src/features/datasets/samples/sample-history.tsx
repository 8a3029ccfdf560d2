import { App, Button } from "antd";
import type { VersionRef } from "@/api/queries/datasets";
import { itemsOf } from "@/api/queries/paging";
import { restoreRevision, useEditSample, useHistory } from "@/api/queries/samples";
import type { SampleDetail } from "@/api/types";
import { useT } from "@/i18n";
import { LoadMore } from "@/ui/more";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { LocalTime } from "@/ui/values";

interface Props {
  readonly refTo: VersionRef;
  readonly sample: SampleDetail;
  readonly mayWrite: boolean;
}

/** Who changed the annotation, when and how; every earlier state can be taken back. */
export function SampleHistory({ refTo, sample, mayWrite }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const query = useHistory(refTo, sample.sample_id);
  const edit = useEditSample(refTo, sample.sample_id);
  return (
    <QueryView query={query}>
      {(data) => (
        <>
          <ol className="ob-list ob-small" style={{ maxHeight: 380, overflow: "auto" }} aria-label={t("samples.history")}>
            {itemsOf(data).map((revision) => (
              <li key={revision.revision}>
                <div style={{ minWidth: 0 }}>
                  <div style={{ overflowWrap: "anywhere" }}>{Object.keys(revision.label_counts ?? {}).join(", ") || t("samples.unlabelled")}</div>
                  <div className="ob-muted">
                    {t(`samples.source.${revision.annotation_source}`)}
                    {revision.annotated_by ? ` · ${t("samples.byUser", { id: String(revision.annotated_by) })}` : ""}
                    {revision.annotated_at ? <> · <LocalTime at={revision.annotated_at} /></> : null}
                  </div>
                </div>
                {revision.revision === sample.annotation_revision ? (
                  <span className="ob-muted">{t("samples.current")}</span>
                ) : mayWrite ? (
                  <Button
                    size="small"
                    loading={edit.isPending}
                    aria-label={t("samples.restoreRevision", { number: revision.revision })}
                    onClick={() => {
                      edit.mutate(() => restoreRevision(refTo, sample.sample_id, revision.revision, sample.annotation_revision), {
                        onError: (error) => void message.error(problemText(error, t)),
                      });
                    }}
                  >
                    {t("samples.restore")}
                  </Button>
                ) : null}
              </li>
            ))}
          </ol>
          <LoadMore query={query} />
        </>
      )}
    </QueryView>
  );
}
