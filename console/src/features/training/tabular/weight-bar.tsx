import { useFormat } from "@/format/use-format";

/** A model's part in the ensemble that answers. */
export function WeightBar({ weight }: { readonly weight: number | null | undefined }) {
  const format = useFormat();
  if (!weight) return <span className="ob-muted">–</span>;
  return (
    <div className="ob-share">
      <div aria-hidden>
        <i style={{ width: `${Math.min(1, weight) * 100}%` }} />
      </div>
      <span className="ob-num ob-small">{format.percent(weight, 0)}</span>
    </div>
  );
}
