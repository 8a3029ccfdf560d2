import type { Machine } from "@/api/types";
import { useLanguage, useT } from "@/i18n";

/** The manual's own specification in Chinese; the same facts in other languages. */
export function useMachineName(): (machine: Machine) => string {
  const t = useT();
  const chinese = useLanguage() === "zh-CN";
  return (machine) => {
    if (chinese) return machine.label;
    const size = { cpu: machine.cpu, memory: machine.memory_gb };
    return machine.gpu === null ? t("machine.cpu", size) : t("machine.gpu", { ...size, gpu: machine.gpu, gpuMemory: machine.gpu_memory_gb });
  };
}
