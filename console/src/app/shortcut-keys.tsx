import { Modal } from "antd";
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useT } from "@/i18n";
import { links } from "@/ui/project";

const CHORD_MS = 1200;

const JUMPS = {
  h: { to: links.home, text: "nav.home" },
  d: { to: links.datasets, text: "nav.datasets" },
  e: { to: links.experiments, text: "nav.experiments" },
  m: { to: links.models, text: "nav.models" },
  s: { to: links.services, text: "nav.services" },
  a: { to: links.applications, text: "nav.applications" },
  u: { to: links.usage, text: "nav.usage" },
} as const;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** `g d` jumps to the datasets and so on; `?` shows the list. */
export function ShortcutKeys({ projectId }: { readonly projectId: number }) {
  const t = useT();
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  const chordAt = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === "?") setHelp(true);
      else if (event.key === "g") chordAt.current = event.timeStamp;
      else if (event.timeStamp - chordAt.current < CHORD_MS && event.key in JUMPS) {
        chordAt.current = 0;
        void navigate(JUMPS[event.key as keyof typeof JUMPS].to(projectId));
      }
    };
    window.addEventListener("keydown", onKey);
    return () => {
      window.removeEventListener("keydown", onKey);
    };
  }, [navigate, projectId]);
  return (
    <Modal
      open={help}
      title={t("keys.title")}
      footer={null}
      onCancel={() => {
        setHelp(false);
      }}
    >
      <ul className="ob-list">
        {Object.entries(JUMPS).map(([key, jump]) => (
          <li key={key}>
            <span>{t(jump.text)}</span>
            <kbd className="ob-mono">{`g ${key}`}</kbd>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
