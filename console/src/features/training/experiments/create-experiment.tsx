import { App, Collapse, Form, Input, Modal, Select } from "antd";
import { useNavigate } from "react-router";
import { useCreateExperiment, useTrainingCatalog } from "@/api/queries/training";
import { useT } from "@/i18n";
import { AsCommand } from "@/ui/copy";
import { links } from "@/ui/project";
import { problemText } from "@/ui/problem-text";
import { QueryView } from "@/ui/query-view";
import { STARTING_POINTS, type StartingPoint } from "./starting-points";
import { TaskChoice } from "./task-choice";

interface Props {
  readonly open: boolean;
  readonly projectId: number;
  readonly dataset: string | null;
  /** The task that fits the dataset the person came from. */
  readonly task?: string | undefined;
  readonly onClose: () => void;
}

interface Values {
  readonly name: string;
  readonly task_type: string;
  readonly starting_point?: StartingPoint;
  readonly description?: string;
  readonly ownership?: string;
  readonly industry?: string;
  readonly contact?: string;
}

const FIRST_TASK = "image_classification";
/** Directions whose runs the console can set up. */
const SHOWN: readonly string[] = ["vision", "tabular"];
const ABOUT = ["ownership", "industry", "contact"] as const;

export function CreateExperiment({ open, projectId, dataset, task, onClose }: Props) {
  const t = useT();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const catalog = useTrainingCatalog();
  const create = useCreateExperiment(projectId);
  const [form] = Form.useForm<Values>();
  const name = (Form.useWatch("name", form) as string | undefined) ?? "";
  const taskType = (Form.useWatch("task_type", form) as string | undefined) ?? FIRST_TASK;
  const submit = (values: Values): void => {
    const about = ABOUT.flatMap((field) => (values[field] ? [[field, values[field]] as const] : []));
    create.mutate(
      {
        name: values.name.trim(),
        direction: catalog.data?.tasks.find((entry) => entry.code === values.task_type)?.direction ?? "vision",
        task_type: values.task_type,
        ...(values.description ? { description: values.description } : {}),
        ...(values.starting_point ? { scenario: t(`experiments.start.${values.starting_point}`) } : {}),
        ...Object.fromEntries(about),
      },
      {
        onSuccess: (experiment) => {
          onClose();
          const next = links.newRun(projectId, experiment.experiment_id);
          void navigate(dataset ? `${next}?dataset=${dataset}` : next);
        },
        onError: (error) => void message.error(problemText(error, t)),
      },
    );
  };
  return (
    <Modal
      open={open}
      width={760}
      title={t("experiments.create")}
      okText={t("action.create")}
      okButtonProps={{ loading: create.isPending, disabled: !catalog.data }}
      onOk={() => {
        form.submit();
      }}
      onCancel={onClose}
      destroyOnHidden
    >
      <QueryView query={catalog}>
        {({ tasks }) => {
          const offered = tasks.filter((entry) => entry.trainable && SHOWN.includes(entry.direction));
          const codes = new Set<string>(offered.map((entry) => entry.code));
          return (
            <Form form={form} layout="vertical" requiredMark={false} onFinish={submit} initialValues={{ task_type: task && codes.has(task) ? task : FIRST_TASK }}>
              <Form.Item
                name="name"
                label={t("field.name")}
                rules={[
                  { required: true, whitespace: true, message: t("form.required") },
                  { max: 50, message: t("form.tooLong", { max: 50 }) },
                ]}
              >
                <Input autoFocus placeholder={t("experiments.namePlaceholder")} />
              </Form.Item>
              <Form.Item name="starting_point" label={t("experiments.start")}>
                <Select
                  allowClear
                  placeholder={t("experiments.start.none")}
                  options={STARTING_POINTS.filter((point) => codes.has(point.task)).map((point) => ({ value: point.code, label: t(`experiments.start.${point.code}`) }))}
                  onChange={(code: StartingPoint | undefined) => {
                    const point = STARTING_POINTS.find((candidate) => candidate.code === code);
                    if (point) form.setFieldValue("task_type", point.task);
                  }}
                />
              </Form.Item>
              <Form.Item name="task_type" label={t("experiments.task")}>
                <TaskChoice tasks={offered} />
              </Form.Item>
              <Form.Item name="description" label={t("field.description")}>
                <Input.TextArea rows={2} maxLength={500} showCount />
              </Form.Item>
              <Collapse
                ghost
                size="small"
                items={[
                  {
                    key: "about",
                    label: t("experiments.about"),
                    children: ABOUT.map((field) => (
                      <Form.Item key={field} name={field} label={t(`experiments.about.${field}`)}>
                        <Input maxLength={100} />
                      </Form.Item>
                    )),
                  },
                ]}
              />
              <AsCommand command={`bml experiments create ${JSON.stringify(name || t("experiments.namePlaceholder"))} --task-type ${taskType}`} />
            </Form>
          );
        }}
      </QueryView>
    </Modal>
  );
}
