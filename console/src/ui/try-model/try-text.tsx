import { useMutation } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useState, type ReactNode } from "react";
import type { AskedModel } from "@/api/prediction";
import { useT } from "@/i18n";
import { useRecorded } from "./exchange";
import { FIRST_KNOBS, KnobField } from "./knob-field";
import { inputOf, LONGEST_TEXT, MOST_CHARACTERS, textRequest } from "./task-input";
import { TextResult } from "./text-result";
import { TryPanels } from "./try-panels";

interface Props {
  readonly taskType: string;
  readonly model: AskedModel;
  readonly caller?: ReactNode;
}

/** Asks a model for a text, or for two to compare. */
export function TryText({ taskType, model, caller }: Props) {
  const t = useT();
  const [texts, setTexts] = useState<readonly [string, string]>(["", ""]);
  const [knobs, setKnobs] = useState(FIRST_KNOBS);
  const { ask, exchange } = useRecorded(model.ask);
  const predict = useMutation({ mutationFn: (request: object) => ask(request) });
  const isPair = inputOf(taskType, "task") === "pair";
  const most = MOST_CHARACTERS[taskType] ?? LONGEST_TEXT;
  const isEmpty = texts[0].trim() === "" || (isPair && texts[1].trim() === "");
  const field = (place: 0 | 1, label: string) => (
    <label className="ob-stack-s">
      <span>{label}</span>
      <Input.TextArea
        rows={isPair ? 3 : 6}
        count={{ show: true, max: most, strategy: (text) => Array.from(text).length }}
        value={texts[place]}
        onChange={(event) => {
          setTexts(place === 0 ? [event.target.value, texts[1]] : [texts[0], event.target.value]);
        }}
      />
    </label>
  );
  return (
    <TryPanels
      title={t("tryIt.text")}
      state={predict}
      exchange={exchange}
      result={predict.data ? <TextResult taskType={taskType} document={predict.data.document} /> : null}
      input={
        <>
          {caller}
          {field(0, isPair ? t("tryIt.textA") : t("tryIt.text"))}
          {isPair ? field(1, t("tryIt.textB")) : null}
          {taskType === "sequence_labelling" ? <span className="ob-small ob-muted">{t("tryIt.tokensHelp")}</span> : null}
          {taskType === "entity_extraction" ? <span className="ob-small ob-muted">{t("tryIt.entityHelp", { most })}</span> : null}
          <KnobField taskType={taskType} value={knobs} onChange={setKnobs} />
          <div>
            <Button
              type="primary"
              disabled={isEmpty}
              loading={predict.isPending}
              onClick={() => {
                predict.mutate(textRequest(taskType, texts, knobs));
              }}
            >
              {t("tryIt.ask")}
            </Button>
          </div>
        </>
      }
    />
  );
}
