import { Tooltip } from "antd";
import { formatUtc } from "@/format/format";
import { useFormat } from "@/format/use-format";

/** Local time; UTC on hover. */
export function LocalTime({ at }: { readonly at: string | null | undefined }) {
  const format = useFormat();
  if (!at) return <span className="ob-muted">–</span>;
  return (
    <Tooltip title={formatUtc(at)}>
      <time dateTime={at} className="ob-num">
        {format.time(at)}
      </time>
    </Tooltip>
  );
}

export function Duration({ seconds }: { readonly seconds: number | null | undefined }) {
  const format = useFormat();
  if (seconds === null || seconds === undefined) return <span className="ob-muted">–</span>;
  return <span className="ob-num">{format.duration(seconds)}</span>;
}

export function Money({ amount }: { readonly amount: string | number | null | undefined }) {
  const format = useFormat();
  if (amount === null || amount === undefined) return <span className="ob-muted">–</span>;
  return <span className="ob-num">{format.money(amount)}</span>;
}
