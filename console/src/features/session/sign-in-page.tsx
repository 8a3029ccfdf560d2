import { useMutation } from "@tanstack/react-query";
import { Alert } from "antd";
import { useEffect, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { publicApi, reply } from "@/api/client";
import { session } from "@/api/session";
import type { SignInReply, Tokens } from "@/api/types";
import { useT } from "@/i18n";
import { problemText } from "@/ui/problem-text";
import { NewPasswordForm, SignInForm } from "./sign-in-forms";
import { LanguageLinks } from "./language-links";

interface Challenge {
  readonly email: string;
  readonly session: string;
}

/** Only addresses of this console are followed after the sign-in. */
export function safeTarget(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}

export function SignInPage() {
  const t = useT();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  useEffect(() => {
    document.title = `${t("signIn.title")} · OpenBML`;
  }, [t]);

  const enter = (email: string, tokens: Tokens): void => {
    session.signIn(email, tokens);
    void navigate(safeTarget(params.get("next")), { replace: true });
  };
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string }) => reply(publicApi.POST("/v1/identity/sessions", { body })),
    onSuccess: (answer: SignInReply, { email }) => {
      if ("challenge" in answer) setChallenge({ email, session: answer.session });
      else enter(email, answer);
    },
  });
  const setPassword = useMutation({
    mutationFn: (body: { email: string; new_password: string; session: string }) =>
      reply(publicApi.POST("/v1/identity/sessions/password", { body })),
    onSuccess: (tokens, { email }) => {
      enter(email, tokens);
    },
  });
  const failure = challenge ? setPassword.error : signIn.error;

  return (
    <div className="ob-sign-in">
      <main>
        <div className="ob-row" style={{ marginBottom: 20 }}>
          <img src="/favicon.svg" alt="" width={32} height={32} />
          <h1 style={{ fontSize: 20, margin: 0 }}>{challenge ? t("signIn.newPassword.title") : t("signIn.title")}</h1>
        </div>
        {failure ? <Alert type="error" showIcon title={problemText(failure, t)} style={{ marginBottom: 16 }} role="alert" /> : null}
        {challenge ? (
          <NewPasswordForm
            busy={setPassword.isPending}
            onSubmit={(password) => {
              setPassword.mutate({ email: challenge.email, new_password: password, session: challenge.session });
            }}
          />
        ) : (
          <SignInForm
            busy={signIn.isPending}
            onSubmit={(email, password) => {
              signIn.mutate({ email, password });
            }}
          />
        )}
        <LanguageLinks />
      </main>
    </div>
  );
}
