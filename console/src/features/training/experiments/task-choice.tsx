import type { TrainingTask } from "@/api/types";
import { useMaybeT, useT } from "@/i18n";

interface Props {
  readonly tasks: readonly TrainingTask[];
  readonly value?: string;
  readonly onChange?: (code: string) => void;
}

/** The task types that can be trained: what each one finds, when to use it, and how its data is labelled. */
export function TaskChoice({ tasks, value, onChange }: Props) {
  const t = useT();
  const maybeT = useMaybeT();
  return (
    <fieldset className="ob-cards" data-testid="tasks">
      <legend className="ob-visually-hidden">{t("experiments.task")}</legend>
      {tasks.map((task) => (
        <label key={task.code} className="ob-card" data-chosen={task.code === value}>
          <input
            type="radio"
            name="task_type"
            value={task.code}
            checked={task.code === value}
            onChange={() => {
              onChange?.(task.code);
            }}
          />
          <span className="ob-card-name">{maybeT(`task.${task.code}`) ?? task.code}</span>
          <span className="ob-small">{maybeT(`experiments.taskHelp.${task.code}`)}</span>
          <span className="ob-small ob-muted">{maybeT(`experiments.taskData.${task.code}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}
