import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { loadLanguage, preferredLanguage } from "./i18n/language";
import "./theme/base.css";

async function start(): Promise<void> {
  const root = document.getElementById("root");
  if (!root) throw new Error("index.html has no #root");
  const language = await loadLanguage(preferredLanguage());
  createRoot(root).render(
    <StrictMode>
      <App initial={language} />
    </StrictMode>,
  );
}

void start();
