import { WarningOutlined } from "@ant-design/icons";
import { Button, Popover } from "antd";
import type { TableColumn } from "@/api/tabular";
import { useMaybeT, useT } from "@/i18n";
import { useSaid } from "@/i18n/said";

/** The first remark by name; a click explains all of them. */
export function ColumnWarnings({ column }: { readonly column: TableColumn }) {
  const t = useT();
  const maybeT = useMaybeT();
  const said = useSaid();
  const [first, ...others] = column.warnings;
  if (!first) return <span className="ob-muted">–</span>;
  const title = maybeT(`tabular.warning.${first.code}`) ?? t("tabular.warning");
  return (
    <Popover
      trigger="click"
      title={column.name}
      content={
        <ul className="ob-remarks">
          {column.warnings.map((warning) => (
            <li key={warning.code}>{said(warning.message_en, warning.message_zh)}</li>
          ))}
        </ul>
      }
    >
      <Button type="link" size="small" icon={<WarningOutlined />} className="ob-warned" title={t("tabular.explain")}>
        {others.length > 0 ? `${title} +${others.length}` : title}
      </Button>
    </Popover>
  );
}
