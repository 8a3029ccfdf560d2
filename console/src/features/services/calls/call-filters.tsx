import { Checkbox, DatePicker, Input, Select } from "antd";
import dayjs from "dayjs";
import { useSearchParams } from "react-router";
import { useApplications } from "@/api/queries/identity";
import { itemsOf } from "@/api/queries/paging";
import { ROLES } from "@/api/serving";
import { useT } from "@/i18n";
import { filterOf, withFilter } from "./call-filter";

/** The filter bar of the calls; what it says stands in the address. */
export function CallFilters({ hasSecond }: { readonly hasSecond: boolean }) {
  const t = useT();
  const [params, setParams] = useSearchParams();
  const filter = filterOf(params);
  const applications = itemsOf(useApplications().data);
  const change = (part: Readonly<Record<string, string | number | boolean | undefined>>): void => {
    setParams(withFilter(params, part), { replace: true });
  };
  return (
    <div className="ob-row" role="search">
      <DatePicker.RangePicker
        showTime={{ format: "HH:mm" }}
        aria-label={t("services.period")}
        value={[filter.from ? dayjs(filter.from) : null, filter.to ? dayjs(filter.to) : null]}
        allowEmpty={[true, true]}
        onChange={(range) => {
          change({ from: range?.[0]?.toISOString(), to: range?.[1]?.toISOString() });
        }}
      />
      <Select
        allowClear
        style={{ width: 190 }}
        aria-label={t("calls.application")}
        placeholder={t("calls.application")}
        value={filter.app_id ?? null}
        options={applications.map((application) => ({ value: application.app_id, label: application.name }))}
        onChange={(app_id: number | undefined) => { change({ app_id }); }}
      />
      {hasSecond ? (
        <Select
          allowClear
          style={{ width: 160 }}
          aria-label={t("calls.role")}
          placeholder={t("calls.role")}
          value={filter.role ?? null}
          options={ROLES.map((role) => ({ value: role, label: t(`services.role.${role}`) }))}
          onChange={(role: string | undefined) => { change({ role }); }}
        />
      ) : null}
      <Input.Search style={{ width: 160 }} aria-label={t("calls.label")} placeholder={t("calls.label")} defaultValue={filter.label ?? ""} onSearch={(label) => { change({ label: label.trim() }); }} />
      <Input.Search
        style={{ width: 150 }}
        inputMode="numeric"
        aria-label={t("calls.errorCode")}
        placeholder={t("calls.errorCode")}
        defaultValue={filter.error_code === undefined ? "" : String(filter.error_code)}
        onSearch={(code) => { change({ error_code: code.trim() }); }}
      />
      <Checkbox checked={filter.failed === true} onChange={(event) => { change({ failed: event.target.checked }); }}>
        {t("calls.onlyFailed")}
      </Checkbox>
    </div>
  );
}
