import { Button, Form, Input } from "antd";
import { useT } from "@/i18n";

interface SignInProps {
  readonly busy: boolean;
  readonly onSubmit: (email: string, password: string) => void;
}

export function SignInForm({ busy, onSubmit }: SignInProps) {
  const t = useT();
  return (
    <Form<{ email: string; password: string }>
      layout="vertical"
      requiredMark={false}
      onFinish={({ email, password }) => {
        onSubmit(email.trim(), password);
      }}
    >
      <Form.Item name="email" label={t("signIn.email")} rules={[{ required: true, message: t("form.required") }]}>
        <Input autoComplete="username" type="email" autoFocus size="large" />
      </Form.Item>
      <Form.Item name="password" label={t("signIn.password")} rules={[{ required: true, message: t("form.required") }]}>
        <Input.Password autoComplete="current-password" size="large" />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={busy}>
        {t("signIn.submit")}
      </Button>
    </Form>
  );
}

interface NewPasswordProps {
  readonly busy: boolean;
  readonly onSubmit: (password: string) => void;
}

/** The first password came by mail; its owner now sets one of their own. */
export function NewPasswordForm({ busy, onSubmit }: NewPasswordProps) {
  const t = useT();
  return (
    <Form<{ password: string }>
      layout="vertical"
      requiredMark={false}
      onFinish={({ password }) => {
        onSubmit(password);
      }}
    >
      <p className="ob-muted" style={{ marginTop: 0 }}>
        {t("signIn.newPassword.text")}
      </p>
      <Form.Item
        name="password"
        label={t("signIn.newPassword.label")}
        rules={[
          { required: true, message: t("form.required") },
          { min: 8, message: t("signIn.newPassword.rule") },
        ]}
      >
        <Input.Password autoComplete="new-password" autoFocus size="large" />
      </Form.Item>
      <Form.Item
        name="again"
        label={t("signIn.newPassword.again")}
        dependencies={["password"]}
        rules={[
          { required: true, message: t("form.required") },
          ({ getFieldValue }) => ({
            validator: (_, value: string) =>
              !value || value === getFieldValue("password")
                ? Promise.resolve()
                : Promise.reject(new Error(t("signIn.newPassword.mismatch"))),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" size="large" />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={busy}>
        {t("signIn.newPassword.submit")}
      </Button>
    </Form>
  );
}
