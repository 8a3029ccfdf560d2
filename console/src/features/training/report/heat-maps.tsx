import { useT } from "@/i18n";
import { Panel } from "@/ui/page";
import type { HeatMap } from "./report";

/** Where the network looked when it decided. */
export function HeatMaps({ maps }: { readonly maps: readonly HeatMap[] }) {
  const t = useT();
  const shown = maps.filter((map) => map.image_url);
  if (shown.length === 0) return null;
  return (
    <Panel title={t("report.heatMaps")}>
      <p className="ob-muted ob-small" style={{ marginTop: 0 }}>
        {t("report.heatMapsHelp")}
      </p>
      <ul className="ob-thumbs ob-thumbs-large" data-testid="heat-maps">
        {shown.map((map) => (
          <li key={`${map.sample_id}-${map.label}`}>
            <a className="ob-thumb" href={map.image_url ?? ""} target="_blank" rel="noreferrer" aria-label={`${map.name}: ${map.label}`}>
              <img src={map.image_url ?? ""} alt={map.name} loading="lazy" decoding="async" />
              <div>{map.label}</div>
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
